"""Imported by the environments' parent before it forks, when it knows where the lane is, if any."""

import os

from local.cloud import LANE
from local.cloud.lane import install
from resolvers.shared import aws

if path := os.environ.get(LANE):
    install(aws.session(), path)
