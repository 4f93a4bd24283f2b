"""The seeded users, asking the twin as its frontends do."""

from dataclasses import dataclass
from typing import Any

from tests.support.twin import RunningTwin


@dataclass(frozen=True)
class Person:
    """A seeded user who has signed in."""

    twin: RunningTwin
    token: str

    def post(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a GraphQL request; gives the whole answer."""
        body = {"query": query, "variables": variables}
        headers = {"authorization": self.token}
        answer: dict[str, Any] = self.twin.client.post(
            "/graphql", json=body, headers=headers
        ).json()
        return answer

    def ask(self, query: str, **variables: Any) -> Any:
        """Ask for one field that must succeed; gives its value."""
        answer = self.post(query, **variables)
        assert "errors" not in answer, answer["errors"]
        (value,) = answer["data"].values()
        return value

    def refused(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask for one field that must fail; gives its error."""
        answer = self.post(query, **variables)
        assert not answer["data"] or set(answer["data"].values()) == {None}
        (error,) = answer["errors"]
        refusal: dict[str, Any] = error
        return refusal


def sign_in(twin: RunningTwin, user: str, kind: str = "accessToken") -> Person:
    """Sign a seeded user in; Amplify sends access tokens."""
    tokens = twin.client.post("/local/token", json={"user": user}).json()
    return Person(twin, tokens[kind])
