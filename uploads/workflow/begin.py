"""Beginning a check, the first one or another: what an earlier check found does not outlive it."""

from django.db import transaction

from uploads import queue
from uploads.models import Batch, BatchState, User

from . import overlaps
from .transitions import move

#: What a batch carries before its check.
NOT_CHECKED = {
    "check_attempts": 0,
    "check_failure": "",
    "check_began_at": None,
    "checked_bytes": 0,
    "checked_rows": 0,
    "checked_at": None,
    "ended_at": None,
    "rows": None,
    "accepted": None,
    "rejected": None,
    "skipped": None,
    "warnings": None,
    "skipped_columns": None,
    "problems_by_code": {},
    "notices": [],
    "attributes": [],
    "schedule_failure": "",
}


def begin_check(batch: Batch, action: str, *, actor: User | None, facts: dict, **updates) -> bool:
    """Have a batch that nobody checks just now checked; False where its state is no longer that.

    action, facts: what the audit log says of it. updates: what changes with it.
    """
    with transaction.atomic():
        begun = move(
            batch,
            BatchState.CHECKING,
            action,
            old=batch.status,
            actor=actor,
            facts=facts,
            **updates,
            **NOT_CHECKED,
        )
        if begun:
            batch.parts.all().delete()
            overlaps.forget(batch)
            queue.ring("check", batch.pk)
    return begun
