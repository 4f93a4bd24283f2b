"""A zygote's process, which can be started before anybody knows for which functions."""

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Self

from local.lambdas.model import Function
from local.lambdas.variables import ROOT


class ZygoteProcess:
    """It imports what is needed in any case, and waits to be told more; it ends with `control`."""

    def __init__(self, variables: Mapping[str, str], needed: Sequence[str] = ()) -> None:
        """Start with these environment variables; a module `needed` may be missing, or broken."""
        self.control, theirs = socket.socketpair()
        with theirs:
            # A session of its own: Ctrl-C reaches the server alone, which ends the others in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own module, with our own Python
                [sys.executable, "-m", "local.lambdas.zygote", str(theirs.fileno()), *needed],
                stdin=subprocess.DEVNULL,
                stdout=2,
                cwd=ROOT,
                env=dict(variables),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def configure(
        self, functions: Sequence[Function], preload: Sequence[str], variables: Mapping[str, str]
    ) -> None:
        """Tell it what it is to fork, and what to import before; an end of it shows later."""
        config = {
            "functions": [asdict(function) for function in functions],
            "preload": list(preload),
            "variables": dict(variables),
        }
        # A file, not the socket: macOS buffers only 8 KB there, and nobody may be reading yet.
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(config).encode())
            file.seek(0)
            try:
                socket.send_fds(self.control, [b"\0"], [file.fileno()])
            except ConnectionError:
                return

    def close(self) -> None:
        """End it; its children, if there are any, have been killed by somebody else."""
        self.control.close()
        self._process.kill()
        self._process.wait()
