"""Templates: the real registry's, and a made-up one's for what no context declares yet."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.app import synthesise
from infra.bundle import build
from resolvers.registry import Registry, registry
from resolvers.shared.resources import Context, Index, Table
from resolvers.shared.routing import Binding, Cache

Resources = dict[str, Any]

BOOKS = Table(
    "books",
    partition="isbn",
    sort="edition",
    indexes=(Index("by-author", "author"), Index("by-title", "shelf", "title")),
    ttl="expires",
)
MADE_UP = Registry(
    contexts={
        "shelf": Context("shelf", tables=(BOOKS,), timeout=20, memory=1024),
        "desk": Context(
            "desk",
            tables=(Table("notes", "id"),),
            uses=("shelf",),
            publishes=("publishNote", "publishBook"),
        ),
    },
    bindings={
        binding.coordinate: binding
        for binding in (
            Binding("shelf", "Query", "book", len, cache=Cache(30, ("context.arguments.id",))),
            Binding("shelf", "Query", "books", len, cache=Cache(60)),
            Binding("desk", "Book", "notes", len, max_batch=25),
        )
    },
)


class Template:
    """A template, to be asked for its resources by type."""

    def __init__(self, text: dict[str, Any]) -> None:
        self.text = text
        self.resources: Resources = text["Resources"]

    def of(self, kind: str) -> Resources:
        """Give the resources of a type, such as `Lambda::Function`, by logical id."""
        kind = f"AWS::{kind}"
        return {id: found for id, found in self.resources.items() if found["Type"] == kind}

    def properties(self, kind: str) -> list[Any]:
        """Give the properties of every resource of a type."""
        return [found["Properties"] for found in self.of(kind).values()]

    def statements(self, role: str) -> Iterator[Any]:
        """Give every statement attached to a role, with its actions and resources as lists."""
        for policy in self.properties("IAM::Policy"):
            if {"Ref": role} in policy["Roles"]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield _listed(statement)


def _listed(statement: dict[str, Any]) -> dict[str, Any]:
    return statement | {
        key: statement[key] if isinstance(statement[key], list) else [statement[key]]
        for key in ("Action", "Resource")
    }


Synth = Callable[..., Template]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the Lambda bundle."""
    return build(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def synth(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Synthesise with context values, the real registry unless given another; each once."""
    made: dict[Any, Template] = {}

    def template(declared: Registry | None = None, **context: Any) -> Template:
        key = (id(declared), *sorted(context.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("cdk.out")
            text = synthesise(
                registry=declared or registry(), bundle=bundle, outdir=folder, context=context
            )
            made[key] = Template(text)
        return made[key]

    return template


@pytest.fixture(scope="session")
def dev(synth: Synth) -> Template:
    """Give the template of a sandbox."""
    return synth()


@pytest.fixture(scope="session")
def prod(synth: Synth) -> Template:
    """Give the template of production."""
    return synth(stage="prod")


@pytest.fixture(scope="session")
def made_up(synth: Synth) -> Template:
    """Give the template of the made-up contexts, with a cache."""
    return synth(MADE_UP, cache="on")
