"""Reading no more than what is selected changes no answer."""

from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from infra.settings import Caching
from local.appsync.cache import ResolverCache, cached_fields
from local.functions import STAGE
from resolvers.catalog import store as catalog
from resolvers.catalog.model import ProductReviews, Review
from resolvers.devices import store as devices
from resolvers.registry import registry
from resolvers.shared.errors import InternalError
from resolvers.shared.parameters import asking
from resolvers.shared.resources import physical_name
from resolvers.shared.routing import Binding
from resolvers.shared.selection import Selection
from resolvers.shared.settings import KEEPS_EVERY_ANSWER
from resolvers.shared.shapes import camel
from tests.unit.calls import batch, event, invoke
from tests.unit.front import HANDLERS, api, ask, read_attributes
from tests.unit.selections import operations
from tests.unit.shop import stock, thing
from tests.unit.tables import tables

CONTEXTS = registry().contexts
BATCHES = [each for each in registry().bindings.values() if each.reads is not None]
WORDS = 'text: "dune sea"'
PRICE = "sort: {field: PRICE, direction: DESC}"
SELECTING = {
    "products": ["", '(category: "book")'],
    "product": ['(id: "0")', '(id: "nothing")'],
    "searchProducts": [
        "(limit: 2)",
        '(limit: 2, filter: {description: {contains: "sand"}, not: {price: {gt: 12}}})',
        '(limit: 1, filter: {or: [{category: {eq: "toy"}}, {and: [{stock: {gt: 0}}]}]})',
        f"(limit: 2, {PRICE})",
        "(limit: 2, sort: {field: UPDATED_AT})",
        "(limit: 2, sort: {field: RELEVANCE})",
        f"(limit: 2, {WORDS})",
        f"(limit: 1, {WORDS}, {PRICE})",
    ],
    "categories": [""],
    "todos": ["(limit: 2)", '(limit: 1, filter: {dueAt: {gt: "2026"}, done: false})'],
    "todo": ['(id: "1")', '(id: "0-gone")'],
    "syncTodos": ["(limit: 2)", "(limit: 2, lastSync: 1)"],
    "devices": ["(limit: 1)"],
    "device": ['(id: "pump")'],
    "readings": [
        '(deviceId: "pump", limit: 1)',
        '(deviceId: "pump", limit: 1, from: "2026-01-01T00:00:00Z")',
        '(deviceId: "pump", limit: 1, to: "2026-01-01T12:00:01Z", after: "%s")' % ("0" * 56),
    ],
}


@pytest.fixture(scope="module", autouse=True)
def world() -> Iterator[None]:
    """A few things of every kind."""
    with tables(*CONTEXTS.values()):
        about = {"description": "sand in a sea, and a worm", "updated_at": "2026-02-01T00:00:00Z"}
        stock(
            *(thing(f"{n}", f"Dune {n}", price=10 + n, **about) for n in range(3)),
            thing("game", "Dune, the game", category="game", stock=0, description="sea"),
            thing("bare", "Barebone", category="toy"),
            opinions=[ProductReviews("0", [Review("r", "Ada", 5, None, "2026-01-01T00:00:00Z")])],
        )
        catalog.products.load([old_product()])
        a_device()
        some_todos()
        yield


def old_product() -> dict[str, Any]:
    """Make a product as an earlier version wrote it, which knew of no images."""
    (item,) = catalog.products.batch_get([{"id": "0"}])
    del item["images"]
    return item


def a_device() -> None:
    reading = {"deviceId": "pump", "metric": "t", "unit": "C", "value": 20.5}
    rule = {"metric": "t", "severity": "INFO", "above": 20}
    devices.seed(
        {
            "devices": [
                {"id": id, "model": "m", "name": id, "alertRules": [rule]} for id in ("pump", "fan")
            ],
            "readings": [
                reading | {"id": f"{n}", "at": f"2026-01-01T12:00:0{n}Z", "cursor": f"{n:056}"}
                for n in range(3)
            ],
        }
    )


def some_todos() -> None:
    for n in range(4):
        given = {"id": f"{n}", "text": f"todo {n}", "dueAt": f"2026-03-0{n + 1}T00:00:00Z"}
        ok("mutation ($g: CreateTodoInput!) { createTodo(input: $g) { id } }", g=given)
    ok('mutation { createTodo(input: {id: "0-gone", text: "x"}) { id } }')
    ok('mutation { deleteTodo(id: "0-gone") { id } }')
    ok('mutation { updateTodo(input: {id: "2", files: ["a/b"], expectedVersion: 1}) { id } }')


def ok(query: str, **variables: Any) -> Any:
    answer = ask(query, **variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@given(operations(SELECTING))
@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_selected_the_answer_is_that_of_reading_everything(query: str) -> None:
    sparing = ask(query)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEEPS_EVERY_ANSWER, "on")
        everything = ask(query)
    if sparing != everything:
        sparing = ask(query)  # a sync tells when it started: by then the second is the same
    assert sparing == everything


def test_each_field_that_asks_for_its_selection_is_drawn() -> None:
    fields = [each for each in registry().bindings.values() if asking(each.function, Selection)]
    drawn = {f"Query.{name}" for name in SELECTING} | {"Category.products"}  # under categories
    assert {field.coordinate for field in fields} <= drawn


