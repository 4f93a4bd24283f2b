"""A handler that logs with Powertools; the zygote, importing it, makes its logger."""

from typing import Any

from aws_lambda_powertools import Logger

logger = Logger(service="logged")


def handler(event: Any, context: Any) -> str:
    logger.info("structured")
    logger.debug("only shown if POWERTOOLS_LOG_LEVEL has been seen")
    return "done"
