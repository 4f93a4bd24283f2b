"""Imported by the environments' parent before it forks: what a first AWS call would load.

Making a client reads megabytes of models into the session's cache. The session is inherited by the
forks, the client itself is thrown away: each environment makes its own, with its own variables.
"""

import os

from local.cloud import LANE
from local.cloud.lane import install
from resolvers.shared import aws

if path := os.environ.get(LANE):
    install(aws.session(), path)
aws.session().create_client(
    "dynamodb",
    region_name="us-east-1",
    aws_access_key_id="warm",
    aws_secret_access_key="warm",  # noqa: S106 - never used to sign anything
)
