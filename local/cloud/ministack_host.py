"""Serve MiniStack to one twin: on loopback only, fast, and with its state kept on disk.

Run by the Python of the cloud environment (docs/adr/0004), so nothing of the twin's can be imported
here. MiniStack's own entry point is not used: it listens on every interface, opens further ports,
looks for Docker, runs scripts it finds in system folders, and saves its state only at a clean stop.
"""

import argparse
import asyncio
import copy
import gc
import importlib
import json
import os
import shutil
import signal
import socket
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from filecmp import cmp
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NoReturn

import orjson
import uvloop
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HOST = "127.0.0.1"
LONGEST_SAVE = 60  # seconds
REST = 4  # times what a save took, until the next
STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME  # as json is
KEEP_ALIVE = 3600  # seconds; clients keep their connections as long as they like


def main() -> None:
    """Serve until told to stop, or until the twin is gone."""
    # Ctrl-C is for the twin, which stops this process when it no longer needs it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parser = argparse.ArgumentParser(description="The embedded AWS.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the state")
    parser.add_argument("--save-every", type=float, default=5.0, help="seconds between two saves")
    parser.add_argument("--log-level", default="WARNING")
    parser.add_argument("--iam", action="store_true", help="evaluate IAM policies")
    options = parser.parse_args()
    # Collections while importing cost time and find nothing.
    gc.disable()
    listener = listen(options.data / "port")
    os.environ.update(environment(options, listener.getsockname()[1]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(listener, options))


def listen(remembered: Path) -> socket.socket:
    """Listen on the port of last time if it is free, so that queue URLs stay right, or on any."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, int(remembered.read_text())))
    except (OSError, ValueError, OverflowError):
        listener.bind((HOST, 0))
    listener.listen()
    remembered.write_text(str(listener.getsockname()[1]))
    return listener


def environment(options: argparse.Namespace, port: int) -> dict[str, str]:
    """Say what MiniStack, when imported, is to know; account and region are its defaults."""
    return {
        "AUTH": "true" if options.iam else "false",
        "DOCKER_HOST": "unix:///nonexistent",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": options.log_level,
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(options.data / "s3"),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(options.data / "state"),
    }


async def serve(listener: socket.socket, options: argparse.Namespace) -> None:
    """Load the state, say where it listens, and save again and again until the end."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # The twin holds the other end of stdin and writes nothing to it: it is readable when it died.
    loop.add_reader(0, stop.set)
    # MiniStack's own number: with fewer, nested calls would wait for each other.
    loop.set_default_executor(ThreadPoolExecutor(64))
    ministack, journal = load(loop, options.data)
    state = State(ministack, options.data, journal)
    ways = beside("ministack_gateway")
    gateway = ways.Gateway(ministack, state, lane=not options.iam)
    config = Config(
        gateway,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
    )
    # uvicorn without its server, which would take the signals and wake up ten times a second.
    protocol = partial(HttpToolsProtocol, config, ServerState(), {})
    await loop.create_server(protocol, sock=listener)
    lane = None if options.iam else await ways.open_lane(gateway)
    # What is loaded by now stays: no later collection need look at it.
    gc.freeze()
    gc.enable()
    announce(listener.getsockname()[1], lane)
    saving = asyncio.create_task(state.keep_saved(options.save_every))
    # Should saving fail to go on, this ends with the reason rather than serve what will be lost.
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({saving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await state.save()
    if lane:
        ways.close_lane(lane)
    # All is on disk. A tidy end would wait for every request that is still being answered.
    os._exit(0)


def load(loop: asyncio.AbstractEventLoop, data: Path) -> tuple[Any, Any]:
    """Import MiniStack and give it what its own start would, but for Docker, ports and scripts.

    Returns it and the journal of its streams.
    """
    patches = beside("ministack_patches")
    patches.replace_hypercorn()
    ministack: Any = importlib.import_module("ministack.app")
    ministack._MAIN_LOOP = loop
    dynamodb, kinesis = ministack._get_module("dynamodb"), ministack._get_module("kinesis")
    patches.remember(dynamodb)
    beside("ministack_answers").install(dynamodb)
    beside("ministack_orders")  # which the next one imports
    beside("ministack_indexes").install(dynamodb)
    patches.keep_changes(dynamodb)
    patches.expire_quickly(kinesis)
    patches.keep_private(ministack, ministack._get_module("s3"))
    ministack._load_persisted_state()
    journal = patches.Journal(kinesis, data)
    journal.replay()
    journal.install()
    return ministack, journal


def beside(name: str) -> Any:
    """Load a file beside this one, by its path: it cannot be imported here but by what follows."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def announce(port: int, lane: Path | None) -> None:
    """Tell the twin the port and the lane's socket; what is printed later is for its log."""
    sys.stdout.write(json.dumps({"port": port, "lane": lane and str(lane)}) + "\n")
    sys.stdout.flush()
    os.dup2(2, 1)


def dump(value: Any, file: Any, default: Any) -> None:
    """Write JSON; by orjson, six times as fast, if nothing in it is beyond its means."""
    try:
        text = orjson.dumps(value, default=default, option=STRICT).decode()
    except TypeError:  # such as an integer of more than 64 bits, or a key that is no string
        text = json.dumps(value, default=default)
    file.write(text)


class State:
    """MiniStack's state on disk: a JSON file per service, none written that did not change.

    A save is made by a fork, which has the state of one moment to itself while requests go on:
    they wait 1 ms for the fork itself, instead of 360 ms for a save of 5,000 items.
    """

    def __init__(self, ministack: Any, data: Path, journal: Any) -> None:
        self._ministack, self._journal = ministack, journal
        self._state = data / "state"
        self._staging = data / "staging"
        self._saving = asyncio.Lock()
        self._saves_due = 0

    def changed(self) -> None:
        """Have the next two saves made: the second has what a request set off behind its answer."""
        self._saves_due = 2

    async def keep_saved(self, interval: float) -> None:
        """Save every `interval` seconds if anything changed; a large state, less often."""
        loop, pause = asyncio.get_running_loop(), interval
        while True:
            await asyncio.sleep(pause)
            self._start_schedulers()
            began = loop.time()
            if self._saves_due:
                self._saves_due -= 1
                await self.save()
            pause = max(interval, REST * (loop.time() - began))

    async def save(self) -> None:
        """Save; returns when all is on disk, or, if that failed, will be tried again."""
        async with self._saving:
            # What has come to stay, no collection need look at again: of 60,000 records that took
            # half a second, time and again.
            gc.collect(1)
            gc.freeze()
            self._journal.begin()
            child = os.fork()
            if child == 0:
                self._write_and_exit()
            _, status = await asyncio.to_thread(os.waitpid, child, 0)
        if status:
            self.changed()
        else:
            self._journal.settle()

    def _write_and_exit(self) -> NoReturn:
        # In the fork. Should a lock be held for ever by a thread that was not forked, this ends it.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.alarm(LONGEST_SAVE)
        os.nice(10)  # requests first
        gc.disable()
        # The state is a copy already; and JSON is written faster than by json's `dump`.
        copy.deepcopy = lambda value, memo=None: value  # type: ignore[assignment, misc]
        json.dump = dump  # type: ignore[assignment]
        try:
            self._publish()
        finally:
            if failed := sys.exc_info()[0] is not None:
                traceback.print_exc()
            os._exit(failed)

    def _publish(self) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        persistence: Any = importlib.import_module("ministack.core.persistence")
        persistence.STATE_DIR = str(self._staging)
        persistence.save_all(self._ministack._build_persistence_save_dict())
        # All files are complete before the first takes its place: a crash must not mix two states.
        self._state.mkdir(exist_ok=True)
        for new in self._staging.glob("*.json"):
            old = self._state / new.name
            if not (old.exists() and cmp(old, new, shallow=False)):
                new.replace(old)
        shutil.rmtree(self._staging)

    def _start_schedulers(self) -> None:
        for service in ("eventbridge", "scheduler"):
            if module := sys.modules.get(f"ministack.services.{service}"):
                module.start_scheduler()


if __name__ == "__main__":
    main()
