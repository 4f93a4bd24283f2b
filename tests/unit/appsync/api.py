"""An API with made-up functions, whose callers say who they are."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from local.appsync.auth import Authenticator, Call, Identity
from local.appsync.cache import ResolverCache
from local.appsync.fields import Limits
from local.appsync.route import Route
from local.appsync.service import AppSync, Request
from local.contract import read_contract
from resolvers.shared.identity import Mode
from resolvers.shared.routing import Cache, Eviction

SDL = """
type Query @aws_api_key @aws_cognito_user_pools {
  book(id: ID!): Book
  books: [Book!]
  me: String
}
type Mutation @aws_api_key @aws_cognito_user_pools {
  putBook(id: ID!, title: String): Book
  dropBook(id: ID!): Book
}
type Book @aws_api_key @aws_cognito_user_pools {
  id: ID!
  title: String
  notes: String
  next: Book
  secret: String @aws_cognito_user_pools
}
"""
RULES = {
    "Query.book": Cache(60, ("context.arguments.id",)),
    "Query.me": Cache(60),
    "Book.notes": Cache(60, ("context.source.id",)),
    "Book.secret": Cache(60, ("context.source.id",)),
}
ROUTES = {
    "Query.book": Route("book", 0),
    "Query.books": Route("books", 0),
    "Query.me": Route("me", 0),
    "Book.notes": Route("notes", 50),
    "Book.next": Route("next", 0),
    "Book.secret": Route("secret", 0),
    "Mutation.dropBook": Route("drop", 0),
    "Mutation.putBook": Route(
        "put", 0, (Eviction("Query.book", {"context.arguments.id": "context.arguments.id"}),)
    ),
}


class Failed(Exception):
    """How a function fails: with the class and the text of an exception."""

    def __init__(self, error_type: str, message: str) -> None:
        self.report = {"errorType": error_type, "errorMessage": message}


class Trusting(Authenticator):
    """Takes everybody for who they say they are."""

    async def authenticate(self, call: Call) -> Identity:
        user = call.headers.get("user")
        return Identity(Mode.USER_POOL, {"sub": user}) if user else Identity(Mode.API_KEY)


class Api:
    """The API; `functions` answer events, and `calls` lists what they were asked."""

    def __init__(
        self,
        limits: Limits = Limits(30, 100, 20),  # noqa: B008 - it can't change
        cache: ResolverCache | None = None,
        **functions: Callable[[Any], Any],
    ) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._functions = functions
        contract = read_contract(SDL)
        self._api = AppSync(contract, ROUTES, self._invoke, Trusting("key"), limits, cache)

    def ask(
        self, query: str, user: str | None = None, name: str | None = None, **variables: Any
    ) -> dict[str, Any]:
        """Send a query; gives the answer."""
        headers = {"user": user} if user else {}
        return asyncio.run(self._api.answer(Request(query, variables, name), headers))

    async def _invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        given = json.loads(event)
        self.calls.append((function, given))
        try:
            answer = self._functions[function](given)
        except Failed as failed:
            return json.dumps(failed.report).encode(), True
        if asyncio.iscoroutine(answer):
            answer = await answer
        return json.dumps(answer).encode(), False
