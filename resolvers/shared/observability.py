"""Structured logs: JSON lines that carry the request id of the invocation; and metrics in them."""

import json
import sys
import time

from aws_lambda_powertools import Logger

NAMESPACE = "twinberry"

# Lambda sorts JSON lines by level only when their time is RFC 3339.
logger = Logger(service="twinberry", use_rfc3339=True)


def count(metric: str, number: int) -> None:
    """Add to a metric of the function's service, by a line in CloudWatch's embedded format."""
    declared = {"Namespace": NAMESPACE, "Dimensions": [["service"]]}
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [declared | {"Metrics": [{"Name": metric, "Unit": "Count"}]}],
        },
        "service": logger.service,
        metric: number,
    }
    sys.stdout.write(json.dumps(line) + "\n")
