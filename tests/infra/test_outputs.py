"""From the stack's outputs to a frontend's configuration."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.amplify import amplify_outputs
from infra.outputs import main
from tests.infra.templates import Template

DEPLOYED = {
    "twinberry-dev": {
        "GraphqlUrl": "https://x.appsync-api.eu-west-1.amazonaws.com/graphql",
        "Region": "eu-west-1",
        "ApiId": "x",
        "ApiKey": "da2-key",
        "UserPoolId": "eu-west-1_pool",
        "UserPoolClientId": "client",
        "AuthorizationTypes": "API_KEY,AWS_IAM",
    }
}


def test_stack_has_the_outputs_that_are_read(dev: Template) -> None:
    assert dev.text["Outputs"].keys() == DEPLOYED["twinberry-dev"].keys()


def test_outputs_become_amplify_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps(DEPLOYED))

    main(str(tmp_path / "outputs.json"))

    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["version"] == "1.4"
    assert document["data"] == {
        "url": "https://x.appsync-api.eu-west-1.amazonaws.com/graphql",
        "aws_region": "eu-west-1",
        "api_key": "da2-key",
        "default_authorization_type": "AMAZON_COGNITO_USER_POOLS",
        "authorization_types": ["API_KEY", "AWS_IAM"],
    }
    assert document["auth"]["user_pool_id"] == "eu-west-1_pool"
    assert document["auth"]["user_pool_client_id"] == "client"
    assert document["auth"]["groups"] == [{"admin": {}}, {"operator": {}}, {"author": {}}]


def test_password_policy_is_the_pools(dev: Template) -> None:
    document = amplify_outputs(url="", region="", user_pool_id="pool", client_id="client")
    (pool,) = dev.properties("Cognito::UserPool")

    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": document["auth"]["password_policy"].pop("min_length"),
        "RequireNumbers": document["auth"]["password_policy"].pop("require_numbers"),
        "RequireLowercase": document["auth"]["password_policy"].pop("require_lowercase"),
        "RequireUppercase": document["auth"]["password_policy"].pop("require_uppercase"),
        "RequireSymbols": document["auth"]["password_policy"].pop("require_symbols"),
    }


def test_outputs_without_users_have_no_auth() -> None:
    document = amplify_outputs(url="http://localhost:4000/graphql", region="local")

    assert "auth" not in document
    assert "api_key" not in document["data"]


def test_plain_data_needs_no_cdk() -> None:
    script = "import infra.amplify, infra.settings, sys; sys.exit('aws_cdk' in sys.modules)"

    subprocess.run([sys.executable, "-c", script], check=True)
