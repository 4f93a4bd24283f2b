"""The GraphQL edge of a context: a Powertools router that remembers its bindings.

A binding is data: which field, in batches of how many, cached for how long. `infra/` makes an
AppSync resolver of each, `local/` a Strawberry one. Arguments are turned from camelCase into
snake_case, and results into JSON, here.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from resolvers.shared.errors import DomainError, InternalError
from resolvers.shared.local_resolvers import (
    Condition,
    Invalidation,
    LocalMutation,
    LocalResolver,
    Own,
    Subscription,
)
from resolvers.shared.observability import logger
from resolvers.shared.parameters import arguments_of, asking, converter
from resolvers.shared.powertools import AppSyncResolver, Router
from resolvers.shared.selection import Reads, Selection
from resolvers.shared.shapes import camel, to_json

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import AppSyncResolverEvent
    from aws_lambda_powertools.utilities.typing import LambdaContext

F = TypeVar("F", bound=Callable[..., Any])
Handler = Callable[[Any, "LambdaContext"], Any]


@dataclass(frozen=True, slots=True)
class Cache:
    """AppSync's cache of one resolver: `ttl` in seconds, `keys` such as `context.arguments.id`."""

    ttl: int
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Eviction:
    """A cached value that a mutation makes stale, found by the keys that its field is cached by.

    `keys` gives, in the field's own order, where the mutation has each key's value:
    `{"context.arguments.id": "context.arguments.input.id"}`; `context.result.id` is in its result.
    """

    field: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Binding:
    """One field and the function that answers it; `max_batch` 0 means one parent at a time.

    With `evicts`, AppSync runs a few lines of JavaScript after the function, which a direct
    resolver can't; an exception's class does not survive that, so errors travel in an envelope.

    With `envelope` the function answers one parent too, yet AppSync sends a batch, of one: what a
    direct resolver raises cannot carry an error's `data`, an element of a batch's answer can.

    `reads` names all that the function takes of a parent; None if that is not known.
    """

    context: str
    type_name: str
    field_name: str
    function: Callable[..., Any]
    max_batch: int = 0
    cache: Cache | None = None
    evicts: tuple[Eviction, ...] = ()
    envelope: bool = False
    reads: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        kept = self.cache or self.type_name == "Mutation"
        if kept and asking(self.function, Selection):
            # A cached value is for other selections too, a mutation's for filters and subscribers.
            raise TypeError(f"{self.coordinate} must give everything, whatever is selected")

    @property
    def coordinate(self) -> str:
        """Name the field as GraphQL does: `Query.products`."""
        return f"{self.type_name}.{self.field_name}"

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Give the parameters that are GraphQL arguments: not what is supplied beside them."""
        named = list(arguments_of(self.function).items())
        return dict(named[1:] if self.max_batch and not self.envelope else named)


class ContextRouter(Router):
    """The fields of one context."""

    def __init__(self, context: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
        self.bindings: list[Binding] = []
        self.local_resolvers: list[LocalResolver] = []
        self._context = context
        self._reads: dict[str, tuple[str, ...] | None] = {}

    def query(self, *, cache: Cache | None = None) -> Callable[[F], F]:
        """Bind the query field that the function is named after."""
        return self._root("Query", cache)

    def mutation(
        self, *, evicts: tuple[Eviction, ...] = (), envelope: bool = False
    ) -> Callable[[F], F]:
        """Bind the mutation field that the function is named after.

        With `envelope`, or `evicts`, the `data` of its errors reaches the client.
        """
        single = evicts or not envelope
        return self._root("Mutation", None, evicts) if single else self._in_batch()

    def _in_batch(self) -> Callable[[F], F]:
        def bind(function: F) -> F:
            name = camel(function.__name__)
            binding = Binding(self._context, "Mutation", name, function, 1, envelope=True)
            resolve = _resolver_in_batch(binding, self._reads)
            self.batch_resolver(type_name="Mutation", field_name=name)(resolve)
            self.bindings.append(binding)
            return function

        return bind

    def batch(
        self,
        type_name: str,
        field_name: str,
        *,
        max_batch: int,
        cache: Cache | None = None,
        reads: tuple[str, ...] | None = None,
    ) -> Callable[[F], F]:
        """Bind a field of a type to a function from a list of parents to a list of values.

        The function gets the parents (JSON, as AppSync has them) that share the same arguments, and
        gives as many values in the same order; a DomainError among them fails its own element only,
        one that is raised all elements with these arguments. Of a parent it takes what it `reads`;
        unless that is said, parents are read whole where this field is selected.
        """

        def bind(function: F) -> F:
            binding = Binding(
                self._context, type_name, field_name, function, max_batch, cache, reads=reads
            )
            self._reads[binding.coordinate] = reads
            resolve = _batch_resolver(binding, self._reads)
            self.batch_resolver(type_name=type_name, field_name=field_name)(resolve)
            self.bindings.append(binding)
            return function

        return bind

    def subscription(
        self,
        field_name: str,
        *,
        filter: tuple[Condition | Own, ...],
        replaced_by: str | None = None,
        invalidation: tuple[Condition, ...] = (),
    ) -> None:
        """Filter a subscription field; see `Subscription` for what the parts mean."""
        declared = Subscription(self._context, field_name, filter, replaced_by, invalidation)
        self.local_resolvers.append(declared)

    def local(
        self,
        field_name: str,
        *,
        returns: str | None = None,
        invalidates: tuple[Invalidation, ...] = (),
    ) -> None:
        """Let AppSync answer a mutation field by itself; see `LocalMutation`."""
        declared = LocalMutation(self._context, field_name, returns, invalidates)
        self.local_resolvers.append(declared)

    def handler(self) -> Handler:
        """Make the Lambda entry point of the context."""
        app = AppSyncResolver()  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
        app.include_router(self)

        def handle(event: Any, context: "LambdaContext") -> Any:
            logger.append_keys(request_id=context.aws_request_id)
            try:
                return app.resolve(event, context)
            except DomainError as error:
                raise error.with_traceback(None) from None  # expected: where it rose is no news
            except Exception:  # the one edge: the unexpected goes to the log, not to the client
                logger.exception("a field failed")
                raise InternalError(context.aws_request_id) from None

        return handle

    def _root(
        self, type_name: str, cache: Cache | None, evicts: tuple[Eviction, ...] = ()
    ) -> Callable[[F], F]:
        def bind(function: F) -> F:
            name = camel(function.__name__)
            binding = Binding(self._context, type_name, name, function, cache=cache, evicts=evicts)
            resolve = _resolver(binding, self._reads)
            self.resolver(type_name=type_name, field_name=binding.field_name)(resolve)
            self.bindings.append(binding)
            return function

        return bind


def _resolver(binding: Binding, reads: Reads) -> Callable[..., Any]:
    convert = converter(binding.function, binding.parameters, reads)

    def resolve(**arguments: Any) -> Any:
        event = Router.current_event
        return to_json(binding.function(**convert(arguments, [event])))

    def resolve_in_envelope(**arguments: Any) -> Any:
        try:
            return {"data": resolve(**arguments)}
        except DomainError as error:
            return _envelope(error)

    return resolve_in_envelope if binding.evicts else resolve


def _resolver_in_batch(binding: Binding, reads: Reads) -> Callable[..., list[Any]]:
    convert = converter(binding.function, binding.parameters, reads)

    def answer(event: "AppSyncResolverEvent") -> Any:
        try:
            return binding.function(**convert(event.arguments, [event]))
        except DomainError as error:
            return error

    def resolve(event: Sequence["AppSyncResolverEvent"]) -> list[Any]:
        return [_envelope(answer(each)) for each in event]

    return resolve


def _batch_resolver(binding: Binding, reads: Reads) -> Callable[..., list[Any]]:
    convert = converter(binding.function, binding.parameters, reads)

    def answers(alike: list["AppSyncResolverEvent"]) -> Sequence[Any]:
        arguments = convert(alike[0].arguments, alike)
        try:
            return cast("Sequence[Any]", binding.function([e.source for e in alike], **arguments))
        except DomainError as refusal:
            return [refusal] * len(alike)

    def resolve(event: Sequence["AppSyncResolverEvent"]) -> list[Any]:
        envelopes: list[Any] = [None] * len(event)
        for places in _alike(event):
            values = answers([event[place] for place in places])
            for place, value in zip(places, values, strict=True):
                envelopes[place] = _envelope(value)
        return envelopes

    return resolve


def _alike(events: Sequence["AppSyncResolverEvent"]) -> list[list[int]]:
    """Group the places of a batch by their arguments: two aliases of a field may differ in them."""
    groups: list[tuple[Any, list[int]]] = []
    for place, event in enumerate(events):
        places = next(
            (places for arguments, places in groups if arguments == event.arguments), None
        )
        if places is None:
            groups.append((event.arguments, [place]))
        else:
            places.append(place)
    return [places for _, places in groups]


def _envelope(value: Any) -> dict[str, Any]:
    """Wrap one element as AppSync's BatchInvoke reads it."""
    if isinstance(value, DomainError):
        return {
            "data": to_json(value.data),
            "errorMessage": str(value),
            "errorType": type(value).__name__,
        }
    if isinstance(value, Exception):
        raise value
    return {"data": to_json(value)}
