"""Who may call: the user pool, and the modes that AppSync takes credentials in."""

from datetime import UTC, datetime, timedelta
from typing import cast

from aws_cdk import Duration, Expiration
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.lifecycle import removal_policy
from infra.settings import (
    API_KEY_DAYS,
    AUTHORIZER_TTL,
    GROUPS,
    PASSWORD_LENGTH,
    Settings,
)
from resolvers.shared.resources import physical_name


class Users(Construct):
    """A user pool of people with names and e-mails, its groups, and a client for browsers."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=physical_name(settings.stage),
            self_sign_up_enabled=True,
            sign_in_aliases=cognito.SignInAliases(username=True, email=True),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            # A new e-mail takes the old one's place once it is verified.
            keep_original=cognito.KeepOriginalAttrs(email=True),
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True)
            ),
            password_policy=cognito.PasswordPolicy(
                min_length=PASSWORD_LENGTH,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=settings.production,
            removal_policy=removal_policy(settings),
        )
        for group in GROUPS:
            self.pool.add_group(group, group_name=group)
        self.client = self.pool.add_client(
            "Web",
            user_pool_client_name=physical_name(settings.stage, "web"),
            auth_flows=cognito.AuthFlow(user_password=True, user_srp=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
        )


def default_mode(users: Users) -> appsync.AuthorizationMode:
    """Take the user pool's tokens, which by the contract open every field without directive."""
    return appsync.AuthorizationMode(
        authorization_type=appsync.AuthorizationType.USER_POOL,
        user_pool_config=appsync.UserPoolConfig(
            user_pool=users.pool,
            app_id_client_regex=users.client.user_pool_client_id,
            default_action=appsync.UserPoolDefaultAction.ALLOW,
        ),
    )


def additional_modes(
    settings: Settings, authorizer: lambda_.IFunction | None
) -> dict[str, appsync.AuthorizationMode]:
    """Give the other modes by AppSync's names for them.

    The schema may name a mode that is not here (`@aws_oidc`): nobody can come in by it, so the
    directive opens nothing. It stays in the text, since without any directive the default mode
    would open the type.
    """
    kinds = appsync.AuthorizationType
    modes = {
        "API_KEY": appsync.AuthorizationMode(
            authorization_type=kinds.API_KEY,
            api_key_config=appsync.ApiKeyConfig(expires=_key_expiry()),
        ),
        "AWS_IAM": appsync.AuthorizationMode(authorization_type=kinds.IAM),
    }
    if authorizer:
        modes["AWS_LAMBDA"] = appsync.AuthorizationMode(
            authorization_type=kinds.LAMBDA,
            lambda_authorizer_config=appsync.LambdaAuthorizerConfig(
                handler=authorizer, results_cache_ttl=Duration.seconds(AUTHORIZER_TTL)
            ),
        )
    if settings.oidc:
        modes["OPENID_CONNECT"] = appsync.AuthorizationMode(
            authorization_type=kinds.OIDC,
            open_id_connect_config=appsync.OpenIdConnectConfig(
                oidc_provider=settings.oidc.issuer, client_id=settings.oidc.client_id
            ),
        )
    return modes


def _key_expiry() -> Expiration:
    # Counted from midnight, so that a day's templates are equal: no change, no difference.
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Expiration.at_date(midnight + timedelta(days=API_KEY_DAYS))


def only_for(api: appsync.GraphqlApi, authorizer: lambda_.Function) -> None:
    """Let this API alone invoke the authorizer: the CDK's permission is for anybody's."""
    permission = authorizer.node.find_child(f"{api.node.id}-appsync")
    cast(lambda_.CfnPermission, permission).source_arn = api.arn
