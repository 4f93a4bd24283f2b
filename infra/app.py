"""The CDK app."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.settings import RESOURCE_LIMIT, read_settings
from infra.stack import Twinberry
from resolvers.registry import Registry

# The CDK's newer behaviours that bear on this stack. Not in cdk.json: only the CDK's CLI reads it.
FLAGS = {
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:explicitStackTags": True,
    "@aws-cdk/core:stackResourceLimit": RESOURCE_LIMIT,  # beyond it, synthesis fails and says so
    "@aws-cdk/core:validateAgainstDefaultRules": True,  # what CloudFormation refuses fails here
}


def synthesise(
    *, registry: Registry, bundle: Path, outdir: Path, context: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write the cloud assembly and give the template; the CLI's context wins over ours."""
    app = App(outdir=str(outdir), context=FLAGS | dict(context or {}), analytics_reporting=False)
    stack = Twinberry(
        app, settings=read_settings(app.node.try_get_context), registry=registry, bundle=bundle
    )
    app.synth()
    template: dict[str, Any] = json.loads((outdir / stack.template_file).read_text())
    return template
