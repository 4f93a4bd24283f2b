"""The ends of the streams: IoT rules that feed them, and Firehoses that empty them into buckets."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_iot as iot
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.channels import Channels
from infra.lifecycle import log_group, removal_policy
from infra.settings import Settings
from resolvers.shared.resources import Context, Delivery, Rule, physical_name

READ_STREAM = ("DescribeStream", "GetShardIterator", "GetRecords", "ListShards")
WRITE_BUCKET = ("GetBucketLocation", "ListBucket", "ListBucketMultipartUploads")
WRITE_OBJECTS = ("AbortMultipartUpload", "GetObject", "PutObject")


class Ingest(Construct):
    """The rules and deliveries of a context; each has a role of its own."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        context: Context,
        channels: Channels,
    ) -> None:
        super().__init__(scope, id)
        self._settings, self._context, self._channels = settings, context.name, channels
        for rule in context.rules:
            self._rule(rule)
        self.deliveries = {each.name: self._delivery(each) for each in context.deliveries}

    def _rule(self, declared: Rule) -> None:
        stream = self._channels.streams[self._context, declared.stream]
        queue = self._channels.queues[self._context, declared.on_failure]
        role = self._role(f"{declared.name}-rule", "iot.amazonaws.com")
        policy = iam.Policy(
            self,
            f"{declared.name}-rule-policy",
            roles=[role],
            statements=[
                _may("kinesis", ("PutRecord",), stream.stream_arn),
                _may("sqs", ("SendMessage",), queue.queue_arn),
            ],
        )
        rule = iot.CfnTopicRule(  # it gets its name from CloudFormation: a rule's has no dashes
            self,
            f"{declared.name}-rule",
            topic_rule_payload=iot.CfnTopicRule.TopicRulePayloadProperty(
                sql=declared.sql,
                aws_iot_sql_version="2016-03-23",
                actions=[
                    iot.CfnTopicRule.ActionProperty(
                        kinesis=iot.CfnTopicRule.KinesisActionProperty(
                            stream_name=stream.stream_name,
                            partition_key=declared.key,
                            role_arn=role.role_arn,
                        )
                    )
                ],
                error_action=iot.CfnTopicRule.ActionProperty(
                    sqs=iot.CfnTopicRule.SqsActionProperty(
                        queue_url=queue.queue_url, role_arn=role.role_arn, use_base64=False
                    )
                ),
            ),
        )
        rule.node.add_dependency(policy)

    def _delivery(self, declared: Delivery) -> firehose.CfnDeliveryStream:
        stream = self._channels.streams[self._context, declared.stream]
        bucket = self._channels.buckets[self._context, declared.bucket]
        role = self._role(f"{declared.name}-delivery", "firehose.amazonaws.com")
        name = physical_name(self._settings.stage, self._context, declared.name)
        errors = self._error_log(declared, name)
        policy = iam.Policy(
            self,
            f"{declared.name}-delivery-policy",
            roles=[role],
            statements=[
                _may("kinesis", READ_STREAM, stream.stream_arn),
                _may("s3", WRITE_BUCKET, bucket.bucket_arn),
                _may("s3", WRITE_OBJECTS, bucket.arn_for_objects("*")),
                _may("logs", ("PutLogEvents",), errors.log_group_arn),
            ],
        )
        destination = firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=bucket.bucket_arn,
            role_arn=role.role_arn,
            prefix=declared.prefix,
            error_output_prefix=declared.errors,
            compression_format="GZIP" if declared.compressed else "UNCOMPRESSED",
            buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                interval_in_seconds=declared.buffer_seconds, size_in_m_bs=declared.buffer_mb
            ),
            cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=errors.log_group_name, log_stream_name=name
            ),
        )
        delivery = firehose.CfnDeliveryStream(
            self,
            f"{declared.name}-delivery",
            delivery_stream_name=name,
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=(
                firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty(
                    kinesis_stream_arn=stream.stream_arn, role_arn=role.role_arn
                )
            ),
            extended_s3_destination_configuration=destination,
        )
        delivery.node.add_dependency(policy)
        return delivery

    def _error_log(self, declared: Delivery, name: str) -> logs.LogGroup:
        """Make where Firehose says why it cannot deliver: it makes no stream of its own."""
        group = log_group(
            self,
            f"{declared.name}-logs",
            name=f"/aws/kinesisfirehose/{name}",
            settings=self._settings,
        )
        removal = removal_policy(self._settings)
        logs.LogStream(
            self,
            f"{declared.name}-errors",
            log_group=group,
            log_stream_name=name,
            removal_policy=removal,
        )
        return group

    def _role(self, name: str, service: str) -> iam.Role:
        return iam.Role(
            self, f"{name}-role", assumed_by=iam.ServicePrincipal(service), description=name
        )


def _may(service: str, actions: tuple[str, ...], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[f"{service}:{action}" for action in actions], resources=[resource]
    )
