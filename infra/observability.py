"""Alarms for what must never happen, and one dashboard for what does."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.channels import Channels
from infra.settings import Settings
from resolvers.shared.resources import Context, physical_name

NAMESPACE = "Twinberry"  # of resolvers.shared.observability, whose import needs Powertools
PERIOD = Duration.minutes(5)
LATE = 60_000  # ms that the oldest record of a stream has waited
# What a Firehose has not delivered, or not so much as read, is that old at most; it tries on for
# as long as the stream has it, a day.
UNDELIVERED = 15 * 60  # seconds
UNREAD = 1000 * UNDELIVERED  # ms
COUNTED = ("MessagesSetAside", "PublicationsRefused")


class Observability(Construct):
    """Alarms on failures, of the API, functions, queues for them, streams, deliveries; a dashboard.

    AppSync has no metric for an API key's age, hence no alarm: each deployment gives it a year.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        api: appsync.GraphqlApi,
        functions: Mapping[str, lambda_.Function],
        contexts: Iterable[Context],
        channels: Channels,
    ) -> None:
        super().__init__(scope, id)
        self._stage = settings.stage
        failures = _api_metric(api, "5XXError", "Sum")
        self._alarm("api-5xx", failures)
        for name, function in functions.items():
            self._alarm(f"{name}-errors", function.metric_errors(period=PERIOD))
            self._alarm(f"{name}-throttles", function.metric_throttles(period=PERIOD))
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=physical_name(settings.stage)
        )
        dashboard.add_widgets(
            _graph("API latency", [_api_metric(api, "Latency", p) for p in ("p50", "p99")]),
            _graph("API errors", [_api_metric(api, "4XXError", "Sum"), failures]),
        )
        for name, function in functions.items():
            durations = [
                function.metric_duration(period=PERIOD, statistic=p) for p in ("p50", "p99")
            ]
            errors = [
                function.metric_errors(period=PERIOD),
                function.metric_throttles(period=PERIOD),
            ]
            dashboard.add_widgets(
                _graph(f"{name} duration", durations), _graph(f"{name} errors", errors)
            )

        for context in contexts:
            self._watch_queues(context, channels, dashboard)
            self._watch_workers(context, channels, functions, dashboard)
            self._watch_deliveries(context, dashboard)

    def _watch_queues(
        self, context: Context, channels: Channels, dashboard: cloudwatch.Dashboard
    ) -> None:
        depths = []
        for declared in context.queues:
            queue = channels.queues[context.name, declared.name]
            depth = queue.metric_approximate_number_of_messages_visible(period=PERIOD)
            depths.append(depth)
            if declared.alarmed:
                self._alarm(f"{context.name}-{declared.name}", depth)
        if depths:
            dashboard.add_widgets(_graph(f"{context.name} queues", depths))

    def _watch_workers(
        self,
        context: Context,
        channels: Channels,
        functions: Mapping[str, lambda_.Function],
        dashboard: cloudwatch.Dashboard,
    ) -> None:
        for worker in context.workers:
            stream = channels.streams.get((context.name, worker.source))
            if stream is None:
                continue
            label = f"{context.name}-{worker.name}"
            age = functions[label].metric("IteratorAge", period=PERIOD, statistic="Maximum")
            self._alarm(f"{label}-iterator-age", age, LATE)
            dashboard.add_widgets(
                _graph(f"{label} iterator age", [age]),
                _graph(f"{label} records", [stream.metric_incoming_records(period=PERIOD)]),
                _graph(f"{label} set aside", [_count(label, name) for name in COUNTED]),
            )

    def _watch_deliveries(self, context: Context, dashboard: cloudwatch.Dashboard) -> None:
        for delivery in context.deliveries:
            label = f"{context.name}-{delivery.name}"
            name = physical_name(self._stage, context.name, delivery.name)
            age = _delivery_metric(name, "DeliveryToS3.DataFreshness")
            behind = _delivery_metric(name, "KinesisMillisBehindLatest")
            self._alarm(f"{label}-undelivered", age, UNDELIVERED)
            self._alarm(f"{label}-unread", behind, UNREAD)
            dashboard.add_widgets(_graph(f"{label} delivery age", [age]))

    def _alarm(self, name: str, metric: cloudwatch.Metric, threshold: int = 1) -> None:
        cloudwatch.Alarm(
            self,
            name,
            alarm_name=physical_name(self._stage, name),
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _count(service: str, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic="Sum",
        period=PERIOD,
    )


def _api_metric(api: appsync.GraphqlApi, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/AppSync",
        metric_name=name,
        dimensions_map={"GraphQLAPIId": api.api_id},
        statistic=statistic,
        period=PERIOD,
    )


def _delivery_metric(delivery: str, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Firehose",
        metric_name=name,
        dimensions_map={"DeliveryStreamName": delivery},
        statistic="Maximum",
        period=PERIOD,
    )


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=12)
