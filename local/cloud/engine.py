"""The embedded AWS as the twin sees it: a process that it starts, watches and ends."""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from pathlib import Path

HOST = Path(__file__).with_name("ministack_host.py")
PYTHON = Path(sys.prefix) / "cloud" / "bin" / "python"
FOLDER = "ministack"  # within the data folder, which may hold other things
WRITTEN = ("state", "staging", "s3")
JOURNALS = ("kinesis.journal", "kinesis.journal.old")
# Its environment holds nothing of the developer's but where libraries and scratch files are.
KEPT_VARIABLES = ("DYLD_LIBRARY_PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
LONGEST_LINE = 2**20  # bytes; of what it logs
START_SECONDS = 30
STOP_SECONDS = 10


class EngineError(Exception):
    """The embedded AWS could not start; str() is one clear sentence for a person."""


class Engine:
    """MiniStack, in a process and with packages of its own, keeping its state in `data`."""

    def __init__(
        self,
        data: Path,
        *,
        python: Path = PYTHON,
        log: Callable[[str], None] = lambda line: print(line, file=sys.stderr),  # noqa: T201
        arguments: Sequence[str] = (),
    ) -> None:
        """`arguments` are further ones of ministack_host.py, such as `--log-level INFO`.

        Once started, `lane` is the socket of its lane (lane.py), if it has one.
        """
        self._folder = (data / FOLDER).absolute()
        self._python = python
        self._log = log
        self._arguments = arguments
        self._last_words = ""
        self._process: Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._lock: int | None = None
        self._port = 0
        self.lane: Path | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process, if there is one."""
        return self._process.pid if self._process else None

    async def start(self) -> str:
        """Start, and return the endpoint URL once it answers; raises EngineError."""
        if not self._python.exists():
            raise EngineError("The embedded AWS is not installed: run `make setup`.")
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            self._lock = _claim(self._folder)
            self._process = await self._spawn(self._lock)
            self._listening = asyncio.create_task(self._listen(self._process))
            self._port, self.lane = await self._ready(self._process)
            undo.pop_all()
        return f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Have it save its state and end; it may have ended before."""
        process, self._process = self._process, None
        if process:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._listening:
            await self._listening
        if self.lane:  # it is gone already, unless the process was killed
            shutil.rmtree(self.lane.parent, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def exited(self) -> int:
        """Wait until the process ends by itself, and return its exit status."""
        assert self._process
        return await self._process.wait()

    async def reset(self) -> None:
        """Make everything in it vanish, on disk too; it goes on running."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(
            b"POST /_ministack/reset HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: close\r\nContent-Length: 0\r\n\r\n"
        )
        status = await reader.readline()
        writer.close()
        if b" 200 " not in status:
            raise EngineError(f"The embedded AWS could not be reset: {status.decode().strip()}")

    async def _spawn(self, lock: int) -> Process:
        return await asyncio.create_subprocess_exec(
            self._python,
            # -I: not the twin's packages. The host forks to save, though MiniStack has threads.
            *("-I", "-X", "utf8", "-W", "ignore::DeprecationWarning"),
            *(str(HOST), "--data", str(self._folder), *self._arguments),
            stdin=PIPE,  # never written to: when it closes, the twin is gone
            stdout=PIPE,
            stderr=PIPE,
            limit=LONGEST_LINE,
            env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
            start_new_session=True,  # Ctrl-C in the terminal is not for it
            pass_fds=[lock],  # the folder is free when the last process that writes to it is gone
        )

    async def _listen(self, process: Process) -> None:
        assert process.stderr
        async for line in process.stderr:
            self._last_words = line.decode(errors="replace").rstrip()
            self._log(self._last_words)

    async def _ready(self, process: Process) -> tuple[int, Path | None]:
        assert process.stdout
        assert self._listening
        try:
            async with asyncio.timeout(START_SECONDS):
                line = await process.stdout.readline()
        except TimeoutError:
            raise EngineError(
                f"The embedded AWS did not answer within {START_SECONDS} seconds."
            ) from None
        if not line:
            await self._listening
            raise EngineError(f"The embedded AWS ended as it started: {self._last_words}")
        told = json.loads(line)
        return told["port"], told["lane"] and Path(told["lane"])


def erase(data: Path) -> None:
    """Remove what an engine kept in `data`, and only that; raises EngineError if one is running."""
    folder = data / FOLDER
    if not folder.exists():
        return
    lock = _claim(folder)
    try:
        for name in WRITTEN:
            if (folder / name).exists():
                shutil.rmtree(folder / name)
        for name in JOURNALS:
            (folder / name).unlink(missing_ok=True)
    finally:
        os.close(lock)


def _claim(folder: Path) -> int:
    """Lock the folder for this process; returns what to close to unlock it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        reason = f"The data folder {folder.parent} can't be used: {error.strerror}."
        raise EngineError(reason) from error
    give_up = time.monotonic() + STOP_SECONDS
    while not _locked(lock):
        owner = os.pread(lock, 20, 0).decode()
        # A twin that was killed leaves an engine that is still saving: that is soon over.
        if _alive(owner) or time.monotonic() > give_up:
            os.close(lock)
            raise EngineError(
                f"The data folder {folder.parent} is in use by another twin (process {owner})."
            )
        time.sleep(0.01)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
