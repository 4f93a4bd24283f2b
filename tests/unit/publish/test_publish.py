"""Publishing: in few requests, signed, patient with what passes, plain about what does not."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.shared.observability import logger
from resolvers.shared.publish import (
    LARGEST_BODY,
    LARGEST_VALUE,
    MOST_FIELDS,
    NotPermitted,
    Publication,
    Unavailable,
    publish,
)
from tests.support.endpoint import Endpoint


def reading(id: str, value: Any = 1.5, **more: Any) -> Publication:
    return Publication("publishReading", {"input": {"id": id, "value": value} | more})


def user(id: str) -> Publication:
    return Publication("publishUser", {"id": id})


def told(endpoint: Endpoint) -> list[str]:
    """The ids of what was published, in order."""
    return [value["id"] for value in endpoint.published if value]


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What is logged, as the JSON lines that Lambda writes."""
    written = StringIO()
    listener = logging.StreamHandler(written)
    listener.setFormatter(logger.registered_formatter)
    logger.addHandler(listener)
    yield written
    logger._logger.removeHandler(listener)


def test_lone_publication_goes_by_its_own_name(endpoint: Endpoint) -> None:
    assert publish([user("u-1")]) == []

    assert told(endpoint) == ["u-1"]
    assert endpoint.requests == [
        {
            "query": "mutation publish($publishUser_id: ID!) {\n"
            "  publishUser(id: $publishUser_id) { ...User }\n}\n"
            "fragment User on User {\n  id\n  name\n}",
            "variables": {"publishUser_id": "u-1"},
        }
    ]


def test_several_of_a_kind_go_in_one_request(endpoint: Endpoint) -> None:
    assert publish([reading("r-1"), reading("r-2", 2)]) == []

    assert told(endpoint) == ["r-1", "r-2"]
    (request,) = endpoint.requests
    assert request["query"].count("fragment Reading") == 1
    assert "place {\n    room\n  }" in request["query"]


def test_several_kinds_go_in_their_order(endpoint: Endpoint) -> None:
    several = [reading("r-1"), user("u-1"), Publication("publishTick", {}), reading("r-2", 2)]

    assert publish(several) == []

    assert [(value.get("id"), value.get("at")) for value in endpoint.published] == [
        ("r-1", None),
        ("u-1", None),
        (None, 1),
        ("r-2", None),
    ]


def test_any_number_makes_do_with_few_documents(endpoint: Endpoint) -> None:
    for number in range(1, MOST_FIELDS + 1):
        assert publish([user(f"u-{n}") for n in range(number)]) == []

    assert len(endpoint.requests) < 2 * MOST_FIELDS
    assert len({request["query"] for request in endpoint.requests}) == 19


def test_nothing_to_publish_asks_nobody() -> None:
    assert publish([]) == []


def test_numbers_of_dynamodb_are_numbers(endpoint: Endpoint) -> None:
    from decimal import Decimal

    assert publish([reading("r-1", Decimal("21.50"))]) == []
    assert endpoint.published[0]["value"] == 21.5


def test_more_than_a_request_holds_go_in_several(endpoint: Endpoint) -> None:
    ids = [f"r-{n}" for n in range(MOST_FIELDS + 1)]

    assert publish([reading(id) for id in ids]) == []

    assert told(endpoint) == ids
    assert len(endpoint.requests) == 2


