"""The way of a batch and of each of its parts: what happened when, and the steps still to come."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uploads.models import AuditEvent, Batch, Part, PartState
from uploads.models.states import ACCEPTED_PART_STATES, UNSENT_PART_STATES

#: What stands in the timeline of a batch, in which words and tone.
_STEPS = {
    "batch.received": (_("Uploaded"), "done"),
    "batch.ready": (_("Checked"), "done"),
    "batch.refused": (_("The file cannot be used"), "error"),
    "batch.overlap-carried": (_("Values of earlier batches carried over"), "done"),
    "batch.overlap-left-out": (_("Rows left out for earlier batches"), "done"),
    "batch.overlap-accepted": (_("Losses accepted"), "warning"),
    "batch.overlap-void": (_("Choice void"), "warning"),
    "batch.overlap-oversized": (_("Choice void"), "warning"),
    "batch.first-rows-chosen": (_("First rows to go alone"), "done"),
    "batch.first-rows-checked": (_("First rows read back"), "done"),
    "batch.rest-sent": (_("The rest sent"), "done"),
    "batch.approval-asked": (_("Asked for approval"), "done"),
    "batch.approval-taken-back": (_("Request taken back"), "neutral"),
    "batch.approval-void": (_("Approval void"), "warning"),
    "batch.approved": (_("Approved"), "done"),
    "batch.returned": (_("Returned"), "warning"),
    "batch.rejected": (_("Rejected"), "error"),
    "batch.scheduled": (_("A time was chosen"), "done"),
    "batch.unscheduled": (_("The time was given up"), "neutral"),
    "batch.schedule-void": (_("Not sent at the chosen time"), "warning"),
    "batch.released": (_("Sent"), "done"),
    "batch.needs-attention": (_("Needs attention"), "doubt"),
    "batch.stopped": (_("Stopped"), "neutral"),
    "batch.cancelled": (_("Cancelled"), "neutral"),
    "batch.complete": (_("Complete"), "done"),
    "batch.complete-with-failures": (_("Complete with failures"), "warning"),
    "batch.failed": (_("Failed"), "error"),
}


@dataclass(frozen=True)
class Step:
    """One step. at: None where it is still to come. who: "" where it happened by itself.

    tone: of its sign; "todo" of a step to come, "progress" of the one that is under way.
    """

    label: str | Promise
    tone: str
    at: datetime | None = None
    who: str = ""


def steps_of_batch(batch: Batch) -> list[Step]:
    """The way of a batch, the first step first; the end to come is its last while there is one."""
    events = AuditEvent.objects.filter(batch_id=batch.pk, action__in=_STEPS).order_by("sequence")
    steps = [Step(*_STEPS[event.action], event.at, event.actor_name) for event in events]
    return steps if batch.is_final else [*steps, Step(_("Complete"), "todo")]


def steps_of_part(part: Part, prepared_at: datetime | None) -> list[Step]:
    """The way of a part: prepared, sent, accepted by Target, and the end that Target reports (T4, T8)."""
    prepared = Step(_("Prepared"), "done", prepared_at)
    sent, accepted, ended = (Step(label, "todo") for label in (_("Sent"), _("Accepted"), _("Processed")))
    if part.sending_at and part.state not in UNSENT_PART_STATES:
        sent = Step(_("Sent"), "done", part.sending_at)
    stands_at = Step(part.status.label, _TONES.get(part.status, "progress"), part.ended_at)
    if part.state == PartState.PENDING:
        return [prepared, sent, accepted, ended]
    if part.state in _BEFORE_THE_ANSWER:
        return [prepared, stands_at, accepted, ended]
    if part.state not in ACCEPTED_PART_STATES:
        return [prepared, sent, stands_at]
    accepted = Step(_("Accepted"), "done", part.answered_at)
    if part.state == PartState.ACCEPTED:
        return [prepared, sent, accepted, Step(_("Being processed"), "progress")]
    return [prepared, sent, accepted, stands_at]


_BEFORE_THE_ANSWER = UNSENT_PART_STATES | {PartState.CLAIMED, PartState.SENDING, PartState.CANCELLED}
_TONES = {
    PartState.WAITING_TO_RETRY: "warning",
    PartState.IN_DOUBT: "doubt",
    PartState.CLOSED_UNKNOWN: "doubt",
    PartState.STATUS_UNKNOWN: "doubt",
    PartState.STUCK: "doubt",
    PartState.REFUSED: "error",
    PartState.NOT_APPLIED: "error",
    PartState.CANCELLED: "neutral",
    PartState.COMPLETE: "done",
    PartState.COMPLETE_WITH_FAILURES: "warning",
}
