"""The playground, as a person sees it: a real browser, the built page, a twin."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.support.browser import Page, browsing, installed
from tests.support.twin import RunningTwin, running

pytestmark = pytest.mark.skipif(installed() is None, reason="there is no Chromium")

# The editors' texts: the page itself draws only the lines in sight.
TEXT = "__MONACO.editor.getModels().find(m => m.uri.path.endsWith('%s'))"
RESPONSE = TEXT % "response.json" + ".getValue()"
EXECUTE = "document.querySelector('.graphiql-execute-button')"
SWITCH = "document.querySelector('.caller select')"


class Playground:
    """What a person does in the page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.open(url)
        page.wait(f"{EXECUTE} && document.querySelector('.graphiql-query-editor .view-line')")
        self.shows_caller("api-key")

    def tab(self, title: str) -> None:
        self.page.run(f"{_tab(title)}.click()")
        self.page.wait(f"{_tab(title)}.closest('.graphiql-tab-active')")

    def execute(self) -> None:
        self.page.run(f"{EXECUTE}.click()")

    def stop(self) -> None:
        self.page.wait(f"{EXECUTE}.ariaLabel.startsWith('Stop')")
        self.execute()

    def write(self, query: str) -> None:
        self.page.run(f"{TEXT % 'operation.graphql'}.setValue({json.dumps(query)})")

    def become(self, caller: str) -> None:
        change = "new Event('change', {bubbles: true})"
        self.page.run(f"{SWITCH}.value = '{caller}'; {SWITCH}.dispatchEvent({change})")
        self.shows_caller(caller)

    def shows_caller(self, caller: str) -> None:
        self.page.wait(f"{SWITCH}?.value === '{caller}'")

    def response(self, condition: str) -> Any:
        """Wait until `condition`, JavaScript about the text `it`, holds; gives the parsed text."""
        return json.loads(self.page.wait(f"(it => it && ({condition}) && it)({RESPONSE})"))


def _tab(title: str) -> str:
    return (
        f"[...document.querySelectorAll('[role=tab] button')].find(b => b.innerText == '{title}')"
    )


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    with running("--data", str(tmp_path_factory.mktemp("data"))) as started:
        yield started


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientConnection]:
    with browsing(tmp_path_factory.mktemp("browser")) as connection:
        yield connection


@pytest.fixture
def playground(browser: ClientConnection, twin: RunningTwin) -> Playground:
    return Playground(Page(browser), f"{twin.url}/")


def test_seed_query_runs(playground: Playground) -> None:
    playground.execute()
    products = playground.response("it.includes('products')")["data"]["products"]
    assert "Cosmos" in [product["name"] for product in products]
    assert playground.page.complaints == []


@pytest.mark.parametrize(
    ("caller", "query", "answer"),
    [
        ("user:ada", "{ me { email } }", {"me": {"email": "ada@example.com"}}),
        ("partner", '{ product(id: "none") { id } }', {"product": None}),
        ("publisher", '{ user(id: "none") { id } }', {"user": None}),
    ],
)
def test_switch_says_who_one_is(
    playground: Playground, caller: str, query: str, answer: dict[str, Any]
) -> None:
    playground.become(caller)
    playground.write(query)
    playground.execute()
    assert playground.response("it.includes('data')") == {"data": answer}
    assert playground.page.complaints == []


def test_subscription_runs_on_behind_another_tab(playground: Playground) -> None:
    playground.tab("OnTodo")
    playground.shows_caller("user:alice")
    playground.execute()
    assert playground.response("it.includes('listening')")["events"] == []
    playground.tab("CreateTodo")
    playground.become("user:ada")
    playground.execute()
    hers = _made(playground)
    playground.become("user:alice")
    playground.execute()
    made = _made(playground, hers["id"])
    marked = (
        "getComputedStyle(document.querySelector('#graphiql-session-tab-2'), '::before').content"
    )
    playground.page.wait(f"{marked} == '\"● 1\"'")
    playground.tab("OnTodo")
    shown = playground.response("it.includes('onTodo')")
    assert shown["subscription"] == "listening as alice"
    assert [event["data"]["onTodo"]["id"] for event in shown["events"]] == [made["id"]]
    playground.stop()
    assert playground.response("it.includes('stopped')")["events"] == shown["events"]
    assert playground.page.complaints == []


def _made(playground: Playground, before: str = "none") -> Any:
    answer = playground.response(f"it.includes('createTodo') && !it.includes('{before}')")
    return answer["data"]["createTodo"]


@pytest.mark.parametrize(
    ("caller", "state", "message"),
    [
        ("api-key", "refused", "Not Authorized to access onTodo on type Subscription"),
        ("publisher", "not sent", "The playground cannot sign a subscription"),
    ],
)
def test_refused_subscription_says_why(
    playground: Playground, caller: str, state: str, message: str
) -> None:
    playground.tab("OnTodo")
    playground.become(caller)
    playground.execute()
    shown = playground.response("it.includes('errors')")
    assert shown["subscription"] == state
    assert message in shown["errors"][0]["message"]
    playground.page.wait(f"{EXECUTE}.ariaLabel.startsWith('Execute')")


def test_reset_and_restart_are_survived(
    browser: ClientConnection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = str(tmp_path_factory.mktemp("data"))
    with running("--data", data) as twin:
        playground = Playground(Page(browser), f"{twin.url}/")
        playground.tab("CreateTodo")
        playground.execute()
        made = _made(playground)
        assert twin.client.post("/local/reset").status_code == 200  # and alice's token is void
        playground.execute()
        assert _made(playground, made["id"])
        playground.tab("OnTodo")
        playground.execute()
        playground.response("it.includes('listening')")
    playground.response("it.includes('waiting for the server')")
    again = RunningTwin("--port", twin.url.rpartition(":")[2], "--data", data)
    try:
        playground.response("it.includes('listening')")
    finally:
        again.stop()
