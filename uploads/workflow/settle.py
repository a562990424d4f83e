"""From *delivering* on, a batch's state follows from its parts."""

from django.db import transaction

from uploads.models import Batch, BatchState, PartState
from uploads.models.states import (
    DONE_PART_STATES,
    IN_FLIGHT_PART_STATES,
    UNCLEAR_PART_STATES,
    UNSENT_PART_STATES,
)

from .transitions import move

_FOLLOWED = (BatchState.DELIVERING, BatchState.NEEDS_ATTENTION)


def state_from(parts: list[PartState]) -> BatchState:
    """The state of a released batch whose parts stand in these states."""
    states = set(parts)
    if states & UNCLEAR_PART_STATES:
        return BatchState.NEEDS_ATTENTION
    if states & (UNSENT_PART_STATES | IN_FLIGHT_PART_STATES):
        return BatchState.DELIVERING
    if PartState.CANCELLED in states:
        return BatchState.CANCELLED
    if states == {PartState.COMPLETE}:
        return BatchState.COMPLETE
    return BatchState.COMPLETE_WITH_FAILURES if states & DONE_PART_STATES else BatchState.FAILED


def settle(batch: Batch) -> None:
    """Bring a released batch into line with its parts; call it in the transaction that changed one."""
    with transaction.atomic():
        current = Batch.objects.select_for_update().get(pk=batch.pk)
        if current.status not in _FOLLOWED:
            return
        parts = [PartState(state) for state in current.parts.values_list("state", flat=True)]
        new = state_from(parts)
        if new != current.status:
            move(current, new, f"batch.{new.value}", old=current.status)
