"""The authority's folder: `authority.pem`, which people tell their browsers to trust, and keys."""

import contextlib
import fcntl
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.tls.certificates import Pair

FOLDER = "tls"  # within the data folder
AUTHORITY = ("authority.pem", "authority.key")
SERVER = ("localhost.pem", "localhost.key")


def _now() -> datetime:
    return datetime.now(UTC)


class Authority:
    """An authority on disk, and its server's certificate.

    What is missing, damaged or about to expire is made anew.
    """

    def __init__(self, data: Path, clock: Callable[[], datetime] = _now) -> None:
        self._folder = data / FOLDER
        self._clock = clock
        self._server: tuple[ssl.SSLContext, datetime] | None = None

    @property
    def certificate(self) -> Path:
        """Where the certificate lies that people are to trust."""
        return self._folder / AUTHORITY[0]

    def prepare(self) -> None:
        """See to it that there is something to trust; costs nothing at any start but the first."""
        if not all((self._folder / name).exists() for name in (*AUTHORITY, *SERVER)):
            self.context()

    def context(self) -> ssl.SSLContext:
        """Give what a server needs to speak TLS; raises OSError if the folder can't be used."""
        if self._server is None or self._clock() >= self._server[1]:
            self._server = self._load()
        return self._server[0]

    def _load(self) -> tuple[ssl.SSLContext, datetime]:
        from local.tls import certificates  # noqa: PLC0415 - 30 ms, and many twins never need it

        now = self._clock()
        with _locked(self._folder):
            authority = self._read(AUTHORITY)
            if authority is None or now >= authority.last_use:
                name = f"Twinberry on {socket.gethostname()}"
                authority = self._write(AUTHORITY, certificates.make_authority(name[:64], now))
            server = self._read(SERVER)
            if server is None or now >= server.last_use or not authority.signed(server):
                server = self._write(SERVER, certificates.make_server(authority, now))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        certificate, key = (self._folder / name for name in SERVER)
        context.load_cert_chain(certificate, key)
        return context, server.last_use

    def _read(self, names: tuple[str, str]) -> "Pair | None":
        from local.tls.certificates import read  # noqa: PLC0415

        certificate, key = (self._folder / name for name in names)
        try:
            return read(certificate.read_bytes(), key.read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def _write(self, names: tuple[str, str], pair: "Pair") -> "Pair":
        certificate, key = (self._folder / name for name in names)
        _replace(key, pair.key_pem, 0o600)
        _replace(certificate, pair.certificate_pem, 0o644)
        return pair


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all; nobody can read it who may not, not even for a moment."""
    draft = path.with_suffix(f"{path.suffix}.new")
    draft.unlink(missing_ok=True)
    with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(content)
    draft.replace(path)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other twins away: two may share the folder when neither has an engine of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
