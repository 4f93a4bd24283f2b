"""A headless Chromium, driven over its DevTools protocol; it reaches loopback only."""

import contextlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 20  # seconds; only a failing test needs them
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root in a container has none; it sees nothing but our own page
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--proxy-server=http://127.0.0.1:9",  # nobody listens there; loopback goes without
    "--remote-debugging-port=0",
    "--window-size=1400,800",
)
# A promise of the page that holds its value as soon as there is one, looked for at every change.
AWAITED = """new Promise((resolve, reject) => {
  const watcher = new MutationObserver(look);
  const end = (settle, value) => { watcher.disconnect(); settle(value); };
  function look() { const value = (%s); if (value) end(resolve, value instanceof Node || value); }
  const all = {subtree: true, childList: true, characterData: true, attributes: true};
  watcher.observe(document, all);
  setTimeout(() => end(reject, new Error("awaited in vain")), %d);
  look();
})"""


def installed() -> str | None:
    """Tell where a Chromium is, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A page of the browser; `complaints` are its console's errors and uncaught exceptions."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._session = ""
        self.complaints: list[str] = []
        context = self._call("Target.createBrowserContext")  # storage of its own
        target = self._call("Target.createTarget", url="about:blank", **context)
        attached = self._call("Target.attachToTarget", **target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Go to an address; `wait` for what it shows."""
        self._call("Page.navigate", url=url)

    def run(self, expression: str) -> Any:
        """Give the value of a JavaScript expression, or of its promise."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if failure := answer.get("exceptionDetails"):
            shown = self._call("Runtime.evaluate", expression="document.body.innerText")
            raise AssertionError(f"{expression}\n{_said(failure)}\n{shown['result'].get('value')}")
        return answer["result"].get("value")

    def wait(self, expression: str) -> Any:
        """Wait until an expression's value is truthy, and give it."""
        return self.run(AWAITED % (expression, PATIENCE * 1000))

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._connection.send(json.dumps(message))
        while True:
            heard = json.loads(self._connection.recv(timeout=PATIENCE + 5))
            if heard.get("id") == self._number:
                assert "error" not in heard, heard["error"]
                result: dict[str, Any] = heard["result"]
                return result
            if heard.get("sessionId") == self._session:  # else of a page before
                self._note(heard["method"], heard["params"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.complaints.append(_said(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.complaints.append(str([each.get("value") for each in params["args"]]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")


def _said(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description", details["text"]))


@contextlib.contextmanager
def browsing(folder: Path) -> Iterator[ClientConnection]:
    """Run a Chromium whose profile is in `folder`; gives what a `Page` is made with."""
    program = installed()
    assert program
    arguments = [program, *FLAGS, f"--user-data-dir={folder}"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = next(filter(None, (re.search(r"ws://\S+", line) for line in process.stderr)))
            with connect(said.group(), max_size=None) as connection:
                yield connection
        finally:
            process.terminate()
