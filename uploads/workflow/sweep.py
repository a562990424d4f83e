"""The sweep: from the database alone, find what is due or abandoned and ring for it.

Two sweeps at once do no harm: every change is a conditional transition, and a ring is only a ring.
"""

import logging
from datetime import timedelta
from itertools import chain

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import files, local_files, queue
from uploads.models import (
    ArrivalCheck,
    AuditVerification,
    Batch,
    Beat,
    Call,
    Forgetting,
    Overlap,
    Part,
    PartState,
    Restoration,
    Upload,
)

from . import answers, journal
from .compare import ring_for_comparisons
from .expiry import forget_expired
from .forgetting import drop_stale_forgettings
from .keeping import delete_old_files
from .leases import NO_CLAIM
from .notifications import ring_for_notifications
from .restore import ring_for_restorations
from .sending import release_scheduled
from .settle import settle
from .shelving import shelve_names
from .transitions import move

logger = logging.getLogger(__name__)

#: An upload that nobody went on with is forgotten after this.
STALE_UPLOAD = timedelta(days=2)
#: What a dead check leaves behind can be as large as its file.
STALE_WORK = timedelta(minutes=10)
#: What SQLite knows of its tables decides along which index it walks; PostgreSQL sees to that by itself.
STATISTICS_LAST = timedelta(hours=1)


def sweep() -> None:
    """One round. Each kind of work stands alone, so that trouble with one does not stop the others.

    Raises OperationalError where the database cannot be used at all.
    """
    for work in (
        _release_abandoned_claims,
        _record_left_answers,
        _doubt_abandoned_sendings,
        release_scheduled,
        _ring_for_checks,
        ring_for_comparisons,
        ring_for_restorations,
        _ring_for_deliveries,
        _ring_for_polls,
        _ring_for_read_backs,
        _ring_for_arrivals,
        _ring_for_refused_rows,
        _ring_for_verifications,
        _forget_stale_uploads,
        _forget_stale_files,
        delete_old_files,
        drop_stale_forgettings,
        _ring_for_forgettings,
        ring_for_notifications,
        forget_expired,
        shelve_names,
        _refresh_statistics,
    ):
        try:
            work()
        except OperationalError:
            raise  # The database is away: nothing else would go either.
        except Exception:
            logger.exception("The sweep could not do all of its work (%s).", work.__name__.strip("_"))
    Beat.objects.update_or_create(name=Beat.Name.SWEEP, defaults={"at": now()})


def _ring_for_checks() -> None:
    for pk in Batch.objects.to_check().values_list("pk", flat=True):
        queue.ring("check", pk)


def _ring_for_deliveries() -> None:
    due = Part.objects.due_to_send().order_by("batch_id", "-number").values_list("batch_id", "pk")
    # The first of each batch: its later parts could only find that it is not their turn.
    for pk in dict(due).values():
        queue.ring("deliver", pk)


def _ring_for_polls() -> None:
    for pk in Part.objects.due_to_poll().values_list("pk", flat=True):
        queue.ring("follow", pk)


def _ring_for_refused_rows() -> None:
    for pk in Part.objects.due_to_locate().values_list("pk", flat=True):
        queue.ring("locate", pk)


def _ring_for_read_backs() -> None:
    for pk in Part.objects.due_to_read_back().values_list("pk", flat=True):
        queue.ring("read-back", pk)


def _ring_for_arrivals() -> None:
    for pk in ArrivalCheck.objects.due().values_list("pk", flat=True):
        queue.ring("prove", pk)


def _ring_for_verifications() -> None:
    for pk in AuditVerification.objects.filter(ended_at=None).values_list("pk", flat=True):
        queue.ring("verify", pk)


def _ring_for_forgettings() -> None:
    for pk in Forgetting.objects.due().values_list("pk", flat=True):
        queue.ring("forget", pk)


def _release_abandoned_claims() -> None:
    """The worker died before *sending* was committed: nothing was sent."""
    for part in Part.objects.abandoned(PartState.CLAIMED).select_related("batch__destination"):
        move(
            part,
            PartState.PENDING,
            "part.released",
            old=PartState.CLAIMED,
            holding=part.claim,
            facts={"reason": "worker-lost"},
            next_try_at=None,
            **NO_CLAIM,
        )


def _record_left_answers() -> None:
    """The worker had the answer, but could not bring it into the database; to be done before any doubt."""
    for entry, answer in journal.left():
        if Part.objects.filter(pk=entry.part_id, claim=entry.claim, lease_until__gte=Now()).exists():
            continue  # Its worker is about to.
        part = Part.objects.select_related("batch__destination").filter(pk=entry.part_id).first()
        call = Call.objects.filter(pk=entry.call_id).first()
        if part is not None and call is not None:
            part.claim = entry.claim
            answers.record(part, call, answer)
        entry.remove()
    journal.forget_stale()


def _doubt_abandoned_sendings() -> None:
    """The worker died after *sending* was committed: the body may have left. Never sent again by itself."""
    for part in Part.objects.abandoned(PartState.SENDING).select_related("batch__destination"):
        with transaction.atomic():
            if move(
                part,
                PartState.IN_DOUBT,
                "part.in-doubt",
                old=PartState.SENDING,
                holding=part.claim,
                facts={"reason": "worker-lost"},
                reason="worker-lost",
                **NO_CLAIM,
            ):
                settle(part.batch)


def _forget_stale_uploads() -> None:
    stale = Upload.objects.filter(batch=None, touched_at__lt=Now() - STALE_UPLOAD)
    for upload in stale:
        with transaction.atomic():
            # Somebody may be finishing it this very moment: then it is a batch, and its file stays.
            if stale.filter(pk=upload.pk).delete()[0]:
                files.forget_upload(upload)
    Upload.objects.filter(~Q(batch=None), touched_at__lt=Now() - STALE_UPLOAD).delete()


def _forget_stale_files() -> None:
    claims = (
        each.objects.exclude(claim=None).values_list("claim", flat=True)
        for each in (Batch, Overlap, Restoration)
    )
    held = {claim.hex for claim in chain.from_iterable(claims)}
    files.forget_unused_copies()
    local_files.forget_old_work(STALE_WORK.total_seconds(), held)
    begun = {pk.hex for pk in Upload.objects.values_list("pk", flat=True)}
    local_files.forget_old_incoming(STALE_UPLOAD.total_seconds(), begun)


def _refresh_statistics() -> None:
    fresh = Beat.objects.filter(name=Beat.Name.STATISTICS, at__gt=now() - STATISTICS_LAST)
    if connection.vendor != "sqlite" or fresh.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    Beat.objects.update_or_create(name=Beat.Name.STATISTICS, defaults={"at": now()})
