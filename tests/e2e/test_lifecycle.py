"""The twin as a process: start, stop, restart, reload, and what may go wrong around it."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.twin import ROOT, SEED_QUERY, RunningTwin, running


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and ") Z " not in status.read_text()


def descendants(pid: int) -> set[int]:
    own = children(pid)
    return own.union(*(descendants(child) for child in own))


def children(pid: int) -> set[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def test_first_start_seeds_and_answers(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        assert re.search(r"Made \d+ tables and seeded .*catalog", twin.said)
        assert len(twin.ask(SEED_QUERY)["products"]) == 28


def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        twin.ask(SEED_QUERY)
        family = descendants(twin.process.pid)
        assert len(family) >= 3  # the embedded AWS, the functions' parent, an environment
        status, errors = twin.stop(signal.SIGINT)
    assert status == 0
    assert "Traceback" not in errors
    assert not [pid for pid in family if is_alive(pid)]


MINE = '{id: "mine", name: "Mine", price: 1, category: "book"}'
PUT = f"mutation {{ putProduct(input: {MINE}) {{ id }} }}"


def put_mine(twin: RunningTwin) -> None:
    """Write a product that is not among the seeds, as the administrator."""
    token = twin.client.post("/local/token", json={"user": "ada"}).json()["idToken"]
    answer = twin.client.post("/graphql", json={"query": PUT}, headers={"authorization": token})
    assert answer.json() == {"data": {"putProduct": {"id": "mine"}}}


def has_mine(twin: RunningTwin) -> bool:
    return bool(twin.ask('{ product(id: "mine") { id } }')["product"])


def test_restart_keeps_the_state(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        put_mine(twin)
        twin.stop()
    with running("--data", str(tmp_path)) as twin:
        assert "seeded" not in twin.said
        assert has_mine(twin)


def test_fresh_forgets_the_state(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        put_mine(twin)
        twin.stop()
    with running("--data", str(tmp_path), "--fresh") as twin:
        assert not has_mine(twin)


def test_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "local", "--port", str(port), "--data", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} can't be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_killed_environment_fails_its_own_request_alone(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        twin.ask(SEED_QUERY)
        environments = youngest_generation(twin.process.pid)
        with ThreadPoolExecutor(8) as pool:
            requests = [pool.submit(twin.post, SEED_QUERY) for _ in range(200)]
            for pid in environments:
                os.kill(pid, signal.SIGKILL)
            answers = [request.result() for request in requests]
        failed = [answer for answer in answers if "errors" in answer.json()]
        assert {answer.status_code for answer in answers} == {200}
        assert len(failed) <= len(environments)
        assert {a.json()["errors"][0]["errorType"] for a in failed} <= {"Runtime.ExitError"}
        assert twin.ask(SEED_QUERY)["products"]


def youngest_generation(pid: int) -> set[int]:
    """The environments: processes that have a parent other than the server, and no children."""
    return {child for child in descendants(pid) - children(pid) if not children(child)}


def test_reset_goes_back_to_the_seeds(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        put_mine(twin)
        assert twin.client.post("/local/reset").json() == {"status": "reset"}
        assert not has_mine(twin)
        assert len(twin.ask(SEED_QUERY)["products"]) == 28


def test_two_twins_share_nothing(tmp_path: Path) -> None:
    with (
        running("--data", str(tmp_path / "a")) as one,
        running("--data", str(tmp_path / "b")) as two,
    ):
        assert one.url != two.url
        assert one.ask(SEED_QUERY) == two.ask(SEED_QUERY)


def test_other_endpoint_is_used_instead(tmp_path: Path) -> None:
    """The second twin has no embedded AWS: it works on the first one's."""
    with running("--data", str(tmp_path)) as twin:
        endpoint = twin.client.get("/health").json()["aws"]
        with running("--endpoint-url", endpoint, "--data", str(tmp_path / "unused")) as second:
            assert second.ask(SEED_QUERY) == twin.ask(SEED_QUERY)
            assert len(descendants(second.process.pid)) < len(descendants(twin.process.pid)) + 1
        assert not (tmp_path / "unused").exists()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the code, to be changed."""
    copy = tmp_path / "project"
    left_out = shutil.ignore_patterns("__pycache__", "dist")
    for name in ("resolvers", "subscriptions", "local", "infra"):
        shutil.copytree(ROOT / name, copy / name, ignore=left_out)
    shutil.copy(ROOT / "schema.graphql", copy)
    return copy


def replace(path: Path, old: str, new: str) -> None:
    """Change a file as git and most editors do: another file in its place."""
    fresh = path.with_suffix(".new")
    fresh.write_text(path.read_text().replace(old, new))
    fresh.rename(path)


def test_reload_serves_the_new_code(project: Path, tmp_path: Path) -> None:
    twin = RunningTwin("--port", "0", "--reload", "--data", str(tmp_path / "data"), cwd=project)
    try:
        fields, schema = project / "resolvers/catalog/fields.py", project / "schema.graphql"
        added = "@router.query()\ndef answer() -> int:\n    return 42\n\n\nhandler ="
        replace(fields, "handler =", added)
        twin.await_line("up again")
        for name in ("other", "answer"):
            query = f"type Query {{\n  {name}: Int! @aws_api_key"
            replace(schema, "type Query {", query)
            twin.await_line("up again")
        assert twin.ask("{ answer }") == {"answer": 42}

        replace(schema, "  avatarUrl: AWSURL\n", "  avatarUrl: AWSURL\n  nick: String\n")
        twin.await_line("up again")
        operations = (project / "subscriptions/operations.graphql").read_text()
        assert "  avatarUrl\n  nick\n" in operations
    finally:
        status, errors = twin.stop()
    assert status == 0, errors


def test_reload_of_broken_code_says_so_until_it_is_mended(project: Path, tmp_path: Path) -> None:
    twin = RunningTwin("--port", "0", "--reload", "--data", str(tmp_path / "data"), cwd=project)
    try:
        service = project / "resolvers/catalog/service.py"
        replace(service, "def product(", "def product(((")
        twin.await_line("does not start")
        assert twin.client.get("/health").status_code == 503
        replace(service, "def product(((", "def product(")
        twin.await_line("up again")
        assert twin.ask(SEED_QUERY)["products"]
    finally:
        _, errors = twin.stop()
    assert re.search(r"^twinberry: resolvers/catalog/service.py:\d+: SyntaxError: ", errors, re.M)
    assert "Traceback" not in errors


# Fails once the embedded AWS is there, of which its own loop has not heard yet.
BROKEN = """
from pathlib import Path
while not [*Path({there!r}).glob("*/lane")]:
    pass
