"""What becomes of data and logs: a sandbox leaves nothing behind, production loses nothing."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.settings import Settings


def removal_policy(settings: Settings) -> RemovalPolicy:
    """Say what happens to a resource with data when the stack gives it up."""
    return RemovalPolicy.RETAIN if settings.production else RemovalPolicy.DESTROY


def log_group(scope: Construct, id: str, *, name: str, settings: Settings) -> logs.LogGroup:
    """Make a log group ahead of the service that would else make one that never expires."""
    days = logs.RetentionDays
    return logs.LogGroup(
        scope,
        id,
        log_group_name=name,
        retention=days.ONE_YEAR if settings.production else days.ONE_WEEK,
        removal_policy=removal_policy(settings),
    )
