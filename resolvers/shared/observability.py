"""Structured logs: JSON lines that carry the request id of the invocation; and metrics."""

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "Twinberry"

# Lambda sorts JSON lines by level only when their time is RFC 3339.
logger = Logger(service="twinberry", use_rfc3339=True)


def count(name: str, value: int) -> None:
    """Add to a CloudWatch metric of the context, by a log line in the embedded metric format."""
    with single_metric(name, MetricUnit.Count, value, namespace=NAMESPACE):
        pass  # its dimension is POWERTOOLS_SERVICE_NAME, the context's name
