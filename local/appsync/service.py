"""One request, from its body to its answer, in the order in which AppSync does things."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLSchema, OperationType

from local.appsync import json_text
from local.appsync.access import Access
from local.appsync.auth import Authenticator, Call, Sent
from local.appsync.cache import CallersCache, ResolverCache
from local.appsync.completion import INTERNAL, completion_error, untyped_value
from local.appsync.document import Documents
from local.appsync.errors import FieldError, bad_request, field_error, malformed
from local.appsync.event import caller
from local.appsync.execution import executed
from local.appsync.fields import Completed, Invalidate, Invoke, Limits, RequestFields
from local.appsync.route import Route
from local.appsync.variables import coerce
from local.mirror import mirror
from resolvers.shared.local_resolvers import LocalMutation

Answer = dict[str, Any]
UNSIGNED = Sent()


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked: GraphQL's own three members; and how it came, for a signature."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None
    sent: Sent = UNSIGNED


def read_request(body: bytes, sent: Sent = UNSIGNED) -> Request:
    """Read a body; raises Refusal if it is not a GraphQL request."""
    if not body:
        raise malformed("Request body is empty.")
    given = json_text.read(body)
    if not isinstance(given, dict):
        raise malformed()
    asked = given.get("query"), given.get("variables"), given.get("operationName")
    return checked_request(*asked, sent)


def checked_request(
    query: Any, variables: Any, operation_name: Any, sent: Sent = UNSIGNED
) -> Request:
    """Check the members' types; raises Refusal if one is not what GraphQL needs."""
    if not isinstance(query, str) or not query.strip():
        raise malformed()
    if not isinstance(variables, (dict, type(None))):
        raise malformed()
    if not isinstance(operation_name, (str, type(None))):
        raise malformed()
    return Request(query, variables or {}, operation_name, sent)


class AppSync:
    """The API: a contract, its routes and who may call it."""

    def __init__(
        self,
        contract: GraphQLSchema,
        routes: Mapping[str, Route | LocalMutation],
        invoke: Invoke,
        authenticator: Authenticator,
        limits: Limits,
        cache: ResolverCache | None = None,
        completed: Completed | None = None,
        invalidate: Invalidate | None = None,
    ) -> None:
        """`completed` hears of each field of a mutation, as it completes.

        `invalidate` is told of subscriptions that a mutation ends: their field, and a payload.
        """
        self.contract = contract
        self.authenticator = authenticator
        self.limits = limits
        self.documents = Documents(contract, introspection=limits.introspection)
        self.access = Access(contract)
        self._routes = routes
        self._invoke = invoke
        self._cache = cache
        self._completed = completed
        self._invalidate = invalidate
        self._schema = mirror(contract, routes.keys())

    async def answer(self, request: Request, headers: Mapping[str, Any]) -> Answer:
        """Answer a request; raises Refusal where AppSync gives a status other than 200."""
        identity = await self.authenticator.authenticate(
            Call(headers, request.query, request.operation_name, request.variables, request.sent)
        )
        document = self.documents.read(request.query)
        operation = document.operation(request.operation_name)
        if operation.operation is OperationType.SUBSCRIPTION:
            raise bad_request("Subscriptions over MQTT is not supported.")
        if document.errors:
            return {"data": None, "errors": document.errors}
        variables, errors = coerce(self.contract, operation, request.variables, parsed=False)
        if errors:
            return {"data": None, "errors": errors}
        denied = self.access.denied(identity, document, operation)
        fields = RequestFields(
            self.contract,
            self._routes,
            self._invoke,
            self.limits,
            caller(identity, headers, request.variables),
            document,
            denied,
            identity.nulled,
            CallersCache(self._cache, identity.event) if self._cache else None,
            self._completed,
            self._invalidate,
        )
        return await self._execute(request, variables, fields)

    async def _execute(
        self, request: Request, variables: dict[str, Any] | None, fields: RequestFields
    ) -> Answer:
        result = await executed(self._schema, fields, request.operation_name or None, variables)
        answer: Answer = {"data": result.data}
        if result.errors:
            if refusal := untyped_value(result.errors, self.contract):
                raise refusal
            answer["errors"] = [self._error(error) for error in result.errors]
        if fields.evicted is not None:
            answer["extensions"] = {"apiCacheEntriesDeleted": fields.evicted}
        return answer

    def _error(self, error: GraphQLError) -> dict[str, Any]:
        if isinstance(error.original_error, FieldError):
            return field_error(error, error.original_error)
        described = completion_error(error, self.contract)
        if described.get("errorType") == INTERNAL and error.original_error:
            traceback.print_exception(error.original_error)  # ours to mend, so it must be seen
        return described
