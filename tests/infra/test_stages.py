"""A stage shares nothing with another, and a context value that cannot be meant is refused."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import __main__ as command
from infra.bundle import ROOT
from infra.settings import Caching, InvalidSetting, Oidc, Settings, read_settings
from resolvers.registry import Registry
from resolvers.shared.resources import Context
from tests.infra.templates import MADE_UP, Synth, Template

# Names within something that has the stage in its own.
WITHIN = {
    "AWS::AppSync::DataSource",
    "AWS::AppSync::Resolver",
    "AWS::Cognito::UserPoolGroup",
    "AWS::IAM::Policy",
}
NAMING_NO_RESOURCE = {"MetricName"}


def _names(template: Template) -> Iterator[str]:
    """Give every name that an account has once; the API's log group has the API's id instead."""
    for resource in template.resources.values():
        if resource["Type"] not in WITHIN:
            for key, value in resource.get("Properties", {}).items():
                names = key.endswith("Name") and key not in NAMING_NO_RESOURCE
                if names and isinstance(value, str):
                    yield value


def test_stage_is_in_every_name(dev: Template) -> None:
    names = list(_names(dev))

    assert len(names) > 10
    assert [name for name in names if "twinberry-dev" not in name] == []


def test_stages_share_no_name(dev: Template, synth: Synth) -> None:
    assert not set(_names(dev)) & set(_names(synth(stage="alice")))


@pytest.mark.parametrize("stage", ["Alice", "alice-2", "averylongname", "../x"])
def test_odd_stage_is_refused(stage: str) -> None:
    with pytest.raises(InvalidSetting, match="stage"):
        read_settings({"stage": stage}.get)


@pytest.mark.parametrize("name", ["cache", "introspection"])
def test_odd_switch_is_refused(name: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        read_settings({name: "yes"}.get)


@pytest.mark.parametrize(
    ("context", "settings"),
    [
        ({}, Settings(stage="dev", cache=Caching.OFF)),
        ({"stage": "prod"}, Settings(stage="prod", cache=Caching.ON)),
        ({"stage": "prod", "cache": "off"}, Settings(stage="prod", cache=Caching.OFF)),
        ({"cache": "full"}, Settings(cache=Caching.FULL)),
        ({"introspection": "off"}, Settings(introspection=False)),
        ({"oidcIssuer": "https://i"}, Settings(oidc=Oidc("https://i"))),
    ],
)
def test_context_values_are_read(context: dict[str, str], settings: Settings) -> None:
    assert read_settings(context.get) == settings


def test_too_many_resources_are_refused(synth: Synth) -> None:
    with pytest.raises(RuntimeError, match="greater than allowed maximum of 10"):
        synth(MADE_UP, **{"@aws-cdk/core:stackResourceLimit": 10})


def test_template_that_cloudformation_would_refuse_is_refused(synth: Synth) -> None:
    with pytest.raises(RuntimeError, match="64 is less than the minimum of 128"):
        synth(Registry({"tiny": Context("tiny", memory=64)}, {}))


def test_person_gets_the_template_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["infra", "-c", "stage=eve"])

    command.main()

    written = (tmp_path / "cdk.out" / "twinberry-eve.template.json").read_text()
    assert json.loads(capsys.readouterr().out) == json.loads(written)


@pytest.mark.parametrize("pair", ["stage", "stage=", "stage=Eve", "=eve"])
def test_odd_argument_is_refused(
    pair: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["infra", "-c", pair])

    with pytest.raises(SystemExit):
        command.main()

    assert "error: " in capsys.readouterr().err


def test_cdk_cli_runs_it_without_a_node_of_the_system(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", "infra"],
        cwd=ROOT,
        env={
            "PATH": str(tmp_path),
            "HOME": str(Path.home()),
            "CDK_OUTDIR": str(tmp_path / "out"),
            "CDK_CONTEXT_JSON": '{"stage": "bob"}',
            "CDK_VALIDATION": "false",  # four seconds, and the other tests have it
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    template = json.loads((tmp_path / "out" / "twinberry-bob.template.json").read_text())
    assert template["Resources"]
