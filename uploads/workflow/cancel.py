"""Stopping a batch: whatever has certainly not left is cancelled."""

from django.db import transaction

from uploads import audit
from uploads.models import Batch, BatchState, PartState, User

from .leases import NO_CLAIM
from .settle import settle
from .transitions import move

#: Before any part can have left, the batch itself ends.
_NOTHING_SENT = (BatchState.RECEIVED, BatchState.CHECKING, BatchState.READY)


def can_cancel(batch: Batch) -> bool:
    """Whether something of the batch can still be stopped."""
    if batch.state in _NOTHING_SENT:
        return True
    return not batch.is_final and batch.parts.unsent().exists()


def cancel(actor: User, batch: Batch) -> bool:
    """Stop what has not left; False where nothing was left to stop.

    Parts that Target already has, or may have, are followed to their end: there is no way to take
    them back (T14).
    """
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        stopped = sum(
            move(part, PartState.CANCELLED, "part.cancelled", old=part.status, actor=actor)
            for part in batch.parts.unsent()
        )
        if batch.state in _NOTHING_SENT:
            return move(
                batch, BatchState.CANCELLED, "batch.cancelled", old=batch.status, actor=actor, **NO_CLAIM
            )
        if stopped:
            audit.record(actor, "batch.stopped", batch, parts=stopped)
            settle(batch)
    return bool(stopped)
