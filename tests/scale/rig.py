"""The site of a company, each part of it a process of its own, with the settings as they are shipped.

Two web servers, workers of each queue, the sweep, Valkey, a bucket that speaks S3, and the sandbox in
Target's place; PostgreSQL runs already. Whoever uses it has one thread: a process ends with the thread that
started it.
"""

import json
import subprocess
import time
from collections import Counter
from pathlib import Path

import psutil

from tests.support.bucket import NAME, Bucket
from tests.support.waiting import eventually
from tests.torture.arena import SANDBOX, START_SECONDS, SWEEP, VALKEY, Arena
from uploads.runtime.processes import can_bind, free_port

WEB, BUCKET = "web", "bucket"
WEB_PROCESSES = 2
QUEUES = ("checking", "delivering", "following")
#: Seconds until what has died is started again, as the units of systemd do.
RESTART_SECONDS = 3
_ERRORS = {"ERROR", "CRITICAL"}
#: What a proxy in front of the web servers says of whom a request comes from is believed.
_PROXY = "127.0.0.1"


class Rig(Arena):
    """All processes of one folder, `workers` of each queue."""

    def __post_init__(self):
        super().__post_init__()
        self.bucket = Bucket(self.folder / BUCKET)
        self.ports = [free_port() for _ in range(WEB_PROCESSES)]
        self.died: dict[str, float] = {}

    @property
    def addresses(self) -> list[str]:
        """Where each web server is, without a slash at the end."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    @property
    def names(self) -> list[str]:
        """Every process there is to be, in the order in which they start."""
        webs = [f"{WEB} {number}" for number in range(1, WEB_PROCESSES + 1)]
        return [VALKEY, BUCKET, SANDBOX, SWEEP, *webs, *self.worker_names()]

    def environment(self) -> dict[str, str]:
        """What every process finds in its environment, the harness too."""
        shortened = ("CLAIM_SECONDS", "SWEEP_SECONDS", "SUBMIT_SILENCE_SECONDS", "TORTURE_PLANS")
        known = {name: value for name, value in super().environment().items() if name not in shortened}
        return known | {
            "LOG_FORMAT": "json",
            "TRUSTED_PROXIES": _PROXY,
            "S3_BUCKET": NAME,
            "S3_ENDPOINT_URL": self.bucket.url,
            "S3_REGION": "eu-west-1",
            "S3_ACCESS_KEY_ID": "key",
            "S3_SECRET_ACCESS_KEY": "secret",
        }

    # Starting and ending ------------------------------------------------------------------------

    def set_workers(self, number: int) -> None:
        """Have so many workers of each queue from now on, all of them new; waits until they wait for jobs."""
        self.have_workers(**dict.fromkeys(QUEUES, number))

    def have_workers(self, **workers: int) -> None:
        """The same, with a number for each queue. Those of before end with their present jobs."""
        self._retire([name for name in self.worker_names() if name in self.processes])
        self.workers = workers
        if self.worker_names():
            self.start(*self.worker_names())
            eventually(self._all_wait, "the workers wait for jobs", START_SECONDS)

    def keep(self) -> list[str]:
        """Start again what has been dead for RESTART_SECONDS; returns the names of what died just now."""
        now, new = time.monotonic(), []
        for name, process in list(self.processes.items()):
            if name in self.off or process.poll() is None:
                continue
            if name not in self.died:
                new.append(name)
            if now - self.died.setdefault(name, now) >= RESTART_SECONDS:
                del self.died[name]
                self._launch(name)
        return new

    # Looking at them ----------------------------------------------------------------------------

    def peak_megabytes(self) -> dict[str, float]:
        """The most memory that each web server has ever held (VmHWM)."""
        return {
            name: _high_water(self.pid(name)) / 1e6 for name in self.processes if name.startswith(f"{WEB} ")
        }

    def cpu_seconds(self) -> Counter:
        """Processor time so far by kind of process; of workers, that of their jobs included."""
        spent = Counter()
        for name, process in self.processes.items():
            kind = name.partition(" ")[0]
            spent["workers" if kind in QUEUES else kind] += _cpu_of(process.pid)
        server = _database_server()
        if server is not None:
            spent["postgresql"] += _cpu_of(server)
        return spent

    def errors_logged(self) -> list[str]:
        """Each line of a process's log that tells of an error: its message, or the line that is no JSON."""
        found = []
        with self.log.open(errors="replace") as log:
            for line in log:
                found += _error_in(line)
        return found

    # Inside -------------------------------------------------------------------------------------

    def _retire(self, names: list[str]) -> None:
        """SIGTERM, which lets a job end."""
        processes = [self.processes.pop(name) for name in names]
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()

    def _all_wait(self) -> bool:
        """Whether each worker that was ever started has said that it waits for jobs."""
        waiting = self.log.read_text(errors="replace").count("waiting for jobs from")
        return waiting >= sum(self.starts[name] for name in self.starts if name.partition(" ")[0] in QUEUES)

    def _launch(self, name: str) -> None:
        kind, _, number = name.partition(" ")
        if kind == WEB:
            self.starts[name] = self.starts.get(name, 0) + 1
            port = self.ports[int(number) - 1]
            self.processes[name] = self._spawn("manage.py", "web", env={"PORT": str(port)})
            eventually(lambda: can_bind("127.0.0.1", port), f"{name} listens", START_SECONDS)
        elif kind == BUCKET:
            self.starts[name] = self.starts.get(name, 0) + 1
            # Not ours: that somebody was killed in the middle of a request is an error to it.
            self.processes[name] = self._spawn(*self.bucket.arguments, log=self.folder / "bucket.log")
            self.bucket.make()
        else:
            super()._launch(name)

    def _victim(self, *arguments: str) -> subprocess.Popen:
        """Nobody is hit at a named point here: the ordinary command."""
        return self._spawn("manage.py", *arguments)


def _error_in(line: str) -> list[str]:
    try:
        told = json.loads(line)
    except ValueError:
        return [line.strip()] if line.startswith("Traceback") else []
    if not isinstance(told, dict) or told.get("level") not in _ERRORS:
        return []
    where = told.get("place", [""])[-1]
    return [" ".join([str(told.get("message", "")), *told.get("exception", []), where]).strip()]


def _high_water(pid: int) -> int:
    """Bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _cpu_of(pid: int) -> float:
    """Seconds that the process and all that it ever started have taken."""
    total = 0.0
    try:
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    except psutil.NoSuchProcess:
        # A job has ended just now: its time is its parent's.
        pass
    return total


def _database_server() -> int | None:
    """The process id of PostgreSQL's first process; None where it runs on another machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), inet_server_addr() IS NULL")
        backend, is_here = cursor.fetchone()
    return psutil.Process(backend).ppid() if is_here and psutil.pid_exists(backend) else None
