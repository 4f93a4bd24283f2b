"""Structured logs: JSON lines that carry the request id of the invocation."""

from aws_lambda_powertools import Logger

logger = Logger(service="twinberry")
