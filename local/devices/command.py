"""The command itself: its options, its progress line, its end."""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

from local.devices.fleet import Fleet
from local.devices.registration import NotRegistered, mqtt_port, register
from local.terminal import fail, progress

CONNECT_SECONDS, SETTLE_SECONDS = 3.0, 5.0
PROGRESS_SECONDS, LOG_SECONDS = 1.0, 10.0  # on a terminal, and in a file


def main(arguments: Sequence[str]) -> int:
    """Send readings until told to stop; returns the exit status."""
    options = _read(arguments)
    names = [f"{options.name}-{number:03}" for number in range(1, options.count + 1)]
    try:
        url = f"http://{options.host}:{options.port}"
        port = mqtt_port(url) if options.mqtt_port is None else options.mqtt_port
        made = register(url, names)
    except NotRegistered as error:
        return fail(str(error))
    if made:
        progress(f"Registered {made} devices.")
    fleet = Fleet(names, options.rate, options.duplicates / 100)
    fleet.connect(options.host, port)
    with _stopping(fleet), _leaving(fleet):
        if not fleet.is_let_in(CONNECT_SECONDS):
            return fail(f"No device is let in at mqtt://{options.host}:{port}.")
        with _reporting(fleet):
            fleet.send(options.seconds)
            everything = fleet.settle(SETTLE_SECONDS)
    missing = fleet.figures.sent - fleet.figures.acknowledged
    return 0 if everything else fail(f"{missing} messages were never acknowledged.")


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local devices", description="Devices that send readings over MQTT."
    )
    port = int(os.environ.get("PORT") or 4000)
    parser.add_argument("--count", type=_positive, default=20, help="devices (20)")
    parser.add_argument("--rate", type=float, default=100, help="readings a second in all (100)")
    parser.add_argument("--duplicates", type=float, default=5, help="per cent sent twice (5)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for how long (ever)")
    parser.add_argument("--host", default="localhost", help="the twin's host (localhost)")
    parser.add_argument("--port", type=int, default=port, help="the twin's port (4000, or PORT)")
    parser.add_argument("--mqtt-port", type=int, help="the broker's port (what the twin says)")
    parser.add_argument("--name", default="sim", help="what the devices' ids begin with (sim)")
    options = parser.parse_args(arguments)
    if options.rate <= 0:
        parser.error("--rate has to be more than zero")
    return options


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of devices")
    return int(text)


@contextlib.contextmanager
def _stopping(fleet: Fleet) -> Iterator[None]:
    """End in order on Ctrl-C or SIGTERM."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: fleet.stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def _leaving(fleet: Fleet) -> Iterator[None]:
    try:
        yield
    finally:
        fleet.leave()


@contextlib.contextmanager
def _reporting(fleet: Fleet) -> Iterator[None]:
    over = threading.Event()
    terminal = sys.stdout.isatty()

    def report() -> None:
        while not over.wait(PROGRESS_SECONDS if terminal else LOG_SECONDS):
            _tell(fleet, end="" if terminal else "\n")

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        _tell(fleet, end="\n")


def _tell(fleet: Fleet, end: str) -> None:
    figures = fleet.figures
    start = "\r" if sys.stdout.isatty() else ""
    sys.stdout.write(
        f"{start}{figures.connected} connected, {figures.sent:,} sent "
        f"({figures.duplicates:,} twice), {figures.acknowledged:,} acknowledged   {end}"
    )
    sys.stdout.flush()
