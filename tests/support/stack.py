"""The whole product as a person starts it: `manage.py run` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import databases
from tests.support.waiting import eventually
from uploads.runtime.folder import STATE_FILE
from uploads.runtime.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120  # generous: two cores may have other things to do
STOP_SECONDS = 30
PASSWORD = "a password for the tests"


class Stack:
    """Everything on one state folder, from `start` to `stop`; also a context manager.

    Its log is the file `<var>.log` beside the folder; a child's name there is its name for `pid`.
    migrated: whether a new folder comes with its database migrated, which saves time.
    """

    def __init__(
        self, var: Path, port: int | None = None, env: dict[str, str] | None = None, *, migrated: bool = True
    ):
        self.var = var
        self.migrated = migrated
        self.port = port or free_port()
        self.password = PASSWORD
        self.log = var.with_name(f"{var.name}.log")
        self.env = env or {}
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Stack":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()

    def launch(self) -> subprocess.Popen:
        """Start the command, and wait for nothing."""
        if self.migrated:
            databases.migrate(self.var / databases.SQLITE)
        # The settings and servers of the test run itself are not those of the product.
        unwanted = {"DJANGO_SETTINGS_MODULE", "REDIS_URL", "REDIS_PASSWORD", "SANDBOX_URL"}
        environment = {name: value for name, value in os.environ.items() if name not in unwanted}
        environment |= {
            "BULKPROFILE_VAR": str(self.var),
            "PORT": str(self.port),
            "DEMO_PASSWORD": self.password,
            **databases.environment(self.var),
            **self.env,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        return self.process

    def start(self) -> "Stack":
        """Start everything and wait until it says that it is ready. Raises AssertionError with the log."""
        self.launch()
        try:
            eventually(self._ready_or_ended, "the product is ready", seconds=START_SECONDS)
            assert self.process.poll() is None, "the product ended while it started"
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.log_text()}") from None
        return self

    def _ready_or_ended(self) -> bool:
        return self.process.poll() is not None or self.state().get("ready", False)

    def state(self) -> dict:
        """What the supervisor publishes just now; empty before it does and after its end."""
        try:
            return json.loads((self.var / STATE_FILE).read_text())
        except FileNotFoundError:
            return {}

    @property
    def url(self) -> str:
        """Where the site is, without a slash at the end."""
        return f"http://localhost:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox is, without a slash at the end."""
        return f"http://127.0.0.1:{self.state()['sandbox_port']}"

    def pids(self, name: str | None = None) -> dict[str, int]:
        """The process ids of the children whose name begins so (all of them by default), by name."""
        children = self.state().get("children", {})
        return {
            child: about["pid"]
            for child, about in children.items()
            if about["pid"] and child.startswith(name or "")
        }

    def pid(self, name: str) -> int:
        """The present process id of the child of that name, once it has one."""
        return eventually(lambda: self.pids(name).get(name), f"{name} runs")

    def kill(self, name: str) -> int:
        """SIGKILL the child, wait until another has taken its place, and return the new process id."""
        old = self.pid(name)
        os.kill(old, signal.SIGKILL)
        return eventually(
            lambda: self.pids(name).get(name, old) != old and self.pids(name)[name], f"a new {name}"
        )

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The child of that name does nothing meanwhile (SIGSTOP), and goes on afterwards."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def log_text(self) -> str:
        """What everything has written so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self) -> int | None:
        """Stop everything as Ctrl-C does, by force where that takes too long: the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
