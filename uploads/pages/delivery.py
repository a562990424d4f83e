"""The delivery of a batch: its ledger, its parts, and what it waits for."""

from collections.abc import Sequence
from dataclasses import dataclass

from uploads import workflow
from uploads.models import Batch, BatchState, Decision, Part, PartState
from uploads.models.states import IN_FLIGHT_PART_STATES, UNCLEAR_PART_STATES, UNSENT_PART_STATES
from uploads.workflow import Lane, Obstacle

from .ledger import Ledger, ledger_of
from .stopping import what_would_stop
from .timeline import Step, steps_of_batch, steps_of_part
from .waiting import account_line, when_it_is_asked_about, why_it_waits
from .words import PART_REASONS

PART_TONES = {
    PartState.COMPLETE: "done",
    PartState.COMPLETE_WITH_FAILURES: "warning",
    PartState.WAITING_TO_RETRY: "warning",
    PartState.REFUSED: "error",
    PartState.NOT_APPLIED: "error",
    PartState.CANCELLED: "neutral",
    PartState.PENDING: "neutral",
} | dict.fromkeys(UNCLEAR_PART_STATES, "doubt")


@dataclass(frozen=True)
class PartLine:
    """A part with what is to be said about it, and its way so far."""

    part: Part
    tone: str
    note: str
    steps: list[Step]


@dataclass(frozen=True)
class Delivery:
    """What is to be said about a batch from its release on.

    steps: the way of the batch.
    waits_for: why it does not go on just now, "" where it does.
    account: what its account has in use, "" where the batch no longer needs it.
    stopping: what stopping it would do, "" where nothing can be stopped.
    """

    parts: list[PartLine]
    ledger: Ledger | None
    steps: list[Step]
    waits_for: str = ""
    account: str = ""
    stopping: str = ""


def delivery_of(batch: Batch, parts: Sequence[Part]) -> Delivery:
    """The delivery of a batch with these parts, all of it and in order."""
    ledger = ledger_of(batch, parts, workflow.overlap_of(batch))
    lane, held = None, {}
    if batch.released_at and any(part.state in UNSENT_PART_STATES | IN_FLIGHT_PART_STATES for part in parts):
        lane = workflow.lane_of(batch.destination)
        held = workflow.obstacles(parts, lane)
    lines = [_line(part, held.get(part.number), lane, parts) for part in parts]
    unsent = next((line for line in lines if line.part.state in UNSENT_PART_STATES), None)
    return Delivery(
        parts=lines if batch.released_at else [],
        ledger=ledger,
        steps=steps_of_batch(batch) if ledger else [],
        waits_for=unsent.note if unsent and held.get(unsent.part.number) else "",
        account=account_line(batch.destination, lane) if lane else "",
        stopping=what_would_stop(parts) if batch.released_at else "",
    )


def _line(part: Part, obstacle: Obstacle | None, lane: Lane | None, parts: Sequence[Part]) -> PartLine:
    # A part that another one replaces is no trouble any more.
    tone = "neutral" if part.decision == Decision.SEND_AGAIN else PART_TONES.get(part.status, "progress")
    return PartLine(
        part, tone, _note(part, obstacle, lane, parts), steps_of_part(part, part.batch.checked_at)
    )


def _note(part: Part, obstacle: Obstacle | None, lane: Lane | None, parts: Sequence[Part]) -> str:
    if part.state in UNSENT_PART_STATES:
        return why_it_waits(part, obstacle, lane, parts) if lane else ""
    if part.state == PartState.ACCEPTED:
        return when_it_is_asked_about(part, lane) if lane else ""
    if part.state == PartState.CANCELLED:
        return ""
    return "" if part.decision else str(PART_REASONS.get(part.reason, ""))


def is_unfinished(batch: Batch, parts: Sequence[Part]) -> bool:
    """Whether the page is to look again by itself."""
    # What awaits approval moves by somebody else's click.
    return (
        batch.status.is_moving
        or batch.state in (BatchState.AWAITING_APPROVAL, BatchState.SCHEDULED)
        or any(
            part.state in IN_FLIGHT_PART_STATES
            or part.locate_due_at
            or (batch.state == BatchState.NEEDS_ATTENTION and part.state in UNSENT_PART_STATES)
            for part in parts
        )
    )
