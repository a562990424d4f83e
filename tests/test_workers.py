"""The worker: a real process on a real Valkey, and what becomes of its job when something dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from tests.support.valkey_server import embedded_valkey, running
from tests.support.waiting import alive, eventually
from uploads.runtime.processes import LOOPBACK, free_port
from uploads.workers import JOB_SILENCE, MAINTENANCE_INTERVAL, MONITORING_INTERVAL

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[1]
NOTE = "tests.support.jobs.note"
LINGER = "tests.support.jobs.linger"


def worker(folder: Path, queue: str, port: int, password: str = "") -> subprocess.Popen:
    """`manage.py worker` as a process, its output in FOLDER/worker.log."""
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "manage.py", "worker", queue],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "bulkprofile.settings",
                "BULKPROFILE_VAR": str(folder / "var"),
                "REDIS_URL": f"redis://{LOOPBACK}:{port}/0",
                "REDIS_PASSWORD": password,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )


LOADING = """
import sys, django
django.setup()
from uploads import workers
workers.load_jobs()
sys.exit(not {"uploads.jobs", "uploads.target", "uploads.storage.s3"} <= sys.modules.keys())
"""


class Bench:
    """A Valkey server, one of the product's queues, and workers to start on it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.server = embedded_valkey(folder)
        self.queue = Queue(
            "checking",
            connection=redis.Redis(LOOPBACK, self.server.port, password=self.server.password),
            serializer=JSONSerializer,
        )
        self.workers: list[subprocess.Popen] = []

    def hire(self) -> subprocess.Popen:
        """One more worker."""
        self.workers.append(worker(self.folder, "checking", self.server.port, self.server.password))
        return self.workers[-1]

    def enqueue(self, function: str, name: str) -> Job:
        """A job that leaves its process id in the file of that name."""
        return self.queue.enqueue(function, str(self.folder / name))

    def pid(self, name: str) -> int:
        """The process id that the job left, once it has."""
        path = self.folder / name
        return int(eventually(lambda: path.exists() and path.read_text(), f"the job {name} starts"))

    def let_go(self, name: str) -> None:
        """Let the lingering job end."""
        (self.folder / f"{name}.go").touch()


@pytest.fixture
def bench(tmp_path):
    """A bench whose server runs and whose workers end with the test."""
    bench = Bench(tmp_path)
    with running(bench.server):
        yield bench
        for hired in bench.workers:
            hired.kill()
            hired.wait()


def status(job: Job, wanted: JobStatus) -> bool:
    """Whether the job has come so far."""
    return job.get_status(refresh=True) == wanted


def test_it_runs_a_job_named_by_its_path(bench):
    bench.hire()

    job = bench.enqueue(NOTE, "done")

    eventually(lambda: status(job, JobStatus.FINISHED), "the job ends well")
    assert bench.pid("done") != bench.workers[0].pid


def test_a_killed_work_horse_fails_its_job_once_and_the_worker_goes_on(bench):
    bench.hire()
    job = bench.enqueue(LINGER, "lost")
    os.kill(bench.pid("lost"), signal.SIGKILL)

    eventually(lambda: status(job, JobStatus.FAILED), "the job fails")

    after = bench.enqueue(NOTE, "after")
    eventually(lambda: status(after, JobStatus.FINISHED), "the next job ends well")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process end with its parent")
def test_a_killed_worker_takes_its_work_horse_along_and_the_next_worker_notices(bench):
    job_dies_with = bench.hire()
    job = bench.enqueue(LINGER, "lost")
    horse = bench.pid("lost")

    job_dies_with.kill()

    eventually(lambda: not alive(horse), "the work-horse ends")
    bench.hire()
    noticed = JOB_SILENCE + MONITORING_INTERVAL + MAINTENANCE_INTERVAL
    eventually(lambda: status(job, JobStatus.FAILED), "the job counts as failed", seconds=noticed + 15)
    assert noticed < 60


@pytest.mark.parametrize("stop", [os.kill, os.killpg], ids=["the worker", "its whole group"])
def test_sigterm_lets_the_present_job_end(bench, stop):
    hired = bench.hire()
    job = bench.enqueue(LINGER, "last")
    bench.pid("last")

    stop(hired.pid, signal.SIGTERM)
    bench.let_go("last")

    assert hired.wait(timeout=20) == 0
    assert status(job, JobStatus.FINISHED)


def test_a_restart_of_redis_interrupts_neither_job_nor_worker(tmp_path):
    bench = Bench(tmp_path)
    with running(bench.server):
        hired = bench.hire()
        job = bench.enqueue(LINGER, "present")
        bench.pid("present")
        bench.queue.connection.execute_command("WAITAOF", 1, 0, 5000)
    # Longer than the worker waits between two heartbeats: it meets the closed door.
    time.sleep(MONITORING_INTERVAL + 1)
    with running(bench.server):
        bench.let_go("present")
        eventually(lambda: status(job, JobStatus.FINISHED), "the job ends well")
        after = bench.enqueue(NOTE, "after")
        eventually(lambda: status(after, JobStatus.FINISHED), "the next job ends well")
        assert hired.poll() is None
        hired.kill()
        hired.wait()


def test_an_unknown_queue_is_answered_with_the_known_ones(tmp_path):
    refused = worker(tmp_path, "chekcing", free_port())

    assert refused.wait(timeout=30) == 1
    said = (tmp_path / "worker.log").read_text()
    assert "'chekcing'; there are checking, delivering, following." in said
    assert "Traceback" not in said


def test_a_redis_out_of_reach_is_one_line_and_an_exit(tmp_path):
    port = free_port()

    refused = worker(tmp_path, "checking", port)

    assert refused.wait(timeout=60) == 1
    said = (tmp_path / "worker.log").read_text()
    assert f"Redis at {LOOPBACK}:{port} cannot be used" in said
    assert "Traceback" not in said


def test_a_wrong_password_is_one_line_and_an_exit(bench):
    refused = worker(bench.folder, "checking", bench.server.port, "wrong")

    assert refused.wait(timeout=60) == 1
    said = (bench.folder / "worker.log").read_text()
    assert "cannot be used" in said
    assert "Traceback" not in said


def test_what_jobs_work_with_is_loaded_before_any_forks(tmp_path):
    env = {
        "DJANGO_SETTINGS_MODULE": "bulkprofile.settings",
        "BULKPROFILE_VAR": str(tmp_path),
        "S3_BUCKET": "files",
        "S3_ENDPOINT_URL": f"http://{LOOPBACK}:9",
        "S3_ACCESS_KEY_ID": "nobody",
        "S3_SECRET_ACCESS_KEY": "nothing",
    }
    subprocess.run([sys.executable, "-c", LOADING], check=True, cwd=ROOT, env=os.environ | env)
