"""The one way in which a batch or a part changes its state.

A transition is one conditional UPDATE (`WHERE id AND state = old [AND claim]`) and its audit event,
in one transaction. A lost race changes nothing and returns False.
"""

import uuid

from django.db import transaction
from django.utils.timezone import now

from uploads import audit, tracing
from uploads.models import Batch, BatchState, Part, PartState, User
from uploads.models.states import (
    BATCH_TRANSITIONS,
    FINAL_BATCH_STATES,
    FINAL_PART_STATES,
    PART_TRANSITIONS,
)

from . import locks, notifications, tally


class ForbiddenTransition(ValueError):
    """The code asked for a change of state that the design does not know."""


def move(
    row: Batch | Part,
    new: BatchState | PartState,
    action: str,
    *,
    old: BatchState | PartState,
    actor: User | None = None,
    holding: uuid.UUID | None = None,
    facts: dict | None = None,
    **updates,
) -> bool:
    """Move a batch or a part from `old` to `new` and record it; False where it no longer stood in `old`.

    With `holding`, only while the row still carries that claim. `facts` go to the audit event, `updates` are
    further columns of the same UPDATE; `row` is refreshed. Raises ForbiddenTransition for a change
    that `models.states` does not list.
    """
    is_part = isinstance(row, Part)
    transitions = PART_TRANSITIONS if is_part else BATCH_TRANSITIONS
    if new not in transitions.get(old, ()):
        raise ForbiddenTransition(f"A {row._meta.model_name} does not go from {old} to {new}.")
    if new in (FINAL_PART_STATES if is_part else FINAL_BATCH_STATES):
        updates["ended_at"] = now()
    held = {"claim": holding} if holding is not None else {}
    with transaction.atomic():
        if is_part:
            locks.batch(row.batch_id)
        if type(row).objects.filter(pk=row.pk, state=old, **held).update(state=new, **updates) != 1:
            return False
        which = {"part": row.number} if is_part else {}
        audit.record(actor, action, row.batch if is_part else row, **which, **(facts or {}))
        if not is_part:
            notifications.note(row, new, actor)
        row.refresh_from_db()
        if is_part:
            tally.count(row)
        _tell_once_committed(row, old, new)
    return True


def _tell_once_committed(row: Batch | Part, old: BatchState | PartState, new: BatchState | PartState) -> None:
    which = {"part": row.pk, "batch": row.batch_id} if isinstance(row, Part) else {"batch": row.pk}
    transaction.on_commit(lambda: tracing.tell("state", before=old.value, state=new.value, **which))
