"""Streams, queues, topics and buckets, as the contexts declare them."""

from collections.abc import Iterable

from aws_cdk import Aws, Duration
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.lifecycle import removal_policy
from infra.settings import Settings
from resolvers.shared.resources import Bucket, Context, Queue, Stream, bucket_name, physical_name


class Channels(Construct):
    """What messages and files go through, of every context, by context and name."""

    def __init__(
        self, scope: Construct, id: str, *, settings: Settings, contexts: Iterable[Context]
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        every = list(contexts)
        self.streams = {(c.name, s.name): self._stream(c, s) for c in every for s in c.streams}
        self.queues = {(c.name, q.name): self._queue(c, q) for c in every for q in c.queues}
        self.topics = {(c.name, t.name): self._topic(c, t.name) for c in every for t in c.topics}
        self.buckets = {(c.name, b.name): self._bucket(c, b) for c in every for b in c.buckets}

    def _name(self, context: Context, name: str) -> str:
        return physical_name(self._settings.stage, context.name, name)

    def _stream(self, context: Context, declared: Stream) -> kinesis.Stream:
        return kinesis.Stream(
            self,
            f"{context.name}-{declared.name}-stream",
            stream_name=self._name(context, declared.name),
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            retention_period=Duration.hours(declared.retention_hours),
            encryption=kinesis.StreamEncryption.MANAGED,
            removal_policy=removal_policy(self._settings),
        )

    def _queue(self, context: Context, declared: Queue) -> sqs.Queue:
        return sqs.Queue(
            self,
            f"{context.name}-{declared.name}-queue",
            queue_name=self._name(context, declared.name),
            visibility_timeout=Duration.seconds(declared.visibility),
            retention_period=Duration.days(declared.retention_days),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=removal_policy(self._settings),
        )

    def _topic(self, context: Context, name: str) -> sns.Topic:
        return sns.Topic(
            self,
            f"{context.name}-{name}-topic",
            topic_name=self._name(context, name),
            enforce_ssl=True,
        )

    def _bucket(self, context: Context, declared: Bucket) -> s3.Bucket:
        return s3.Bucket(
            self,
            f"{context.name}-{declared.name}-bucket",
            bucket_name=bucket_name(
                self._settings.stage, context.name, declared.name, Aws.ACCOUNT_ID
            ),
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            removal_policy=removal_policy(self._settings),
        )
