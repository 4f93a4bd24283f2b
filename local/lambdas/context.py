"""The context object, with the attributes of the real one."""

import sys
import time
from dataclasses import dataclass

from local.lambdas.model import Function

ACCOUNT = "000000000000"  # the one that emulators have


@dataclass(slots=True)
class CognitoIdentity:
    """Empty, as for any caller but the mobile SDK."""

    cognito_identity_id: str | None = None
    cognito_identity_pool_id: str | None = None


class LambdaContext:
    """What a handler may ask about its invocation; made as the invocation begins."""

    def __init__(self, function: Function, request_id: str) -> None:
        variables = function.environment
        self.aws_request_id = request_id
        self.function_name = function.name
        self.function_version = variables["AWS_LAMBDA_FUNCTION_VERSION"]
        region = variables["AWS_REGION"]
        self.invoked_function_arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{function.name}"
        self.memory_limit_in_mb = str(function.memory)
        self.log_group_name = variables["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = variables["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = CognitoIdentity()
        self.client_context = None
        self.tenant_id = None
        self._deadline = time.monotonic() + function.timeout

    def get_remaining_time_in_millis(self) -> int:
        """Give the time left before the timeout kills."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        """Write to the log, as it is."""
        sys.stdout.write(str(message))
