"""Why the twin does not start, in one sentence."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTEXTS = ROOT / "resolvers"
SHARED = CONTEXTS / "shared"


class StartError(Exception):
    """The twin cannot start; str() is one clear sentence."""


@contextmanager
def reading() -> Iterator[None]:
    """Turn what the contexts' code and the schema raise as they are read into a StartError.

    What is the twin's own to answer for passes as it is.
    """
    try:
        yield
    except Exception as error:  # a module raises whatever it likes
        sentence = _sentence(error)
        if sentence is None:
            raise
        raise StartError(sentence) from None


def _sentence(error: Exception) -> str | None:
    from graphql import GraphQLSyntaxError  # noqa: PLC0415 - heavy, and seldom needed

    if isinstance(error, GraphQLSyntaxError):
        line = error.locations[0].line if error.locations else 0
        return f"schema.graphql:{line}: {error.message}"
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    where = _where(error)
    return where and f"{where}: {type(error).__name__}: {what}"


def _where(error: Exception) -> str | None:
    """Give the place in a context, or else in what contexts share, that an error comes from."""
    places = [(each.filename, each.lineno) for each in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    written = [(Path(file), line) for file, line in places if CONTEXTS in Path(file).parents]
    own = [(file, line) for file, line in written if file.parent not in {CONTEXTS, SHARED}]
    for file, line in reversed(own or written):
        return f"{file.relative_to(ROOT)}:{line}"
    return None
