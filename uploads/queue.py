"""The doorbell: tells workers that the database has something for them.

Jobs are named by string, so that nothing here imports the code that runs them. Losing Redis or a
ring only costs time, because the sweep rings again for whatever the database says is due.
"""

import logging

import django_rq
from django.db import transaction
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

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
    "read-back": ("following", "uploads.jobs.read_back_part"),
}


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
