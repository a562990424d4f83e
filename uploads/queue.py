"""The doorbell: tells workers that the database has something for them.

Jobs are named by string, so that nothing here imports the code that runs them. Losing Redis or a
ring only costs time, because the sweep rings again for whatever the database says is due.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import django_rq
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.utils import as_text, utcparse
from rq.worker_registration import get_keys

logger = logging.getLogger(__name__)

JOBS = {
    "check": ("checking", "uploads.jobs.check_batch"),
    "deliver": ("delivering", "uploads.jobs.deliver_part"),
    "verify": ("checking", "uploads.jobs.verify_log"),
    "forget": ("checking", "uploads.jobs.forget_person"),
    "follow": ("following", "uploads.jobs.follow_part"),
    # A pass over the whole upload: with the checks, so that no poll waits behind it.
    "locate": ("checking", "uploads.jobs.locate_refused"),
    "notify": ("following", "uploads.jobs.notify_person"),
    "prove": ("following", "uploads.jobs.prove_arrival"),
    "read-back": ("following", "uploads.jobs.read_back_part"),
}

#: A worker that lives is heard of every five seconds, whether it works or waits.
SILENCE = timedelta(seconds=20)


@dataclass(frozen=True)
class Ward:
    """One queue as it stands: workers that are heard of, those that fell silent, rings that wait."""

    queue: str
    workers: int
    silent: int
    waiting: int


def wards() -> list[Ward] | None:
    """Each queue with its workers, as the job server knows them; None where it does not answer."""
    try:
        return [_ward(name) for name in settings.RQ_QUEUES]
    except RedisError:
        return None


def _ward(name: str) -> Ward:
    queue = django_rq.get_queue(name)
    beats = [queue.connection.hget(key, "last_heartbeat") for key in get_keys(queue)]
    heard = sum(beat is not None and datetime.now(UTC) - utcparse(as_text(beat)) < SILENCE for beat in beats)
    return Ward(name, workers=heard, silent=len(beats) - heard, waiting=queue.count)


def ring(verb: str, pk: int) -> None:
    """Ask a worker for a verb of `JOBS` on one id, once this transaction commits."""
    transaction.on_commit(lambda: _ring_now(verb, pk))


def _ring_now(verb: str, pk: int) -> None:
    name, function = JOBS[verb]
    job_id = f"{verb}-{pk}"
    try:
        queue = django_rq.get_queue(name)
        if not _is_waiting(queue, job_id):
            queue.enqueue_call(func=function, args=(pk,), job_id=job_id, failure_ttl=3600)
    except RedisError as error:
        logger.warning("No job server (%s): %s %s waits for the sweep.", type(error).__name__, verb, pk)


def _is_waiting(queue, job_id: str) -> bool:
    """Whether the same ring is still in the queue; otherwise a busy hour would pile up one every sweep."""
    try:
        job = Job.fetch(job_id, connection=queue.connection, serializer=queue.serializer)
    except NoSuchJobError:
        return False
    return job.get_status() == JobStatus.QUEUED and job_id in queue.job_ids
