"""A real Valkey server for tests, of the kind that `manage.py run` embeds."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.waiting import eventually
from uploads.runtime import valkey
from uploads.runtime.processes import free_port, spawn


def embedded_valkey(folder: Path) -> valkey.Server:
    """A server that keeps its data and its password below the folder; not started."""
    return valkey.Server(
        executable=valkey.find_executable(),
        folder=folder / "valkey",
        port=free_port(),
        password=valkey.kept_password(folder / "keys"),
    )


@contextlib.contextmanager
def running(server: valkey.Server) -> Iterator[subprocess.Popen]:
    """The server's process, from its first answer to the end of the block."""
    process = spawn(server.program())
    try:
        eventually(server.answers, "Valkey answers")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