def test_request_has_a_bounded_size(endpoint: Endpoint) -> None:
    large = "x" * (LARGEST_VALUE // 2)

    assert publish([reading(f"r-{n}", note=large) for n in range(12)]) == []

    assert told(endpoint) == [f"r-{n}" for n in range(12)]
    assert len(endpoint.requests) == 2
    assert max(len(json.dumps(each)) for each in endpoint.requests) < LARGEST_BODY * 1.1


def test_connection_is_kept(endpoint: Endpoint) -> None:
    for id in ("u-1", "u-2", "u-3"):
        publish([user(id)])

    assert endpoint.connections == 1


@pytest.mark.parametrize(
    ("publication", "said"),
    [
        (Publication("updateMe", {}), "updateMe is not in .* open to signed requests"),
        (Publication("publishUser", {"name": "x"}), "publishUser has no argument name"),
    ],
)
def test_what_is_no_publishing_mutation_is_told(
    publication: Publication, said: str, endpoint: Endpoint
) -> None:
    with pytest.raises(LookupError, match=said):
        publish([publication])
    assert endpoint.requests == []


def test_refused_one_of_many_is_given_back(endpoint: Endpoint, log: StringIO, capsys: Any) -> None:
    bad = reading("bad", note="confidential")

    (refused,) = publish([reading("r-1"), bad, reading("r-2")])

    assert (refused.publication, refused.error_type) == (bad, "Invalid")
    assert refused.reason.startswith("what was sent")
    assert told(endpoint) == ["r-1", "r-2"]
    assert len(endpoint.requests) == 1
    entry = json.loads(log.getvalue())
    assert (entry["level"], entry["field"], entry["error_type"]) == (
        "ERROR",
        "publishReading",
        "Invalid",
    )
    metric = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert metric["PublicationsRefused"] == [1.0]
    assert "confidential" not in log.getvalue() + str(metric)


def test_null_is_told_of_since_nobody_hears_of_it(endpoint: Endpoint) -> None:
    (refused,) = publish([reading("null")])

    assert (refused.error_type, refused.reason) == ("Null", "null is not published")


def test_refusal_that_ends_the_request_does_not_lose_the_others(endpoint: Endpoint) -> None:
    """publishUser can't be null: its error leaves nothing of the whole answer."""
    refused = publish([user("u-1"), user("nobody"), user("u-2"), user("nobody"), user("u-3")])

    assert [each.error_type for each in refused] == ["NotFound", "NotFound"]
    assert told(endpoint)[-3:] == ["u-1", "u-2", "u-3"]


def test_invalid_variable_is_found_among_the_others(endpoint: Endpoint) -> None:
    poison = reading("r-5", "not a number")
    others = [reading(f"r-{n}") for n in range(5)]

    (refused,) = publish([*others[:3], poison, *others[3:]])

    assert refused.publication is poison
    assert told(endpoint) == [f"r-{n}" for n in range(5)]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)
@given(st.lists(st.sampled_from(["fine", "bad", "nobody", "text", "nan"]), max_size=12))
def test_exactly_the_refused_are_given_back(endpoint: Endpoint, kinds: list[str]) -> None:
    endpoint.published.clear()
    made: dict[str, Callable[[int], Publication]] = {
        "fine": lambda n: reading(f"r-{n}"),
        "bad": lambda _: reading("bad"),
        "nobody": lambda _: user("nobody"),
        "text": lambda n: reading(f"r-{n}", "no number"),
        "nan": lambda n: reading(f"r-{n}", float("nan")),
    }
    publications = [made[kind](n) for n, kind in enumerate(kinds)]

    refused = {id(each.publication) for each in publish(publications)}

    assert refused == {
        id(each) for each, kind in zip(publications, kinds, strict=True) if kind != "fine"
    }
    assert set(told(endpoint)) == {f"r-{n}" for n, kind in enumerate(kinds) if kind == "fine"}


def test_too_large_is_not_sent(endpoint: Endpoint, log: StringIO) -> None:
    large = reading("r-1", note="é" * (LARGEST_VALUE // 2))

    (refused,) = publish([large, reading("r-2")])

    assert (refused.publication, refused.error_type) == (large, "TooLarge")
    assert "bytes are more than AppSync delivers" in refused.reason
    assert told(endpoint) == ["r-2"]
    assert "é" not in log.getvalue() and "TooLarge" in log.getvalue()


def test_nearly_too_large_is_sent(endpoint: Endpoint) -> None:
    assert publish([reading("r-1", note="x" * (LARGEST_VALUE - 200))]) == []


def test_answer_that_appsync_drops_is_told(endpoint: Endpoint) -> None:
    (refused,) = publish([user("u-1"), user("long")])

    assert (refused.publication, refused.error_type) == (user("long"), "TooLarge")


@pytest.mark.parametrize("id", ["broken", "slow"])
def test_failure_is_worth_another_try(id: str, endpoint: Endpoint) -> None:
    with pytest.raises(Unavailable):
        publish([user(id)])


def test_what_the_contract_does_not_open_is_a_fault(endpoint: Endpoint) -> None:
    with pytest.raises(NotPermitted, match="The contract does not open it: Not Authorized"):
        publish([user("hidden")])
