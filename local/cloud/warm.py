"""Imported by the environments' parent before it forks: what a first AWS call would load.

It knows nothing of the twin yet: the parent imports it while the server still reads the registry.
Making a client reads megabytes of models into the session's cache. The session is inherited by the
forks, the client itself is thrown away: each environment makes its own, with its own variables.
"""

from resolvers.shared import aws

aws.session().create_client(
    "dynamodb",
    region_name="us-east-1",
    aws_access_key_id="warm",
    aws_secret_access_key="warm",  # noqa: S106 - never used to sign anything
)
