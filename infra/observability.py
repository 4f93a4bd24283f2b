"""Alarms for what must never happen, and one dashboard for what does."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.settings import Settings
from resolvers.shared.resources import physical_name

PERIOD = Duration.minutes(5)


class Observability(Construct):
    """Alarms on the API's own failures and on functions' errors and throttles, and a dashboard.

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

    def _alarm(self, name: str, metric: cloudwatch.Metric) -> None:
        cloudwatch.Alarm(
            self,
            name,
            alarm_name=physical_name(self._stage, name),
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _api_metric(api: appsync.GraphqlApi, name: str, statistic: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/AppSync",
        metric_name=name,
        dimensions_map={"GraphQLAPIId": api.api_id},
        statistic=statistic,
        period=PERIOD,
    )


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=12)
