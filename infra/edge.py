"""CloudFront before the buckets that are served: the only one who may read them for the world.

How long a file is kept says its own Cache-Control: releases are immutable, manifests last a minute.
"""

from collections.abc import Iterable

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.channels import Channels
from infra.lifecycle import removal_policy
from infra.settings import Settings
from resolvers.shared.resources import Bucket, Context, physical_name, variable


class Edge(Construct):
    """A distribution per edge bucket. With the public half of a key, URLs must be signed.

    The private half is put into the secret by whoever made the key, never by the stack.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        contexts: Iterable[Context],
        channels: Channels,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self.variables: dict[str, dict[str, str]] = {}
        self.secrets: dict[str, secretsmanager.Secret] = {}
        self.key_id: str | None = None
        keys = self._keys()
        for context in contexts:
            for bucket in (each for each in context.buckets if each.edge):
                self._serve(context.name, bucket, channels, keys)

    def _keys(self) -> list[cloudfront.IKeyGroup]:
        if self._settings.edge_key is None:
            return []
        name = physical_name(self._settings.stage, "edge")
        key = cloudfront.PublicKey(
            self, "Key", public_key_name=name, encoded_key=self._settings.edge_key
        )
        self.key_id = key.public_key_id
        return [cloudfront.KeyGroup(self, "Keys", key_group_name=name, items=[key])]

    def _serve(
        self, context: str, bucket: Bucket, channels: Channels, keys: list[cloudfront.IKeyGroup]
    ) -> None:
        name = f"{context}-{bucket.name}"
        distribution = cloudfront.Distribution(
            self,
            name,
            comment=physical_name(self._settings.stage, name),
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(
                    channels.buckets[context, bucket.name]
                ),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                trusted_key_groups=keys or None,
            ),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        )
        variables = self.variables.setdefault(context, {})
        url = f"https://{distribution.distribution_domain_name}"
        variables[variable("edge", context, bucket.name)] = url
        if keys:
            secret = self._secret(name)
            self.secrets[context] = secret
            variables[variable("edge_key", context, bucket.name)] = secret.secret_name

    def _secret(self, name: str) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            f"{name}-key",
            secret_name=physical_name(self._settings.stage, name, "key"),
            description='{"id": key id in CloudFront, "n": modulus, "d": private exponent}, in hex',
            removal_policy=removal_policy(self._settings),
        )
