"""`python -m local`: the twin in one process tree, from start to Ctrl-C."""

import gc
import resource
import socket
import sys

from local.lambdas.variables import common
from local.lambdas.zygote_process import ZygoteProcess
from local.options import Options, read_options
from local.stages import reached
from local.terminal import fail

MOST_FILES = 65_536
# What every environment needs, whatever the contexts say: botocore, and the event handlers.
NEEDED = ("local.cloud.warm", "resolvers.shared.powertools")


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    if sys.argv[1:2] == ["devices"]:
        from local.devices.command import main as devices  # noqa: PLC0415 - needs no twin

        return devices(sys.argv[2:])
    options = read_options()
    try:
        listener = listen(options)
    except OSError as error:
        return fail(
            f"Port {options.port} can't be used: {error.strerror}. For a twin beside another: "
            "--port 4001 --data .twinberry-2"
        )
    allow_many_connections()
    try:
        with listener:
            return _start(options, listener)
    except KeyboardInterrupt:  # told to stop before it was up
        return 130


def _start(options: Options, listener: socket.socket) -> int:
    if options.reload:
        from local.reload import supervise  # noqa: PLC0415 - only this road needs a file watcher
        from local.running import in_loop  # noqa: PLC0415

        return in_loop(options, supervise(options, listener))
    # Collections while importing cost 0.1 s and find nothing; the twin turns them on once it is up.
    gc.disable()
    # It takes longest, and goes on while this process imports what it needs itself.
    with ZygoteProcess(common(), NEEDED) as zygote:
        reached("the zygote's process is made")
        from local.running import in_loop, run  # noqa: PLC0415

        return in_loop(options, run(options, listener, zygote))


def allow_many_connections() -> None:
    """Take as many file descriptors as the system gives: each subscriber needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def listen(options: Options) -> socket.socket:
    """Take the port first: nothing else need start if it is not to be had."""
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen(1024)
    return listener


if __name__ == "__main__":
    sys.exit(main())
