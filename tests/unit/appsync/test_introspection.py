"""Introspection: of the contract, wherever it is asked for, and within limits."""

from typing import Any

from graphql import build_client_schema, get_introspection_query, print_type

from local.appsync.fields import Limits
from local.contract import read_contract
from tests.unit.appsync.api import SDL, Api

LINKS = 20
# Each link has five times the fields of the one before: 5^20 in all.
FIVEFOLD = " ".join(
    f"fragment F{n} on __Type {{ "
    + " ".join(f"a{a}: fields {{ type {{ ...F{n + 1} }} }}" for a in range(5))
    + " }"
    for n in range(LINKS)
)
UNLIMITED = Limits(30, 0, 0)
REFUSED = "IntrospectionLimitReached"
STANDARD = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)


def kinds(answer: dict[str, Any]) -> list[tuple[Any, str]]:
    return [(error["path"], error["errorType"]) for error in answer["errors"]]


def test_standard_query_describes_the_contract_whatever_is_beside_it() -> None:
    api = Api(Limits(30, 1, 1), me=lambda _: "ada")
    alone = api.ask(STANDARD)
    beside = api.ask(STANDARD.replace("__schema", "me __schema", 1))

    assert "errors" not in alone
    assert beside["data"] == {"me": "ada"} | alone["data"]
    contract, told = read_contract(SDL), build_client_schema(alone["data"])
    assert told.type_map.keys() == contract.type_map.keys()
    assert print_type(told.type_map["Book"]) == print_type(contract.type_map["Book"])
    assert {d.name for d in told.directives} == {d.name for d in contract.directives}


def test_introspection_that_unfolds_without_end_is_refused() -> None:
    api = Api(UNLIMITED, me=lambda _: "ada")
    query = '{ me a: __type(name: "Book") { ...F0 } b: __type(name: "Book") { name } }'
    answer = api.ask(f"{query} {FIVEFOLD} fragment F{LINKS} on __Type {{ name }}")
    assert answer["data"] == {"me": "ada", "a": None, "b": None}
    assert kinds(answer) == [(["a"], REFUSED), (["b"], REFUSED)]
