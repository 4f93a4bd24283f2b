"""From what a client asks to what the broker is told: read, authorised, filtered, as in AppSync."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

import orjson
from graphql import (
    FieldNode,
    GraphQLField,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    value_from_ast,
)

from local.appsync.auth import Identity
from local.appsync.document import Document
from local.appsync.errors import FieldError, not_authorized
from local.appsync.service import AppSync, Request
from local.appsync.variables import coerce
from local.realtime.broker import Wanted
from local.realtime.filters import FilterRefused, filter_group, invalidation_group
from local.realtime.index import Group, basic, enhanced
from local.realtime.projection import Projection, Visible
from resolvers.shared.local_resolvers import Subscription

UNSUPPORTED = "unknown not supported through the realtime channel"
Errors = list[dict[str, Any]]


class Unsubscribable(Exception):
    """A subscription that is refused; `errors` are what the client is told."""

    def __init__(self, *errors: Mapping[str, Any]) -> None:
        super().__init__()
        self.errors: Errors = [dict(error) for error in errors]


def refused(error_type: str, message: str) -> Unsubscribable:
    """Refuse for one reason."""
    return Unsubscribable({"errorType": error_type, "message": message})


class Subscriptions:
    """The subscription fields of one API."""

    def __init__(self, api: AppSync, declared: Mapping[str, Subscription]) -> None:
        """`declared` are those with an enhanced filter, by field."""
        self._api = api
        self._declared = declared
        # Shared by all who want the same, and gone with the last of them.
        self._projections: WeakValueDictionary[Any, Projection] = WeakValueDictionary()

    def wanted(self, request: Request, identity: Identity) -> Wanted:
        """Tell what a caller wants to hear of; raises Refusal or Unsubscribable."""
        document = self._api.documents.read(request.query)
        operation = document.operation(request.operation_name)
        if operation.operation is not OperationType.SUBSCRIPTION:
            raise refused("UnsupportedOperation", UNSUPPORTED)
        _complain(document.errors)
        variables, errors = coerce(self._api.contract, operation, request.variables, parsed=False)
        _complain(errors)
        visible = self._visible(identity, document, operation)
        projection = self._projection(document, request, variables or {}, visible)
        return self._wanted(identity, projection, visible, variables or {})

    def _visible(
        self, identity: Identity, document: Document, operation: OperationDefinitionNode
    ) -> Visible:
        denied = self._api.access.denied(identity, document, operation)
        limit = self._api.limits.depth
        return Visible(denied, identity.nulled, limit, 0 < limit < document.depth)

    def _projection(
        self, document: Document, request: Request, variables: dict[str, Any], visible: Visible
    ) -> Projection:
        given = orjson.dumps(variables) if document.conditional else b""
        key = (document.text, request.operation_name, given, visible)
        projection = self._projections.get(key)
        if projection is None:
            projection = self._projections[key] = Projection(
                self._api.contract, document, request.operation_name, variables, visible
            )
        return projection

    def _wanted(
        self,
        identity: Identity,
        projection: Projection,
        visible: Visible,
        variables: dict[str, Any],
    ) -> Wanted:
        contract = self._api.contract
        asked = [details[0] for details in projection.roots.values()]
        names = [details.node.name.value for details in asked]
        if len(names) != 1 or names[0].startswith("__"):
            raise refused("UnsupportedOperation", UNSUPPORTED)
        name = names[0]
        if {("Subscription", name)} & (visible.denied | visible.nulled):
            denied = not_authorized(name, "Subscription")
            raise refused(denied.error_type, denied.message)
        assert contract.subscription_type is not None  # the document is valid
        field = contract.subscription_type.fields[name]
        arguments = _arguments(field, asked[0].node, variables)
        try:
            groups, invalidation = self._filters(name, arguments, identity)
        except FilterRefused as error:
            raise Unsubscribable({"message": error.message, "errorCode": 400}) from None
        except FieldError as error:
            raise refused(error.error_type, error.message) from None
        return Wanted(name, groups, invalidation, projection)

    def _filters(
        self, name: str, arguments: dict[str, Any], identity: Identity
    ) -> tuple[tuple[Group, ...], tuple[Group, ...] | None]:
        declared = self._declared.get(name)
        if declared is None:
            return tuple(basic(arguments)), None
        groups = enhanced(filter_group(declared, arguments, identity.event))
        ends = invalidation_group(declared, arguments, identity.event)
        return tuple(groups), None if ends is None else tuple(enhanced(ends))


def _arguments(field: GraphQLField, node: FieldNode, variables: dict[str, Any]) -> dict[str, Any]:
    """Read the arguments as JSON; a variable that is not supplied is null, as AppSync has it."""
    given = {
        name: value_from_ast(argument.default.literal, argument.type)
        for name, argument in field.args.items()
        if argument.default is not None
    }
    for argument in node.arguments or ():
        name, value = argument.name.value, argument.value
        if isinstance(value, VariableNode) and value.name.value not in variables:
            given.setdefault(name, None)
        else:
            given[name] = value_from_ast(value, field.args[name].type, variables)
    return given


def _complain(errors: Errors) -> None:
    """Refuse an invalid document or variable; the channel tells less of it than HTTP does."""
    if errors:
        raise Unsubscribable(*({"message": error["message"]} for error in errors))
