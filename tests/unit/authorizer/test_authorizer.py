"""The Lambda authorizer's own function: tokens in its table, and what they are worth."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolvers.authorizer import service, store
from resolvers.authorizer.decide import handler
from resolvers.authorizer.model import Grant, Kind, digest
from resolvers.registry import registry
from resolvers.shared import aws
from resolvers.shared.resources import AUTHORIZER
from tests.unit.calls import LambdaContext
from tests.unit.tables import tables

NOW = 1_800_000_000
CONTEXT: Any = LambdaContext()


@pytest.fixture(autouse=True, scope="module")
def table() -> Iterator[None]:
    with tables(registry().contexts[AUTHORIZER]):
        yield


def seeded() -> None:
    seeds = Path(__file__).parents[3] / "local" / "seeds" / "authorizer.json"
    store.seed(json.loads(seeds.read_text()))


def granted(token: str, **given: Any) -> None:
    store.load([Grant(digest(token), "demo", Kind.PARTNER, **given)])


def test_partners_token_gives_everything_it_stands_for() -> None:
    granted("full", context={"tenant": "x"}, denied_fields=("Product.stock",), ttl=60)
    assert service.decide("full", NOW) == {
        "isAuthorized": True,
        "resolverContext": {"tenant": "x", "principal": "demo", "kind": "partner"},
        "deniedFields": ["Product.stock"],
        "ttlOverride": 60,
    }


def test_context_can_not_give_another_principal() -> None:
    granted("sly", context={"principal": "somebody else"})
    assert service.decide("sly", NOW)["resolverContext"]["principal"] == "demo"


@pytest.mark.parametrize("token", ["unknown", "", "x" * 16_384, "ü\U0001f600"])
def test_unknown_token_is_refused(token: str) -> None:
    assert service.decide(token, NOW) == {"isAuthorized": False}


@pytest.mark.parametrize(("left", "remembered"), [(1000, 300), (300, 300), (10, 10), (1, 1)])
def test_token_is_not_remembered_beyond_its_end(left: int, remembered: int) -> None:
    granted("ends", expires_at=NOW + left)
    assert service.decide("ends", NOW + 0.0)["ttlOverride"] == remembered


@pytest.mark.parametrize("late", [0, 0.5, 1000])
def test_expired_token_is_refused_even_if_it_is_still_there(late: float) -> None:
    granted("ended", expires_at=NOW)
    assert service.decide("ended", NOW + late) == {"isAuthorized": False}


def test_table_knows_no_token() -> None:
    granted("very-secret-token")
    items = aws.dynamodb().scan(TableName=store._tokens.name)["Items"]
    assert "very-secret-token" not in json.dumps(items)


def test_handler_logs_no_token(capfd: pytest.CaptureFixture[str]) -> None:
    seeded()
    assert handler({"authorizationToken": "partner-demo"}, CONTEXT)["isAuthorized"] is True
    assert handler({"authorizationToken": "wrong-one"}, CONTEXT)["isAuthorized"] is False
    assert capfd.readouterr() == ("", "")


def test_devices_are_told_from_partners() -> None:
    seeded()
    answer = handler({"authorizationToken": "device-demo"}, CONTEXT)
    assert answer["resolverContext"] == {"principal": "device-1", "kind": "device"}
    assert answer["ttlOverride"] == 60