raise ValueError("broken")
"""


def test_code_that_does_not_start_leaves_nothing_behind(project: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (project / "resolvers/catalog/model.py").write_text(BROKEN.format(there=str(there)))

    ended = subprocess.run(
        [sys.executable, "-m", "local", "--port", "0", "--data", str(tmp_path / "data")],
        cwd=project,
        env={**os.environ, "TMPDIR": str(there)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.stderr == "twinberry: resolvers/catalog/model.py:5: ValueError: broken\n"
    assert (ended.returncode, [*there.iterdir()]) == (1, [])


def test_told_twice_to_stop_it_kills_a_child_that_hangs(tmp_path: Path) -> None:
    with running("--reload", "--data", str(tmp_path)) as twin:
        family = descendants(twin.process.pid)
        (child,) = [pid for pid in children(twin.process.pid) if "--fd" in command(pid)]
        os.kill(child, signal.SIGSTOP)
        twin.process.send_signal(signal.SIGINT)
        status, errors = twin.stop(signal.SIGTERM)  # another: two of a kind may be taken for one
    assert (status, "Traceback" in errors) == (0, False)
    assert not [pid for pid in family if is_alive(pid)]


def command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def test_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    twin = RunningTwin("--port", "0", "--reload", "--data", str(tmp_path))
    family = [os.pidfd_open(pid) for pid in descendants(twin.process.pid)]
    assert len(family) >= 3
    twin.stop(signal.SIGKILL)
    for process in family:  # readable when it has ended
        assert select.select([process], [], [], 20)[0]
        os.close(process)


def test_nothing_listens_beyond_loopback(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        family = {twin.process.pid} | descendants(twin.process.pid)
        sockets = set().union(*(sockets_of(pid) for pid in family))
        listening = [
            line.split()
            for table in ("/proc/net/tcp", "/proc/net/tcp6")
            for line in Path(table).read_text().splitlines()[1:]
        ]
        addresses = {
            fields[1].split(":")[0]
            for fields in listening
            if fields[3] == "0A" and fields[9] in sockets
        }
    assert addresses == {"0100007F"}  # 127.0.0.1


@pytest.mark.parametrize(
    ("arguments", "taken"),
    [
        (["--aws-over", "lane"], True),
        (["--aws-over", "lane", "--reload"], True),
        (["--aws-over", "http"], False),
        (["--aws-over", "http", "--reload"], False),
    ],
)
def test_functions_take_the_lane_unless_told_otherwise(
    tmp_path: Path, arguments: list[str], taken: bool
) -> None:
    with running("--data", str(tmp_path), *arguments) as twin:
        twin.ask(SEED_QUERY)
        sockets = set().union(*(sockets_of(pid) for pid in descendants(twin.process.pid)))
        lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
        lanes = [each[5] for each in lines if each[-1].endswith("/lane") and each[6] in sockets]
    assert "01" in lanes  # the engine listens
    assert ("03" in lanes) is taken  # and somebody is connected


def sockets_of(pid: int) -> set[str]:
    links: list[str] = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            links.append(str(link.readlink()))
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