EVERYTHING = {"id", "name", "description", "price", "category", "stock", "images", "updatedAt"}
PARENTS = {"Product": "Query.products", "Category": "Query.categories", "Device": "Query.devices"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("{ products { name } }", "products: id name"),
        ("{ products { name: description } }", "products: id description"),
        ("{ products { __typename } }", "products: id"),
        ("{ products { ... { price } ... on Product { name } } }", "products: id name price"),
        ("{ products { images { url } } }", "products: id images"),
        ("{ products { kind: category { id } } }", "products: id category"),
        ("{ products { reviews { id } name } }", "products: id name"),
        ('{ product(id: "1") { stock } }', "products: id stock"),
        ('{ product(id: "1") { stock } product(id: "1") { name } }', "products: id name stock"),
        ("{ categories { products { stock } } }", "products: id stock"),
        ("{ searchProducts { nextToken } }", "products: id name"),
        (f"{{ searchProducts({PRICE}) {{ items {{ id }} }} }}", "products: id price"),
        (f"{{ searchProducts({WORDS}) {{ items {{ id }} }} }}", "products: id name description"),
        (
            "{ searchProducts(filter: {stock: {gt: 0}}) { items { id } } }",
            "products: id name stock",
        ),
        ("{ todos { items { text } } }", "todos: id owner text deleted"),
        ('{ todos(filter: {dueAt: {gt: "2"}}) { items { id } } }', "todos: id owner dueAt deleted"),
        ('{ todo(id: "1") { version } }', "todos: id owner version deleted"),
        ("{ syncTodos { items { done } } }", "todos: id owner done deleted updatedAt expiresAt"),
        ("{ devices { items { name } } }", "devices: id name"),
        ("{ devices { items { lastReading { id } readings { id } } } }", "devices: id"),
        ('{ device(id: "pump") { model alertRules { metric } } }', "devices: id model alertRules"),
    ],
)
def test_no_more_is_read_than_that_takes(query: str, found: str) -> None:
    table, _, attributes = found.partition(": ")
    with read_attributes() as read:
        ok(query)
    assert read[table] == set(attributes.split())


@pytest.mark.parametrize(
    "query",
    [
        "{ products { ...Names } } fragment Names on Product { name }",
        "{ products { id ... { ...Names } } } fragment Names on Product { name }",
    ],
)
def test_fragment_of_which_only_the_name_is_told_reads_everything(query: str) -> None:
    with read_attributes() as read:
        ok(query)
    assert read["products"] >= EVERYTHING


@pytest.mark.parametrize(
    ("mutation", "table", "attributes"),
    [
        (
            'mutation { putProduct(input: {id: "2", name: "Dune 2", description: "sand in a sea",'
            ' price: 12, category: "book", stock: 1}) { id } }',
            "products",
            EVERYTHING,
        ),
        (
            'mutation { setAlertRule(input: {deviceId: "fan", metric: "t", severity: INFO})'
            " { id } }",
            "devices",
            {"id", "model", "name", "alertRules"},
        ),
    ],
)
def test_mutation_reads_everything(mutation: str, table: str, attributes: set[str]) -> None:
    with read_attributes() as read:
        ok(mutation)
    assert read[table] >= attributes


@pytest.mark.parametrize("caching", [Caching.ON, Caching.FULL])
def test_cached_answer_serves_other_selections(
    caching: Caching, monkeypatch: pytest.MonkeyPatch
) -> None:
    if caching is Caching.FULL:
        monkeypatch.setenv(KEEPS_EVERY_ANSWER, "on")
    cached = api(ResolverCache(cached_fields(registry().bindings.values(), caching)))
    queries = ["{ %s { id } }", "{ %s { name } }"]
    for query in (each % field for field in ("categories", "products") for each in queries):
        assert ask(query, cached) == ask(query)


@pytest.mark.parametrize("binding", BATCHES, ids=lambda binding: binding.coordinate)
def test_field_of_a_type_reads_of_its_parents_what_it_says(binding: Binding) -> None:
    """Parents that have nothing else give the same, and those that lack any of it do not."""
    handler = HANDLERS[physical_name(STAGE, binding.context)]
    answer = invoke(handler, event(PARENTS[binding.type_name], {}))
    parents = answer if isinstance(answer, list) else answer["items"]
    bare = [{name: parent[name] for name in binding.reads or ()} for parent in parents]
    assert invoke(handler, batch(binding.coordinate, bare)) == invoke(
        handler, batch(binding.coordinate, parents)
    )
    for lost in binding.reads or ():
        less = [{name: each[name] for name in each if name != lost} for each in parents]
        with pytest.raises(InternalError):
            invoke(handler, batch(binding.coordinate, less))


def test_attribute_is_not_answered_by_another_context() -> None:
    """Its own would not know what that takes of it, and read the attribute alone."""
    for binding in registry().bindings.values():
        for other in CONTEXTS.keys() - {binding.context}:
            kind = getattr(import_module(f"resolvers.{other}.model"), binding.type_name, None)
            names = {camel(field.name) for field in fields(kind)} if kind else set()
            assert binding.field_name not in names, binding.coordinate
