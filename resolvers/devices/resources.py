"""What the devices need: their tables, and the way from a device to its readings."""

from resolvers.shared.resources import (
    Bucket,
    Context,
    Delivery,
    Index,
    Queue,
    Rule,
    Stream,
    Table,
    Topic,
    Worker,
)

DEVICES = Table("devices", partition="id", indexes=(Index("by-id", "kind", "id"),))
# In the order of a device's cursors, which is that of coming; devices may send what is long past.
READINGS = Table(
    "readings",
    partition="deviceId",
    sort="cursor",
    indexes=(Index("by-time", partition="deviceId", sort="time"),),
)
# A message that became a reading: whoever sends it again finds this here.
MARKERS = Table("markers", partition="message", ttl="expiresAt")
# Which devices somebody watches.
INTEREST = Table("interest", partition="deviceId", ttl="expiresAt")

MESSAGES = Stream("messages")  # as devices sent them
STORED = Stream("stored")  # readings, as JSON lines, once they are in their table
POISON = Queue("poison", alarmed=True)  # messages that can never be readings, each with its reason
FAILED = Queue("failed", alarmed=True)  # batches given up, which the stream still has for a day
ALERTS = Topic("alerts")
DUMP = Bucket("dump")
RELEASES = Bucket("releases", edge=True)

# The payload travels as bytes, so that what is no JSON comes along; the topic says whose it is.
INGEST = Rule(
    "ingest",
    topic="devices/+/readings",
    select="encode(*, 'base64') AS data, topic(2) AS deviceId, timestamp() AS receivedAt",
    stream=MESSAGES.name,
    key="${topic(2)}",
    on_failure=FAILED.name,
)
TRANSFORMER = Worker(
    "transformer",
    entry="subscriptions.transformer.handler",
    source=MESSAGES.name,
    batch_size=100,
    parallelisation=1,
    on_failure=FAILED.name,
    publishes=("publishReading", "publishAlert"),
    sends=(STORED, POISON, ALERTS),
)
REPORTING = Delivery(
    "reporting",
    stream=STORED.name,
    bucket=DUMP.name,
    prefix="readings/date=!{timestamp:yyyy-MM-dd}/",
)

CONTEXT = Context(
    "devices",
    tables=(DEVICES, READINGS, MARKERS, INTEREST),
    streams=(MESSAGES, STORED),
    queues=(POISON, FAILED),
    topics=(ALERTS,),
    buckets=(DUMP, RELEASES),
    rules=(INGEST,),
    deliveries=(REPORTING,),
    workers=(TRANSFORMER,),
    reads=(RELEASES,),  # nothing that is deployed writes them: who releases does
)
