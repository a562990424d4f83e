"""Stopping a batch: whatever has certainly not left is cancelled."""

from django.db import transaction

from uploads import audit
from uploads.models import Batch, BatchState, Part, PartState, User
from uploads.models.states import BEFORE_RELEASE_STATES

from . import locks
from .leases import NO_CLAIM
from .settle import settle
from .transitions import move

#: Before any part can have left, the batch itself ends.
_NOTHING_SENT = BEFORE_RELEASE_STATES | {BatchState.RECEIVED, BatchState.CHECKING}


def can_cancel(batch: Batch) -> bool:
    """Whether something of the batch can still be stopped."""
    if batch.state in _NOTHING_SENT:
        return True
    return not batch.is_final and batch.parts.stoppable().exists()


def cancel(actor: User, batch: Batch) -> bool:
    """Stop what has not left; False where nothing was left to stop.

    Parts that Target already has, or may have, are followed to their end: there is no way to take
    them back (T14). A worker that has claimed a part finds its claim gone before it sends.
    """
    with transaction.atomic():
        # A token that comes in makes parts of the account due, whatever batch they are of.
        locks.account(batch.destination)
        batch = locks.batch(batch.pk)
        stopped = stop_parts(actor, batch)
        if batch.state in _NOTHING_SENT:
            return move(
                batch, BatchState.CANCELLED, "batch.cancelled", old=batch.status, actor=actor, **NO_CLAIM
            )
        if stopped:
            audit.record(actor, "batch.stopped", batch, parts=stopped)
            settle(batch)
    return bool(stopped)


def stop_parts(actor: User, batch: Batch) -> int:
    """Cancel the parts that have certainly not left, in the transaction that says why; returns how many."""
    return sum(
        move(part, PartState.CANCELLED, "part.cancelled", old=part.status, actor=actor, **NO_CLAIM)
        for part in batch.parts.stoppable()
    )


def stop_what_came_back(part: Part) -> None:
    """Cancel a part that was leaving when its batch was stopped, and that Target did not take after all.

    Call it in the transaction that made the part wait again, before the batch is settled.
    """
    if part.batch.parts.filter(state=PartState.CANCELLED).exists():
        move(part, PartState.CANCELLED, "part.cancelled", old=PartState.WAITING_TO_RETRY)
