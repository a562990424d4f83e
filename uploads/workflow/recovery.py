"""After a recovery from an older copy: whatever may have gone since it was made waits for a person.

The copy does not know what was sent after it, and Target has no list of batches to ask (T14). So no part that
had not ended then may leave by itself, and nobody may send a batch without being told.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from uploads import audit
from uploads.models import Batch, BatchState, PartState
from uploads.models.states import BEFORE_RELEASE_STATES, BLOCKING_PART_STATES

from . import binding, locks
from .backup import MARK
from .leases import NO_CLAIM
from .settle import settle
from .transitions import move

#: Why a part is in doubt, and what the page of a batch says that was not released.
RECOVERED = "recovered"
_MAY_HAVE_LEFT = BLOCKING_PART_STATES - {PartState.IN_DOUBT}


@dataclass(frozen=True)
class Held:
    """What waits for a person now: parts in doubt, batches not released; and how many sessions were ended."""

    parts: int
    batches: int
    sessions: int


def copied_at() -> str | None:
    """When the copy was made that was brought back here and is not held yet; None where there is none."""
    try:
        return json.loads(_mark().read_text())["made_at"]
    except FileNotFoundError:
        return None


def hold_recovered() -> Held:
    """Hold all that may have gone since the copy was made, and then let everything start again.

    To be called while nothing runs. Interrupted, it is done again from the start, and changes nothing twice.
    """
    on_their_way = Batch.objects.filter(state__in=(BatchState.DELIVERING, BatchState.NEEDS_ATTENTION))
    parts = sum(map(_doubt_parts, on_their_way.order_by("pk")))
    not_released = Batch.objects.filter(state__in=BEFORE_RELEASE_STATES).exclude(schedule_failure=RECOVERED)
    batches = sum(map(_hold_back, not_released.order_by("pk")))
    with transaction.atomic():
        # Who was signed out, or lost an account, would be in again.
        sessions = Session.objects.all().delete()[0]
        facts = {"parts": parts, "batches": batches, "sessions": sessions}
        audit.record(None, "site.recovered", made_at=copied_at(), **facts)
    _mark().unlink(missing_ok=True)
    return Held(**facts)


def _mark() -> Path:
    return Path(settings.VAR) / MARK


def _doubt_parts(batch: Batch) -> int:
    with transaction.atomic():
        locks.account(batch.destination)
        batch = locks.batch(batch.pk)
        held = sum(
            move(
                part,
                PartState.IN_DOUBT,
                "part.in-doubt",
                old=part.status,
                facts={"reason": RECOVERED},
                reason=RECOVERED,
                # It may have left at any time since; profiles that are read back are judged by that.
                sending_at=part.sending_at or batch.released_at,
                is_held=False,
                next_try_at=None,
                **NO_CLAIM,
            )
            for part in batch.parts.filter(state__in=_MAY_HAVE_LEFT)
        )
        settle(batch)
    return held


def _hold_back(batch: Batch) -> bool:
    """Have the page of a batch that was not released say that it may have been; nobody's approval stands."""
    told = binding.NOT_SCHEDULED | {"schedule_failure": RECOVERED}
    with transaction.atomic():
        binding.hold(batch)
        if batch.state != BatchState.READY:
            undone = binding.NOT_ASKED | binding.NOT_REVIEWED | told
            return binding.back_to_ready(batch, "batch.recovered", old=batch.status, **undone)
        Batch.objects.filter(pk=batch.pk).update(**told)
        audit.record(None, "batch.recovered", batch)
        return True
