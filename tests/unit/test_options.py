"""What `python -m local` may be told of issuers, and of the way to DynamoDB."""

import pytest

from infra.settings import Oidc
from local.options import read_options


@pytest.mark.parametrize("url", ["https://id.example.com", "http://localhost:9000/realm"])
def test_issuer_is_an_option(url: str) -> None:
    given = read_options(["--oidc-issuer", url, "--oidc-client-id", "web|app"])
    assert given.oidc == Oidc(url, "web|app")


def test_issuer_may_be_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "https://id.example.com")
    assert read_options([]).oidc == Oidc("https://id.example.com")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--oidc-issuer", "http://id.example.com"],
        ["--oidc-issuer", "id.example.com"],
        ["--oidc-issuer", "file://localhost/etc"],
        ["--oidc-issuer", "https://id.example.com", "--oidc-client-id", "("],
    ],
)
def test_odd_issuer_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_options(arguments)
    assert "--oidc-" in capsys.readouterr().err


def test_functions_may_be_kept_to_plain_botocore() -> None:
    assert not read_options([]).aws_over_http
    assert read_options(["--aws-over", "http"]).aws_over_http
