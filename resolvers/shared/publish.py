"""Telling subscribers something from Lambda code: `publish([Publication("publishUser", {…})])`.

AppSync publishes what mutations answer that came through its endpoint, so Lambda code calls one.
It is at least once: what is tried again may have been published before.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.shared.endpoint import PATIENCE, NotPermitted, Patience, Reply, Unavailable, ask
from resolvers.shared.observability import count, logger
from resolvers.shared.operations import Publication, compose
from resolvers.shared.shapes import to_json

__all__ = ["NotPermitted", "Publication", "Refused", "Unavailable", "publish"]

# AppSync drops larger messages without a word; the rest is for the frame around the value.
LARGEST_VALUE = 240 * 1024 - 512
# One request's: AppSync executes its mutations one after the other and has 30 seconds for all. Its
# limit of 15,000 tokens is further away; a contract test counts them.
MOST_FIELDS = 100
LARGEST_BODY = 1024 * 1024

# Errors of a resolver that failed rather than refused: ours, AppSync's, Lambda's.
FAILURES = ("InternalError", "InternalFailure", "Throttling", "Lambda:", "Sandbox.", "Runtime.")

Batch = tuple[Publication, ...]
Error = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A publication that would only be refused again, and why, such as `NotFound` or `TooLarge`."""

    publication: Publication
    error_type: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    refused: Sequence[Refused] = ()
    again: Sequence[Batch] = ()


def publish(publications: Sequence[Publication], *, patience: Patience = PATIENCE) -> list[Refused]:
    """Tell subscribers, in this order, in few requests: one or two for a hundred of a kind.

    Gives those refused for good, each logged as an error and counted. Raises Unavailable if all is
    to be tried again later, NotPermitted if the deployment has to be mended first, and LookupError
    for what is no publishing mutation.
    """
    measured = [(each, _measure(each)) for each in publications]
    refused = [size for _, size in measured if isinstance(size, Refused)]
    waiting = deque(_batches((each, size) for each, size in measured if isinstance(size, int)))
    try:
        while waiting:
            outcome = _send(waiting.popleft(), patience)
            refused += outcome.refused
            waiting.extendleft(reversed(outcome.again))
    finally:
        _tell(refused)
    return refused


def _measure(publication: Publication) -> int | Refused:
    """Give the size of the arguments in bytes, or why they can't be sent.

    What a mutation publishes that passes its arguments through is about as large; what another one
    publishes is measured in its answer.
    """
    try:
        size = _size(publication.arguments)
    except ValueError:
        return Refused(publication, "Invalid", "JSON has neither NaN nor infinity")
    return _too_large(publication, size) if size > LARGEST_VALUE else size


def _size(value: Any) -> int:
    text = json.dumps(
        value, default=to_json, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return len(text.encode(errors="surrogatepass"))


def _too_large(publication: Publication, size: int) -> Refused:
    return Refused(publication, "TooLarge", f"{size} bytes are more than AppSync delivers")


def _batches(measured: Iterable[tuple[Publication, int]]) -> Iterator[Batch]:
    batch: list[Publication] = []
    total = 0
    for each, size in measured:
        full = len(batch) == MOST_FIELDS or total + size > LARGEST_BODY
        if batch and (full or each.field != batch[0].field):
            yield from _round(batch)
            batch, total = [], 0
        batch.append(each)
        total += size
    yield from _round(batch)


def _round(batch: Sequence[Publication]) -> Iterator[Batch]:
    """Split a batch in two, its tens and the rest.

    Every number of mutations is a document of its own, which whoever executes it has to parse and
    validate; so there are nineteen of a field, and they are known after the first time.
    """
    tens = len(batch) - len(batch) % 10
    for part in (batch[:tens], batch[tens:]):
        if part:
            yield tuple(part)


def _send(batch: Batch, patience: Patience) -> _Outcome:
    request = compose(batch)
    try:
        reply = ask(request.document, request.variables, patience)
    except NotPermitted as error:
        fields = ", ".join(sorted({each.field for each in batch}))
        raise NotPermitted(f"{error} Asked for: {fields}.") from None
    errors = _by_key(reply.answer.get("errors") or [])
    if reply.answer.get("data") is None:
        return _unexecuted(batch, request.keys, errors)
    return _Outcome([*_refused(batch, request.keys, errors, reply)])


def _by_key(errors: Iterable[Error]) -> dict[Any, Error]:
    """Give the first error of each mutation, by its key; None is the request's own."""
    found: dict[Any, Error] = {}
    for error in errors:
        kind = str(error.get("errorType"))
        if kind.startswith(FAILURES):
            raise Unavailable(f"A mutation that publishes failed: {kind}")
        if kind == "Unauthorized":
            raise NotPermitted(f"The contract does not open it: {error.get('message')}")
        found.setdefault(next(iter(error.get("path") or ()), None), error)
    return found


def _unexecuted(batch: Batch, keys: Sequence[str], errors: dict[Any, Error]) -> _Outcome:
    """Find whose fault it is that a request as a whole gave nothing; the others are sent again.

    A mutation that must not be null, and is, ends the request; those before it may have been
    published, those behind it have not been executed. An invalid variable is blamed on nobody, so
    that halves have to be tried.
    """
    if len(batch) == 1:
        return _Outcome([_refusal(batch[0], next(iter(errors.values()), {}))])
    failed = [_refusal(each, errors[key]) for key, each in _pairs(keys, batch) if key in errors]
    if failed:
        rest = tuple(each for key, each in _pairs(keys, batch) if key not in errors)
        return _Outcome(failed, [rest] if rest else [])
    middle = len(batch) // 2
    return _Outcome(again=[batch[:middle], batch[middle:]])


def _refused(
    batch: Batch, keys: Sequence[str], errors: dict[Any, Error], reply: Reply
) -> Iterator[Refused]:
    for key, each in _pairs(keys, batch):
        value = reply.answer["data"].get(key)
        if value is None:
            yield _refusal(each, errors.get(key, {}))
        elif reply.size > LARGEST_VALUE and (size := _size(value)) > LARGEST_VALUE:
            yield _too_large(each, size)
        elif key in errors:
            logger.error("published, but not whole", extra=_told(each.field, errors[key]))


def _pairs(keys: Sequence[str], batch: Batch) -> Iterable[tuple[str, Publication]]:
    return zip(keys, batch, strict=True)


def _refusal(publication: Publication, error: Error) -> Refused:
    kind = error.get("errorType") or "Null"
    return Refused(publication, kind, error.get("message") or "null is not published")


def _told(field: str, error: Error) -> dict[str, Any]:
    return {"field": field, "error_type": error.get("errorType"), "path": error.get("path")}


def _tell(refused: Sequence[Refused]) -> None:
    # Without the reason: it may quote what was to be published.
    for each in refused:
        extra = {"field": each.publication.field, "error_type": each.error_type}
        logger.error("not published", extra=extra)
    if refused:
        count("PublicationsRefused", len(refused))
