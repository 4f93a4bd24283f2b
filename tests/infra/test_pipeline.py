"""From a message to readings and the dump: what the template wires together, and may do."""

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import resolvers
from infra.functions import READ, WRITE
from infra.settings import InvalidSetting, read_settings
from resolvers.devices.resources import CONTEXT, INGEST, REPORTING, TRANSFORMER
from resolvers.registry import Registry
from resolvers.shared.resources import Context, Queue, Table, Worker
from tests.infra.templates import Synth, Template

Json = dict[str, Any]
SHOP = Context(
    "shop",
    tables=(Table("orders", partition="id"),),
    queues=(Queue("to-ship"), Queue("lost", alarmed=True)),
    workers=(
        Worker("packer", entry="resolvers.shop.workers.pack", source="to-ship", window=5),
        Worker("mailer", entry="resolvers.shop.workers.mail", source="orders", on_failure="lost"),
    ),
)


@pytest.fixture(scope="module")
def shop(synth: Synth) -> Template:
    """Give the template of a context whose workers read a queue and a table's stream."""
    return synth(Registry(contexts={"shop": SHOP}, bindings={}, local={}))


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the public half of a key."""
    public = generate_private_key(65537, 2048).public_key()
    path = tmp_path_factory.mktemp("key") / "edge.pem"
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@pytest.fixture(scope="module")
def choosy(synth: Synth, key_file: Path) -> Template:
    """Give the template of a stage that signs URLs, and publishes only what is watched."""
    return synth(edgeKey=str(key_file), publish="watched")


def one(template: Template, kind: str, text: str = "") -> tuple[str, Json]:
    """Find the one resource of a type whose logical id has a text in it."""
    ((id, resource),) = [(i, r) for i, r in template.of(kind).items() if text in i]
    return id, resource["Properties"]


def arn(id: str) -> Json:
    return {"Fn::GetAtt": [id, "Arn"]}


def allowed(template: Template, role: Json) -> set[tuple[str, str]]:
    """Give pairs of action and resource of a role, a resource being what it is made of."""
    (id, _) = role["Fn::GetAtt"]
    return {
        (action, flat(resource))
        for statement in template.statements(id)
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def flat(value: Any) -> str:
    if isinstance(value, dict):
        return flat(list(value.values()))
    return "".join(map(flat, value)) if isinstance(value, list) else str(value)


def test_rule_puts_messages_into_the_stream_under_the_device(dev: Template) -> None:
    stream, _ = one(dev, "Kinesis::Stream", "messages")
    queue, _ = one(dev, "SQS::Queue", "failed")
    _, rule = one(dev, "IoT::TopicRule")
    payload = rule["TopicRulePayload"]
    (action,) = payload["Actions"]

    assert payload["Sql"] == INGEST.sql
    assert payload["AwsIotSqlVersion"] == "2016-03-23"
    assert action["Kinesis"]["StreamName"] == {"Ref": stream}
    assert action["Kinesis"]["PartitionKey"] == "${topic(2)}"
    assert payload["ErrorAction"]["Sqs"]["QueueUrl"] == {"Ref": queue}
    assert allowed(dev, action["Kinesis"]["RoleArn"]) == {
        ("kinesis:PutRecord", f"{stream}Arn"),
        ("sqs:SendMessage", f"{queue}Arn"),
    }


def test_streams_are_on_demand_and_encrypted(dev: Template) -> None:
    for stream in dev.properties("Kinesis::Stream"):
        assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
        assert stream["StreamEncryption"]["EncryptionType"] == "KMS"
        assert stream["RetentionPeriodHours"] == 24


def test_mapping_is_as_the_worker_declares(dev: Template) -> None:
    stream, _ = one(dev, "Kinesis::Stream", "messages")
    queue, _ = one(dev, "SQS::Queue", "failed")
    function, _ = one(dev, "Lambda::Function", "transformer")
    _, mapping = one(dev, "Lambda::EventSourceMapping")

    assert mapping == {
        "FunctionName": arn(function),
        "EventSourceArn": arn(stream),
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": TRANSFORMER.batch_size,
        "MaximumBatchingWindowInSeconds": TRANSFORMER.window,
        "ParallelizationFactor": TRANSFORMER.parallelisation,
        "MaximumRetryAttempts": TRANSFORMER.retries,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": arn(queue)}},
    }


def test_mappings_of_queues_and_tables_have_what_such_take(shop: Template) -> None:
    mappings = {
        mapping["EventSourceArn"]["Fn::GetAtt"][1]: mapping
        for mapping in shop.properties("Lambda::EventSourceMapping")
    }

    assert mappings.keys() == {"Arn", "StreamArn"}
    assert "StartingPosition" not in mappings["Arn"]
    assert "MaximumRetryAttempts" not in mappings["Arn"]
    assert mappings["Arn"]["MaximumBatchingWindowInSeconds"] == 5
    assert mappings["StreamArn"]["StartingPosition"] == "TRIM_HORIZON"
    _, table = one(shop, "DynamoDB::Table")
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_worker_may_read_its_source_and_send_where_its_context_does(dev: Template) -> None:
    _, function = one(dev, "Lambda::Function", "transformer")
    granted = allowed(dev, function["Role"])
    messages, _ = one(dev, "Kinesis::Stream", "messages")
    stored, _ = one(dev, "Kinesis::Stream", "stored")

    reading = {action for action, resource in granted if resource == f"{messages}Arn"}
    assert reading >= {"kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"}
    assert ("kinesis:PutRecord", f"{stored}Arn") in granted
    assert ("kinesis:GetRecords", f"{stored}Arn") not in granted
    tables = {
        (action, f"{id}Arn")
        for id in dev.of("DynamoDB::Table")
        if "devices" in id
        for action in (f"dynamodb:{name}" for name in (*READ, *WRITE))
    }
    assert tables <= granted
    others = {id for id in dev.of("DynamoDB::Table") if "devices" not in id}
    assert not [pair for pair in granted if any(other in pair[1] for other in others)]


def test_every_call_of_other_services_is_granted(dev: Template) -> None:
    """What `aws.client("sqs").send_message_batch(` asks for is an action that some role has."""
    actions = {
        "put_record": "kinesis:PutRecord",
        "send_message_batch": "sqs:SendMessage",
        "publish_batch": "sns:Publish",
        "get_object": "s3:GetObject",
        "get_secret_value": "secretsmanager:GetSecretValue",
    }
    root = Path(resolvers.__path__[0]).parent
    files = [
        file for name in ("resolvers", "subscriptions") for file in (root / name).rglob("*.py")
    ]
    calls = {
        call
        for source in (file.read_text() for file in files)
        for call in re.findall(r'(?:aws\.client\("\w+"\)|\bclient)\.([a-z_]+)\(', source)
    }
    own = {"get_item", "put_item", "update_item", "transact_write_items", "get_user"}
    releasing = {"put_object"}  # what seeds and whoever releases call, with rights of their own

    assert calls - own - releasing <= actions.keys()
    granted = {
        action
        for function in dev.properties("Lambda::Function")
        for action, _ in allowed(dev, function["Role"])
    }
    assert set(actions.values()) - {"secretsmanager:GetSecretValue"} <= granted
    assert "s3:PutObject" not in granted


def test_dump_is_compressed_and_divided_by_date(dev: Template) -> None:
    stored, _ = one(dev, "Kinesis::Stream", "stored")
    bucket, _ = one(dev, "S3::Bucket", "dump")
    _, delivery = one(dev, "KinesisFirehose::DeliveryStream")
    to = delivery["ExtendedS3DestinationConfiguration"]

    assert delivery["KinesisStreamSourceConfiguration"]["KinesisStreamARN"] == arn(stored)
    assert to["BucketARN"] == arn(bucket)
    assert to["CompressionFormat"] == "GZIP"
    assert to["Prefix"] == REPORTING.prefix == "readings/date=!{timestamp:yyyy-MM-dd}/"
    assert to["BufferingHints"] == {"IntervalInSeconds": 60, "SizeInMBs": 5}
    written = {action for action, resource in allowed(dev, to["RoleARN"]) if bucket in resource}
    assert written >= {"s3:PutObject", "s3:AbortMultipartUpload", "s3:GetBucketLocation"}


def test_delivery_that_fails_says_why_and_alarms(dev: Template) -> None:
    _, delivery = one(dev, "KinesisFirehose::DeliveryStream")
    to = delivery["ExtendedS3DestinationConfiguration"]
    logging = to["CloudWatchLoggingOptions"]
    group, found = one(dev, "Logs::LogGroup", "reporting")
    _, stream = one(dev, "Logs::LogStream", "reporting")
    alarms = {alarm["AlarmName"]: alarm for alarm in dev.properties("CloudWatch::Alarm")}
    name = delivery["DeliveryStreamName"]

    assert logging["Enabled"]
    assert logging["LogGroupName"] == stream["LogGroupName"] == {"Ref": group}
    assert logging["LogStreamName"] == stream["LogStreamName"]
    assert found["RetentionInDays"] == 7
    assert ("logs:PutLogEvents", f"{group}Arn") in allowed(dev, to["RoleARN"])
    for alarm, metric, threshold in (
        (f"{name}-undelivered", "DeliveryToS3.DataFreshness", 900),
        (f"{name}-unread", "KinesisMillisBehindLatest", 900_000),
    ):
        assert alarms[alarm]["MetricName"] == metric
        assert alarms[alarm]["Threshold"] == threshold
        assert alarms[alarm]["Dimensions"] == [{"Name": "DeliveryStreamName", "Value": name}]


def test_buckets_are_private_and_encrypted(dev: Template) -> None:
    for bucket in dev.properties("S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_nobody_but_the_edge_reads_releases_for_the_world(dev: Template) -> None:
    bucket, _ = one(dev, "S3::Bucket", "releases")
    distribution, found = one(dev, "CloudFront::Distribution")
    (policy,) = [p for p in dev.properties("S3::BucketPolicy") if p["Bucket"] == {"Ref": bucket}]
    allows = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]

    (statement,) = allows
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == "s3:GetObject"
    assert distribution in flat(statement["Condition"]["StringEquals"]["AWS:SourceArn"])
    (origin,) = found["DistributionConfig"]["Origins"]
    assert "OriginAccessControlId" in origin
    behavior = found["DistributionConfig"]["DefaultCacheBehavior"]
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert "TrustedKeyGroups" not in behavior


def test_with_a_key_urls_must_be_signed(choosy: Template, key_file: Path) -> None:
    template = choosy
    group, _ = one(template, "CloudFront::KeyGroup")
    _, key = one(template, "CloudFront::PublicKey")
    _, found = one(template, "CloudFront::Distribution")
    functions = {f["FunctionName"]: f for f in template.properties("Lambda::Function")}
    fields = functions["twinberry-dev-devices"]

    behavior = found["DistributionConfig"]["DefaultCacheBehavior"]
    assert behavior["TrustedKeyGroups"] == [{"Ref": group}]
    assert key["PublicKeyConfig"]["EncodedKey"] == key_file.read_text()
    variables = fields["Environment"]["Variables"]
    assert "EDGE_KEY_DEVICES_RELEASES" in variables
    assert variables["EDGE_DEVICES_RELEASES"]["Fn::Join"][1][0] == "https://"
    actions = {action for action, _ in allowed(template, fields["Role"])}
    assert "secretsmanager:GetSecretValue" in actions
    others = [each for name, each in functions.items() if each is not fields]
    granted = {action for each in others for action, _ in allowed(template, each["Role"])}
    assert "secretsmanager:GetSecretValue" not in granted


def test_failures_and_lateness_alarm(dev: Template) -> None:
    alarms = {alarm["AlarmName"]: alarm for alarm in dev.properties("CloudWatch::Alarm")}
    prefix = "twinberry-dev-devices"

    assert alarms[f"{prefix}-transformer-iterator-age"]["MetricName"] == "IteratorAge"
    assert alarms[f"{prefix}-transformer-iterator-age"]["Threshold"] == 60_000
    for queue in (each.name for each in CONTEXT.queues):
        assert alarms[f"{prefix}-{queue}"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    (dashboard,) = dev.properties("CloudWatch::Dashboard")
    body = flat(dashboard["DashboardBody"])
    assert all(title in body for title in ("iterator age", "devices queues", "MessagesSetAside"))


def test_stage_may_publish_what_is_watched_alone(dev: Template, choosy: Template) -> None:
    def told(template: Template) -> Any:
        _, function = one(template, "Lambda::Function", "transformer")
        return function["Environment"]["Variables"].get("PUBLISH_WATCHED_ONLY")

    assert told(dev) is None
    assert told(choosy) == "on"


def test_odd_choices_are_refused(tmp_path: Path) -> None:
    (tmp_path / "private.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    for given in (
        {"publish": "some"},
        {"edgeKey": str(tmp_path / "none.pem")},
        {"edgeKey": str(tmp_path / "private.pem")},
    ):
        with pytest.raises(InvalidSetting, match=next(iter(given))):
            read_settings(given.get)


def test_production_outlives_its_stack(prod: Template) -> None:
    for kind in ("S3::Bucket", "Kinesis::Stream", "SQS::Queue"):
        for resource in prod.of(kind).values():
            assert resource["DeletionPolicy"] == "Retain"
