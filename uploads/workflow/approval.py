"""Four eyes: asking for approval, and what a reviewer makes of it.

Nobody reviews a batch of their own: the database refuses it (IntegrityError).
"""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import now

from uploads import batchfile, files
from uploads.models import Batch, BatchState, User, Verdict

from . import canary, overlaps, part_files
from .binding import (
    NOT_ASKED,
    NOT_REVIEWED,
    NOT_SCHEDULED,
    back_to_ready,
    digest_of,
    digest_shown,
    hold,
    is_as_asked,
    is_late,
    plain_time,
    void,
)
from .canary import FirstRows
from .cancel import stop_parts
from .deliver import release
from .sending import is_fit, schedule
from .transitions import move

#: Of each part that is looked into, the first and the last.
SAMPLED_ROWS = 5


def ask_for_approval(
    actor: User,
    batch: Batch,
    because: str,
    seen: str,
    at: datetime | None = None,
    first_rows: FirstRows | None = None,
) -> bool:
    """Ask the destination's reviewers to approve exactly what `seen` is the digest of.

    With a time to send it `at`, or with first rows that go alone, the approval binds that, too. Without a
    time, the batch goes out as soon as it is approved.

    False where the batch is not (or no longer) ready or not what was seen, has nothing to send, or needs no
    approval; or where what it has in common with earlier batches keeps it (`overlaps.gate_of`).
    """
    with canary.cut_off(batch, first_rows) as cut, transaction.atomic():
        hold(batch)
        if not batch.parts.exists() or not batch.needs_approval or overlaps.gate_of(batch):
            return False
        if batch.state != BatchState.READY or seen != digest_of(batch) or not (at is None or is_fit(at)):
            return False
        if first_rows and not canary.hold_back(actor, batch, first_rows, cut):
            return False
        batch.send_at = at
        digest = digest_of(batch)
        return move(
            batch,
            BatchState.AWAITING_APPROVAL,
            "batch.approval-asked",
            old=BatchState.READY,
            actor=actor,
            facts={"reason": because, "digest": digest, "send_at": at and plain_time(at)},
            asked_at=now(),
            asked_because=because,
            asked_digest=digest,
            **NOT_REVIEWED | NOT_SCHEDULED | {"send_at": at},
        )


def take_back(actor: User, batch: Batch) -> bool:
    """Ask no longer; False where nobody waits for approval any more."""
    return back_to_ready(
        batch,
        "batch.approval-taken-back",
        old=BatchState.AWAITING_APPROVAL,
        actor=actor,
        **NOT_ASKED,
        **NOT_SCHEDULED,
    )


def review(actor: User, batch: Batch, verdict: Verdict, comment: str, seen: str) -> bool:
    """Record a reviewer's verdict on exactly what `seen` is the digest of (`digest_shown`).

    An approved batch is sent at once, or at the time that approval was asked for.

    False where the batch no longer waits for approval, is not what was seen, or its destination is inactive.
    A batch that is no longer what approval was asked for is not approved but goes back to its uploader.
    Raises IntegrityError where the batch is the reviewer's own.
    """
    with transaction.atomic():
        hold(batch)
        if batch.state != BatchState.AWAITING_APPROVAL or seen != digest_shown(batch):
            return False
        if verdict == Verdict.APPROVED:
            return _approve(actor, batch, comment)
        new, action = _DECLINED[verdict]
        declined = _decided(actor, batch, verdict, comment, new, action)
        if declined and verdict == Verdict.REJECTED:
            stop_parts(actor, batch)
        elif declined:
            part_files.make_whole(batch)
        return declined


def sample_of(batch: Batch) -> batchfile.Sample | None:
    """A few rows of what would be sent, in clear; None where a file is gone."""
    parts = list(batch.parts.order_by("number"))
    sample = None
    for part in {part.number: part for part in (parts[:1] + parts[-1:])}.values():
        try:
            with files.open_part(part) as body:
                found = batchfile.sample_rows(body, part.rows, SAMPLED_ROWS, seed=part.sha256)
        except FileNotFoundError:
            return None
        sample = found if sample is None else batchfile.Sample(found.key, sample.rows + found.rows)
    return sample


_DECLINED = {
    Verdict.RETURNED: (BatchState.READY, "batch.returned"),
    Verdict.REJECTED: (BatchState.REJECTED, "batch.rejected"),
}


def _approve(actor: User, batch: Batch, comment: str) -> bool:
    if not batch.is_taken:
        return False
    if not is_as_asked(batch):
        void(batch)
        return False
    if overlaps.gate_of(batch):
        return False
    approved = _decided(actor, batch, Verdict.APPROVED, comment, BatchState.APPROVED, "batch.approved")
    if batch.send_at and not is_late(batch):
        return approved and schedule(actor, batch, batch.send_at)
    return approved and release(actor, batch)


def _decided(actor: User, batch: Batch, verdict: Verdict, comment: str, new: BatchState, action: str) -> bool:
    return move(
        batch,
        new,
        action,
        old=BatchState.AWAITING_APPROVAL,
        actor=actor,
        facts={"reason": comment, "digest": batch.asked_digest},
        verdict=verdict,
        verdict_at=now(),
        verdict_comment=comment,
        reviewer=actor,
        **(NOT_SCHEDULED if new == BatchState.READY else {}),
    )
