"""The processes of a product under torture: a Valkey server, the sandbox, the sweep, and workers.

They are started as `make run` starts them, with a shorter lease, and through `victim`; one that ends is
started again, as the supervisor of `make run` does, so long as `keep` is called.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from tests.support import databases
from tests.support.valkey_server import embedded_valkey
from tests.support.waiting import eventually
from uploads.runtime.processes import die_with_parent, free_port, spawn

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
#: Seconds: how long a claim lives, how often the sweep goes round, how long a silent Target is waited for.
CLAIM_SECONDS, SWEEP_SECONDS, SILENCE_SECONDS = 4, 1, 4

SANDBOX, SWEEP, VALKEY = "sandbox", "sweep", "valkey"


@dataclass
class Arena:
    """All processes of one folder; `workers` says how many there are of each queue.

    Use it as a context manager: no process is left when the block ends.
    """

    folder: Path
    workers: dict[str, int]
    env: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)

    def __post_init__(self):
        self.server = embedded_valkey(self.folder)
        self.sandbox_port = free_port()
        self.plans = self.folder / "plans"
        self.log = self.folder / "processes.log"
        # Asked once: the harness puts the answer where the question came from.
        self._database = databases.environment(self.folder / "var")

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox is, without a slash at the end."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    def environment(self) -> dict[str, str]:
        """What every process finds in its environment, the harness too."""
        return {
            "DJANGO_SETTINGS_MODULE": "bulkprofile.settings",
            "BULKPROFILE_VAR": str(self.folder / "var"),
            "BULKPROFILE_INSECURE_HTTP": "1",
            "REDIS_URL": self.server.url,
            "REDIS_PASSWORD": self.server.password,
            "SANDBOX_URL": self.sandbox_url,
            "CLAIM_SECONDS": str(CLAIM_SECONDS),
            "SWEEP_SECONDS": str(SWEEP_SECONDS),
            "SUBMIT_SILENCE_SECONDS": str(SILENCE_SECONDS),
            "TORTURE_PLANS": str(self.plans),
            "PYTHONUNBUFFERED": "1",
            **self._database,
        }

    def __enter__(self) -> "Arena":
        return self

    def __exit__(self, *exc_info) -> None:
        self.kill(*self.processes)
        self.processes.clear()

    # Starting and ending ------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """Every process there is to be."""
        return [VALKEY, SANDBOX, SWEEP, *self.worker_names()]

    def worker_names(self, queue: str | None = None) -> list[str]:
        """The workers of one queue, or of all."""
        chosen = [queue] if queue else list(self.workers)
        return [f"{each} {number}" for each in chosen for number in range(1, self.workers[each] + 1)]

    def start(self, *names: str) -> None:
        """Start these processes (all by default), and wait until those that others need answer."""
        for name in names or self.names:
            self.off.discard(name)
            self._launch(name)
            if name == VALKEY:
                eventually(self.server.answers, "Valkey answers", START_SECONDS)
            if name == SANDBOX:
                eventually(self._sandbox_answers, "the sandbox answers", START_SECONDS)

    def keep(self) -> None:
        """Start again whatever has ended."""
        for name, process in list(self.processes.items()):
            if name not in self.off and process.poll() is not None:
                self._launch(name)

    def stop(self, *names: str) -> None:
        """SIGKILL these processes and keep them away until `start`."""
        self.off.update(names)
        self.kill(*names)

    def kill(self, *names: str) -> None:
        """SIGKILL these processes at once; `keep` starts them again."""
        for name in names:
            self.processes[name].kill()
        for name in names:
            self.processes[name].wait()

    def pid(self, name: str) -> int:
        """The process id."""
        return self.processes[name].pid

    def horses(self, queue: str) -> dict[str, psutil.Process]:
        """The work-horses at work for a queue, by their worker's name."""
        found = {}
        for name in self.worker_names(queue):
            try:
                for child in psutil.Process(self.pid(name)).children():
                    found[name] = child
            except psutil.NoSuchProcess:
                continue  # It was killed a moment ago.
        return found

    def run_once(self, *arguments: str) -> int:
        """Run a command of the victim to its end: its exit status, negative where a signal ended it."""
        return self._victim(*arguments).wait(timeout=START_SECONDS)

    def wake(self, pid: int) -> None:
        """Let a frozen process go on; nothing where it is gone."""
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    # Inside -------------------------------------------------------------------------------------

    def _launch(self, name: str) -> None:
        kind = name.partition(" ")[0]
        self.starts[name] = self.starts.get(name, 0) + 1
        if name == VALKEY:
            self.processes[name] = spawn(self.server.program())
        elif name == SANDBOX:
            port = str(self.sandbox_port)
            self.processes[name] = self._spawn("manage.py", "sandbox", "--port", port, "--seconds", "0")
        elif name == SWEEP:
            self.processes[name] = self._victim("sweep")
        else:
            self.processes[name] = self._victim("worker", kind)

    def _victim(self, *arguments: str) -> subprocess.Popen:
        return self._spawn("-m", "tests.torture.victim", *arguments)

    def _spawn(
        self, *arguments: str, env: dict[str, str] | None = None, log: Path | None = None
    ) -> subprocess.Popen:
        parent = os.getpid()
        with (log or self.log).open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **self.environment(), **self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Safe: the harness has one thread.
                preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),  # noqa: PLW1509
            )

    def _sandbox_answers(self) -> bool:
        try:
            return requests.get(f"{self.sandbox_url}/sandbox/faults", timeout=5).ok
        except requests.RequestException:
            return False
