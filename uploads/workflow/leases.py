"""Claims: a fencing token and a short lease, by the database's clock, that the working process renews.

A worker that is killed stops renewing; the sweep then sees an expired lease and decides what the
work's state allows. A worker that was only slow finds its token replaced and its writes refused.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, models
from django.db.models import F
from django.db.models.functions import Now

logger = logging.getLogger(__name__)

#: How long a claim lives without renewal.
LEASE = timedelta(seconds=settings.CLAIM_SECONDS)
RENEW_EVERY_SECONDS = LEASE.total_seconds() / 6


def claim_fields() -> dict:
    """The columns of a fresh claim, for the UPDATE that takes it."""
    return {"claim": uuid.uuid4(), "lease_until": Now() + LEASE}


NO_CLAIM = {"claim": None, "lease_until": None}
#: How long work waits for a storage that cannot be used.
STORAGE_PAUSE = timedelta(minutes=1)


@contextmanager
def kept_alive(row: models.Model) -> Iterator[None]:
    """Renew the claim that `row` carries while the block runs."""
    # Remembered here: `row` itself changes when the work lets go of it.
    held = type(row).objects.filter(pk=row.pk, claim=row.claim)
    with _repeated(lambda: held.update(lease_until=Now() + LEASE)):
        yield


@contextmanager
def put_off(row: models.Model, due_at: str) -> Iterator[None]:
    """Keep the due time in that column, which this process has moved on, ahead while the block runs.

    For work that does no harm when it is done twice and therefore needs no claim.
    """
    begun = type(row).objects.filter(pk=row.pk).exclude(**{due_at: None})
    with _repeated(lambda: begun.update(**{due_at: Now() + LEASE})):
        yield


def wait_for_storage(row: models.Model, attempts: str) -> None:
    """Let the work whose claim `row` carries rest for a while; the try that it was does not count.

    The claim becomes another one, which nobody holds, and the sweep rings when its lease is over.
    """
    logger.warning("%s %s waits for storage.", type(row).__name__, row.pk)
    held = type(row).objects.filter(pk=row.pk, claim=row.claim)
    held.update(claim=uuid.uuid4(), lease_until=Now() + STORAGE_PAUSE, **{attempts: F(attempts) - 1})


@contextmanager
def _repeated(renew: Callable[[], int]) -> Iterator[None]:
    """In a thread of its own, so that a call to Target that takes minutes keeps its lease, and one that dies
    with its process loses it."""
    stop = threading.Event()

    def run() -> None:
        try:
            while not stop.wait(RENEW_EVERY_SECONDS):
                try:
                    renew()
                except DatabaseError:
                    # The next round tries again, on another connection where this one broke; if none
                    # succeeds the lease ends, which is safe.
                    connection.close_if_unusable_or_obsolete()
        finally:
            connection.close()

    thread = threading.Thread(target=run, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
