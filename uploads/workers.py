"""The RQ worker of this product: notices the dead soon, and outlives a restart of Redis.

RQ's own defaults take 13 minutes to notice that a worker died, leave its work-horse running on
alone, and end the worker when Redis goes away during a job. Retrying is none of RQ's business here:
the database knows what is due, and the sweep rings again.
"""

import signal
import time

from django.core.files.storage import DEFAULT_STORAGE_ALIAS, storages
from django.db import connections
from django.utils.module_loading import import_string
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from rq import Worker as RQWorker
from rq.serializers import JSONSerializer

from uploads import tracing
from uploads.queue import JOBS, traced
from uploads.runtime.processes import die_with_parent

WORKER_TTL = 20  # seconds; RQ derives from it how long one blocking read lasts: 5 s
MONITORING_INTERVAL = 5  # seconds between two looks at a running work-horse
MAINTENANCE_INTERVAL = 5  # seconds between two searches for jobs whose worker died
JOB_SILENCE = 20  # seconds without a heartbeat after which a job counts as abandoned
# 20 attempts that back off to 3 s: a command waits a good 45 s for Redis to come back.
REDIS_ATTEMPTS = 20
REDIS_BACKOFF = {"base": 0.1, "cap": 3}


def load_jobs() -> None:
    """Load what jobs work with, in the process that forks for each of them.

    Each fork would load it for itself otherwise: half a second, where files are in a bucket.
    """
    for _queue, function in JOBS.values():
        import_string(function)
    _ = storages[DEFAULT_STORAGE_ALIAS]


class Worker(RQWorker):
    """A forking worker on one queue, with JSON jobs. Takes what rq.Worker takes."""

    def __init__(self, *args, **kwargs):
        kwargs["serializer"] = JSONSerializer
        kwargs.setdefault("worker_ttl", WORKER_TTL)
        kwargs.setdefault("job_monitoring_interval", MONITORING_INTERVAL)
        kwargs.setdefault("maintenance_interval", MAINTENANCE_INTERVAL)
        kwargs.setdefault("log_job_description", False)
        super().__init__(*args, **kwargs)

    def bootstrap(self, *args, **kwargs):
        """Register, and from here on wait for a lost Redis instead of ending."""
        self.connection.set_retry(Retry(ExponentialBackoff(**REDIS_BACKOFF), REDIS_ATTEMPTS))
        super().bootstrap(*args, **kwargs)

    def subscribe(self):
        """Nothing: we send workers no commands, and a process that forks is safer without threads."""

    def get_heartbeat_ttl(self, job, working_time=0.0):
        """Seconds that a running job may stay silent; RQ would say 60 s more than the interval."""
        return JOB_SILENCE

    def clean_registries(self):
        """Look for abandoned jobs, even where a worker was killed while it was looking."""
        for queue in self.queues:
            if self.connection.ttl(queue.registry_cleaning_key) > JOB_SILENCE:
                # The dead worker's lock; RQ lets it stand for 15 minutes.
                self.connection.expire(queue.registry_cleaning_key, JOB_SILENCE)
        super().clean_registries()

    def fork_work_horse(self, job, queue):
        """Fork, with no database connection for parent and child to share."""
        connections.close_all()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job, queue):
        """Run the job in the fork, which is not to outlive the worker that watches over it."""
        die_with_parent(signal.SIGKILL, parent=self.pid)
        super().main_work_horse(job, queue)

    def perform_job(self, job, queue, execution):
        """Run it, with its ids on each line of the log meanwhile."""
        began = time.monotonic()
        with tracing.tracing(**traced(job)):
            is_done = super().perform_job(job, queue, execution)
            tracing.tell(
                "job",
                outcome="done" if is_done else "failed",
                milliseconds=round((time.monotonic() - began) * 1000),
            )
        return is_done

    def handle_exception(self, job, *exc_info):
        """Log where a job broke, without what the exception says; RQ's own line has that in text logs."""
        tracing.tell("job broke", exc_info=exc_info)
        super().handle_exception(job, *exc_info)

    def setup_work_horse_signals(self):
        """Let a stop that reaches the whole group pass the job by: the worker waits for it, or kills it."""
        super().setup_work_horse_signals()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def request_stop(self, signum, frame):
        """Stop after the present job; a Redis that is gone must not hold up the way out."""
        self.connection.set_retry(Retry(ExponentialBackoff(**REDIS_BACKOFF), 1))
        super().request_stop(signum, frame)
