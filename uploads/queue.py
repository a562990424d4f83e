"""The doorbell: tells workers that the database has something for them.

Jobs are named by string, so that nothing here imports the code that runs them. Losing Redis or a
ring only costs time, because the sweep rings again for whatever the database says is due.
"""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, islice

import django_rq
from django.conf import settings
from django.db import transaction
from django_rq.connection_utils import get_redis_connection
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.utils import as_text, utcparse
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from uploads import tracing

logger = logging.getLogger(__name__)

JOBS = {
    "check": ("checking", "uploads.jobs.check_batch"),
    "compare": ("checking", "uploads.jobs.compare_batch"),
    "deliver": ("delivering", "uploads.jobs.deliver_part"),
    "verify": ("checking", "uploads.jobs.verify_log"),
    "forget": ("checking", "uploads.jobs.forget_person"),
    "follow": ("following", "uploads.jobs.follow_part"),
    # A pass over the whole upload: with the checks, so that no poll waits behind it.
    "locate": ("checking", "uploads.jobs.locate_refused"),
    "notify": ("following", "uploads.jobs.notify_person"),
    "restore": ("checking", "uploads.jobs.find_earlier_values"),
    "prove": ("following", "uploads.jobs.prove_arrival"),
    "read-back": ("following", "uploads.jobs.read_back_part"),
}

#: What the number in a job's id is the number of; of other verbs it is of something smaller.
SUBJECTS = {
    "batch": {"check", "compare", "restore"},
    "part": {"deliver", "follow", "locate", "read-back"},
}
#: A worker that lives is heard of every five seconds, whether it works or waits.
SILENCE = timedelta(seconds=20)
#: So long the job server may take over one answer about itself, before it is asked once or twice more.
PATIENCE_SECONDS = 1


@dataclass(frozen=True)
class Ward:
    """One queue as it stands: workers that are heard of, those that fell silent, rings that wait.

    waiting_since: since when the oldest of these does; None where none waits.
    """

    queue: str
    workers: int
    silent: int
    waiting: int
    waiting_since: datetime | None


def wards() -> list[Ward] | None:
    """Each queue with its workers, as the job server knows them; None where it does not answer."""
    names = list(settings.RQ_QUEUES)
    # One job server has them all: two questions, each of them about everything.
    connection = _kept_connection(names[0], json.dumps(settings.RQ_QUEUES[names[0]], default=str))
    try:
        with connection.pipeline(transaction=False) as asked:
            for name in names:
                asked.smembers(WORKERS_BY_QUEUE_KEY % name)
                asked.llen(Queue(name, connection=connection).key)
                asked.lindex(Queue(name, connection=connection).key, 0)
            said = asked.execute()
        workers = dict(zip(names, map(list, said[::3]), strict=True))
        with connection.pipeline(transaction=False) as asked:
            for key in chain.from_iterable(workers.values()):
                asked.hget(key, "last_heartbeat")
            for oldest in said[2::3]:
                asked.hget(Job.key_for(as_text(oldest or b"")), "enqueued_at")
            times = [utcparse(as_text(time)) if time else None for time in asked.execute()]
    except RedisError:
        return None
    beats, since = iter(times[: -len(names)]), times[-len(names) :]
    return [
        _ward(name, list(islice(beats, len(workers[name]))), waiting, oldest)
        for name, waiting, oldest in zip(names, said[1::3], since, strict=True)
    ]


@lru_cache(maxsize=1)
def _kept_connection(name: str, _settings: str) -> Redis:
    """The connection of a queue with these settings: to connect for each page takes longer than to ask.

    A page, or whoever watches, does not wait for a server that stands still.
    """
    parts = settings.RQ_QUEUES[name]
    patience = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
    return get_redis_connection(
        {**parts, "REDIS_CLIENT_KWARGS": {**parts["REDIS_CLIENT_KWARGS"], **patience}}
    )


def _ward(name: str, beats: list[datetime | None], waiting: int, oldest: datetime | None) -> Ward:
    heard = sum(beat is not None and datetime.now(UTC) - beat < SILENCE for beat in beats)
    return Ward(name, heard, silent=len(beats) - heard, waiting=waiting, waiting_since=oldest)


def ring(verb: str, pk: int) -> None:
    """Ask a worker for a verb of `JOBS` on one id, once this transaction commits."""
    transaction.on_commit(lambda: _ring_now(verb, pk))


def _ring_now(verb: str, pk: int) -> None:
    name, function = JOBS[verb]
    job_id = f"{verb}-{pk}"
    try:
        queue = django_rq.get_queue(name)
        if not _is_waiting(queue, job_id):
            meta = {"request": tracing.trace().request}
            queue.enqueue_call(func=function, args=(pk,), job_id=job_id, meta=meta, failure_ttl=3600)
    except RedisError as error:
        logger.warning("No job server (%s): %s %s waits for the sweep.", type(error).__name__, verb, pk)


def traced(job: Job) -> dict[str, str | int | None]:
    """What a job tells of itself for the log (`tracing.tracing`): ids, and nothing else."""
    verb, _, number = job.id.rpartition("-")
    about = {noun: int(number) for noun, verbs in SUBJECTS.items() if verb in verbs}
    return {"job": job.id, "request": job.meta.get("request"), **about}


def _is_waiting(queue, job_id: str) -> bool:
    """Whether the same ring is still in the queue; otherwise a busy hour would pile up one every sweep."""
    try:
        job = Job.fetch(job_id, connection=queue.connection, serializer=queue.serializer)
    except NoSuchJobError:
        return False
    return job.get_status() == JobStatus.QUEUED and job_id in queue.job_ids
