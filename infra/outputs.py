"""`python -m infra.outputs cdk.out/outputs.json`: what was deployed, as `amplify_outputs.json`."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.amplify import amplify_outputs


def from_stack(outputs: Mapping[str, str]) -> dict[str, Any]:
    """Turn the stack's outputs into the document."""
    return amplify_outputs(
        url=outputs["GraphqlUrl"],
        region=outputs["Region"],
        api_key=outputs["ApiKey"],
        user_pool_id=outputs["UserPoolId"],
        client_id=outputs["UserPoolClientId"],
        additional=outputs["AuthorizationTypes"].split(","),
    )


def main(path: str) -> None:
    """Print the document of the one stack in a file that `cdk deploy --outputs-file` wrote."""
    (outputs,) = json.loads(Path(path).read_text()).values()
    sys.stdout.write(json.dumps(from_stack(outputs), indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cdk.out/outputs.json")
