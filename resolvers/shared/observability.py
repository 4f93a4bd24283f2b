"""Structured logs: JSON lines that carry the request id of the invocation."""

from aws_lambda_powertools import Logger

# Lambda sorts JSON lines by level only when their time is RFC 3339.
logger = Logger(service="twinberry", use_rfc3339=True)
