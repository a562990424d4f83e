"""From *delivering* on, a batch's state follows from its parts."""

from django.db import transaction

from uploads.models import Batch, BatchState, PartState
from uploads.models.states import IN_FLIGHT_PART_STATES, KEPT_OUT_PART_STATES, UNSENT_PART_STATES

from . import arrival, canary, locks
from .transitions import move

_FOLLOWED = (BatchState.DELIVERING, BatchState.NEEDS_ATTENTION)


def state_from(parts: list[PartState], *, undecided: bool) -> BatchState:
    """The state of a released batch whose parts stand in these states, but for those sent again as others.

    `undecided`: whether a person has yet to decide about one of them, or about the rest of the batch.
    *Failed* is a batch of which Target certainly has nothing; where nobody knows, it has ended with failures.
    """
    states = set(parts)
    if undecided:
        return BatchState.NEEDS_ATTENTION
    if states & (UNSENT_PART_STATES | IN_FLIGHT_PART_STATES):
        return BatchState.DELIVERING
    if PartState.CANCELLED in states:
        return BatchState.CANCELLED
    if states == {PartState.COMPLETE}:
        return BatchState.COMPLETE
    return BatchState.FAILED if states <= KEPT_OUT_PART_STATES else BatchState.COMPLETE_WITH_FAILURES


def settle(batch: Batch) -> None:
    """Bring a released batch into line with its parts; call it in the transaction that changed one."""
    with transaction.atomic():
        current = locks.batch(batch.pk)
        if current.status not in _FOLLOWED:
            return
        parts = [PartState(state) for state in current.parts.counted().values_list("state", flat=True)]
        waits = canary.wait_for_person(current)
        new = state_from(parts, undecided=waits or current.parts.undecided().exists())
        if new != current.status and move(current, new, f"batch.{new.value}", old=current.status):
            arrival.plan(current)
