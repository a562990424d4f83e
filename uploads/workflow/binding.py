"""What a decision to send is bound to: the digest of exactly what would be sent, and where."""

import hashlib
import json
from datetime import UTC, datetime

from django.db import transaction
from django.utils.timezone import now

from uploads.models import Batch, BatchState, Canary, Destination, Overlap, Verdict

from . import locks, part_files
from .transitions import move

#: What a batch carries before anybody asks for approval.
NOT_ASKED = {"asked_at": None, "asked_because": "", "asked_digest": ""}
NOT_REVIEWED = {"verdict": "", "verdict_at": None, "verdict_comment": "", "reviewer": None}
#: What a batch carries before anybody chooses a time for it.
NOT_SCHEDULED = {"send_at": None, "scheduled_by": None, "scheduled_digest": "", "schedule_failure": ""}


def hold(batch: Batch) -> None:
    """Bring the batch up to date, and hold it and its account until the transaction is over."""
    own = Destination.objects.get(pk=batch.destination_id)
    # Their rules hold until the batch is on its way, and no other of the account gets on its way meanwhile.
    account = locks.destinations_of_account(own)
    locks.batch(batch.pk)
    batch.refresh_from_db()
    batch.destination = next(each for each in account if each.pk == own.pk)


def digest_of(batch: Batch) -> str:
    """SHA-256 in hex over what would be sent, where and when, and what Target would lose by it.

    What would be sent are the parts, in order, and whether the first rows go alone. A part that is sent again
    is the same file as the one that it replaces, and not counted twice.
    """
    destination = batch.destination
    parts = batch.parts.filter(resends=None).order_by("number").values_list("sha256", "rows")
    bound = {
        "batch": batch.pk,
        "destination": destination.pk,
        "account": destination.account_code,  # T1
        "api_version": destination.api_version,  # F10
        "parts": list(parts),
    }
    overlap = Overlap.objects.filter(pk=batch.pk).first()
    if overlap and overlap.is_lossy:
        bound["overlap"] = [overlap.choice, overlap.reason, overlap.found]
    canary = Canary.objects.filter(pk=batch.pk).first()
    if canary:
        bound["first_rows"] = [canary.rows, canary.then]
    if batch.send_at:
        bound["send_at"] = plain_time(batch.send_at)
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


def plain_time(at: datetime) -> str:
    """A time as digests and the audit log hold it, whatever zone it was given in."""
    return at.astimezone(UTC).isoformat()


def digest_shown(batch: Batch) -> str:
    """What a reviewer's page is bound to: another digest once the chosen time has passed.

    For then an approval sends at once, which is another effect than the one that was shown before.
    """
    digest = digest_of(batch)
    return hashlib.sha256(f"{digest} late".encode()).hexdigest() if is_late(batch) else digest


def is_late(batch: Batch) -> bool:
    """Whether the time that was chosen for the batch has passed."""
    return batch.send_at is not None and batch.send_at <= now()


def is_as_asked(batch: Batch) -> bool:
    """Whether the batch is still exactly what approval was asked for."""
    return digest_of(batch) == batch.asked_digest


def has_lost_its_approval(batch: Batch) -> bool:
    """Whether somebody approved the batch, and it is no longer what they approved."""
    return batch.verdict == Verdict.APPROVED and not is_as_asked(batch)


def void(batch: Batch) -> bool:
    """Take a batch that is no longer what approval was asked for back to its uploader, who may ask again."""
    return back_to_ready(
        batch,
        "batch.approval-void",
        old=batch.status,
        verdict=Verdict.VOID,
        verdict_at=now(),
        verdict_comment="",
        reviewer=None,
        **NOT_SCHEDULED,
    )


def back_to_ready(batch: Batch, action: str, **told) -> bool:
    """Let a batch that was not released be ready again, as it was before anybody said how it is to go.

    told: as `move` takes it. False where it does not stand there any more.
    """
    with transaction.atomic():
        is_ready = move(batch, BatchState.READY, action, **told)
        if is_ready:
            part_files.make_whole(batch)
    return is_ready
