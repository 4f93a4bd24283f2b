"""The endpoint: refused for the moment, silent, or for good."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.httpsession import URLLib3Session

from resolvers.shared import aws
from resolvers.shared.endpoint import Patience
from resolvers.shared.publish import NotPermitted, Publication, Unavailable, publish
from resolvers.shared.resources import GRAPHQL_URL
from resolvers.shared.settings import MissingSetting
from tests.support.endpoint import DROP, HANG, Endpoint

ROOT = Path(__file__).parents[3]
BRIEF = Patience(retries=3, pause=0.001)
TICK = [Publication("publishTick", {})]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, DROP])
def test_passing_refusal_is_tried_again(status: int, endpoint: Endpoint) -> None:
    endpoint.next.extend([status, status])

    assert publish(TICK, patience=BRIEF) == []

    assert endpoint.published == [{"at": 1}]
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("status", [429, 503, DROP])
def test_lasting_refusal_is_unavailable(status: int, endpoint: Endpoint) -> None:
    endpoint.next.extend([status] * 9)

    with pytest.raises(Unavailable, match=r"^The GraphQL endpoint"):
        publish(TICK, patience=BRIEF)

    assert len(endpoint.requests) == BRIEF.retries + 1


def test_retries_end_with_their_time(endpoint: Endpoint) -> None:
    endpoint.next.extend([503] * 9)

    with pytest.raises(Unavailable):
        publish(TICK, patience=Patience(retries=8, seconds=0))

    assert len(endpoint.requests) == 1


def test_pauses_grow_and_are_bounded() -> None:
    for _ in range(50):
        pauses = list(Patience(retries=4, pause=0.1, seconds=100).pauses())
        assert len(pauses) == 4
        assert all(0 <= each <= 0.1 * 2**n for n, each in enumerate(pauses))


def test_silence_is_unavailable(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = URLLib3Session(timeout=(1, 0.05))  # type: ignore[arg-type]
    monkeypatch.setattr(aws, "http", lambda: hasty)
    endpoint.next.append(HANG)

    with pytest.raises(Unavailable, match="ReadTimeoutError"):
        publish(TICK, patience=Patience(retries=0))

    hasty.close()


def test_nobody_there_is_unavailable(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listening
        monkeypatch.setenv(GRAPHQL_URL, f"http://127.0.0.1:{taken.getsockname()[1]}/graphql")

        with pytest.raises(Unavailable, match="EndpointConnectionError"):
            publish(TICK, patience=BRIEF)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_answer_that_is_no_answer_is_tried_again(body: bytes, endpoint: Endpoint) -> None:
    endpoint.next.append((200, body))

    assert publish(TICK, patience=BRIEF) == []
    assert len(endpoint.requests) == 2


def test_wrong_signature_is_a_fault_of_the_deployment(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")

    with pytest.raises(NotPermitted) as caught:
        publish(TICK, patience=BRIEF)

    assert "appsync:GraphQL" in str(caught.value) and "publishTick" in str(caught.value)
    assert "wrong" not in str(caught.value)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(("status", "hint"), [(403, "firewall"), (404, "GRAPHQL_URL")])
def test_hopeless_refusal_says_where_to_look(status: int, hint: str, endpoint: Endpoint) -> None:
    endpoint.next.append((status, b"<html>"))

    with pytest.raises(NotPermitted, match=f"answers {status} .*{hint}"):
        publish(TICK, patience=BRIEF)

    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (413, b"<html>", "HTTP 413"),
        (400, b'{"errors": [{"errorType": "BadRequestException"}]}', "BadRequestException"),
    ],
)
def test_request_that_is_refused_is_split(
    status: int, body: bytes, kind: str, endpoint: Endpoint
) -> None:
    endpoint.next.extend([(status, body)] * 2)

    (refused,) = publish([*TICK, *TICK], patience=BRIEF)

    assert refused.error_type == kind
    assert endpoint.published == [{"at": 1}]


def test_missing_address_is_told(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GRAPHQL_URL)

    with pytest.raises(MissingSetting, match=GRAPHQL_URL):
        publish(TICK)


def test_import_is_light() -> None:
    script = "import sys, resolvers.shared.publish; print('botocore.session' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
