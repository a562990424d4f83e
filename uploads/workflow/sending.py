"""Sending what a person was shown: now, or at a time that they choose.

A scheduled batch waits in the database; the sweep releases it when its time has come. Should anything have
changed by then, nothing is sent: it is ready again, with the reason, for a person to look at.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads.models import Batch, BatchState, User, Verdict

from . import binding, canary, overlaps
from .canary import FirstRows
from .deliver import release, set_off
from .transitions import move

#: So far ahead a time may be chosen.
FURTHEST = timedelta(days=30)
#: So late a batch is still sent, should nothing have run at its time; later, nobody may want it any more.
STILL_SENT_WITHIN = timedelta(hours=6)


def send(
    actor: User,
    batch: Batch,
    seen: str,
    at: datetime | None = None,
    first_rows: FirstRows | None = None,
) -> bool:
    """Send exactly what `seen` is the digest of, at once or `at` a time, whole or the first rows alone.

    False where the batch is no longer that, needs an approval, cannot go (`release`), the time is not fit, or
    the first rows cannot be cut off.
    """
    with canary.cut_off(batch, first_rows) as cut, transaction.atomic():
        binding.hold(batch)
        if seen != binding.digest_of(batch):
            return False
        if at is None and first_rows is None:
            return release(actor, batch)
        may_go = batch.is_taken and batch.parts.exists() and not batch.needs_approval
        if not may_go or batch.state != BatchState.READY or overlaps.gate_of(batch):
            return False
        if not (at is None or is_fit(at)):
            return False
        if first_rows and not canary.hold_back(actor, batch, first_rows, cut):
            return False
        return release(actor, batch) if at is None else schedule(actor, batch, at)


def is_fit(at: datetime) -> bool:
    """Whether a batch may be scheduled for this time: it lies ahead, and not too far."""
    return now() < at <= now() + FURTHEST


def schedule(actor: User, batch: Batch, at: datetime) -> bool:
    """Have a batch that may go sent at this time, in the transaction that made sure that it may."""
    batch.send_at = at
    return move(
        batch,
        BatchState.SCHEDULED,
        "batch.scheduled",
        old=batch.status,
        actor=actor,
        facts={"send_at": binding.plain_time(at), "rows": batch.accepted, "parts": batch.parts.count()},
        send_at=at,
        scheduled_by=actor,
        scheduled_digest=binding.digest_of(batch),
        schedule_failure="",
    )


def unschedule(actor: User, batch: Batch) -> bool:
    """Do not send the batch at its time: it is ready again. False where it is not scheduled any more."""
    return make_ready(actor, batch, "batch.unscheduled")


def release_scheduled() -> None:
    """Release every batch whose time has come; safe to run twice or at once."""
    for batch in Batch.objects.due_to_release():
        with transaction.atomic():
            binding.hold(batch)
            if Batch.objects.due_to_release().filter(pk=batch.pk).exists():
                _release_due(batch)


def _release_due(batch: Batch) -> None:
    failure = _why_not(batch)
    if failure:
        make_ready(None, batch, "batch.schedule-void", failure)
    elif overlaps.gate_of(batch) is None:
        # Else a worker compares it with what was released meanwhile: the next round goes by that.
        set_off(None, batch, released_by=batch.scheduled_by)


def _why_not(batch: Batch) -> str:
    """Why a batch whose time has come is not sent, "" where it is."""
    too_late = Batch.objects.filter(pk=batch.pk, send_at__lt=Now() - STILL_SENT_WITHIN)
    people = (batch.owner, batch.scheduled_by)
    reasons = (
        (binding.digest_of(batch) != batch.scheduled_digest, "schedule-changed"),
        (batch.needs_approval and batch.verdict != Verdict.APPROVED, "schedule-approval"),
        (not batch.destination.active, "schedule-inactive"),
        (not batch.is_taken, "schedule-pcid"),
        (not all(person.is_active for person in people), "schedule-person"),
        (too_late.exists(), "schedule-late"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def make_ready(actor: User | None, batch: Batch, action: str, failure: str = "") -> bool:
    """Let a scheduled batch be ready again; failure: why it was not sent, "" where a person took it back."""
    # An approval was for that time.
    return binding.back_to_ready(
        batch,
        action,
        old=BatchState.SCHEDULED,
        actor=actor,
        facts={"reason": failure} if failure else None,
        **binding.NOT_ASKED,
        **binding.NOT_REVIEWED,
        **binding.NOT_SCHEDULED | {"schedule_failure": failure},
    )
