"""The authority's folder: what is made, kept and renewed, by a clock that the test holds."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.tls.authority import Authority

TODAY = datetime.now(UTC)


class Clock:
    now = TODAY

    def __call__(self) -> datetime:
        return self.now


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "tls").glob("*.*")}


def handshake(server: ssl.SSLContext, trusted: Path, host: str) -> None:
    """Shake hands in memory; raises SSLError as a client would."""
    client = ssl.create_default_context(cafile=trusted)
    # As strict as Python 3.13 is by default.
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(back, there, server_hostname=host),
        server.wrap_bio(there, back, server_side=True),
    ]
    waiting = True
    while waiting:
        waiting = False
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                waiting = True


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_strict_client_takes_it_for_this_machine(tmp_path: Path, host: str) -> None:
    authority = Authority(tmp_path)
    handshake(authority.context(), authority.certificate, host)


def test_other_names_are_not_vouched_for(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"example\.com"):
        handshake(authority.context(), authority.certificate, "example.com")


def test_authority_cannot_vouch_for_others_even_if_it_tries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography import x509

    from local.tls import certificates

    monkeypatch.setattr(certificates, "NAMES", [x509.DNSName("example.com")])
    authority = Authority(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(authority.context(), authority.certificate, "example.com")


def test_second_start_reads_what_the_first_made(tmp_path: Path) -> None:
    Authority(tmp_path).prepare()
    made = contents(tmp_path)
    assert set(made) == {"authority.pem", "authority.key", "localhost.pem", "localhost.key"}
    again = Authority(tmp_path)
    again.prepare()
    again.context()
    assert contents(tmp_path) == made


def test_keys_are_for_their_owner(tmp_path: Path) -> None:
    Authority(tmp_path).prepare()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert modes["authority.key"] == modes["localhost.key"] == 0o600


def test_server_certificate_is_renewed_in_a_running_twin(tmp_path: Path) -> None:
    clock = Clock()
    authority = Authority(tmp_path, clock)
    first, before = authority.context(), contents(tmp_path)
    clock.now = TODAY + timedelta(days=366)
    assert authority.context() is first
    clock.now = TODAY + timedelta(days=368)
    assert authority.context() is not first
    after = contents(tmp_path)
    assert after["localhost.pem"] != before["localhost.pem"]
    assert after["authority.pem"] == before["authority.pem"]


def test_authority_is_renewed_before_it_expires(tmp_path: Path) -> None:
    clock = Clock()
    Authority(tmp_path, clock).prepare()
    before = contents(tmp_path)
    clock.now = TODAY + timedelta(days=3621)
    authority = Authority(tmp_path, clock)
    authority.context()
    assert not set(contents(tmp_path).values()) & set(before.values())


@pytest.mark.parametrize(
    "name", ["authority.pem", "authority.key", "localhost.pem", "localhost.key"]
)
@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_damaged_or_missing_file_is_made_anew(
    tmp_path: Path, name: str, damage: bytes | None
) -> None:
    Authority(tmp_path).prepare()
    path = tmp_path / "tls" / name
    path.unlink() if damage is None else path.write_bytes(damage)
    authority = Authority(tmp_path)
    handshake(authority.context(), authority.certificate, "localhost")


def test_files_of_two_folders_do_not_mix(tmp_path: Path) -> None:
    """A key that is not its certificate's, and a certificate of another authority."""
    mine, other = Authority(tmp_path / "a"), Authority(tmp_path / "b")
    mine.prepare()
    other.prepare()
    for name in ("localhost.pem", "localhost.key", "authority.key"):
        (tmp_path / "a" / "tls" / name).write_bytes((tmp_path / "b" / "tls" / name).read_bytes())
    again = Authority(tmp_path / "a")
    handshake(again.context(), again.certificate, "localhost")


def test_unusable_folder_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Authority(tmp_path / "file").context()
