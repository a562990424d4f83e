"""The states of batches and parts and the only transitions between them.

Nothing else in the product says what may follow what: `workflow.transitions` refuses a change that
is not listed here, and docs/states.md is drawn from here (`make docs`).
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BatchState(models.TextChoices):
    """Where a batch stands, from its upload to its end."""

    RECEIVED = "received", _("Received")
    CHECKING = "checking", _("Checking")
    REFUSED = "refused", _("Cannot be used")
    READY = "ready", _("Ready to send")
    AWAITING_APPROVAL = "awaiting-approval", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    SCHEDULED = "scheduled", _("Scheduled")
    DELIVERING = "delivering", _("Delivering")
    NEEDS_ATTENTION = "needs-attention", _("Needs attention")
    COMPLETE = "complete", _("Complete")
    COMPLETE_WITH_FAILURES = "complete-with-failures", _("Complete with failures")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")

    @property
    def is_final(self) -> bool:
        """Whether nothing will follow by itself or by a person."""
        return self in FINAL_BATCH_STATES

    @property
    def is_moving(self) -> bool:
        """Whether a worker will take it further without a person."""
        return self in {BatchState.CHECKING, BatchState.DELIVERING}


class PartState(models.TextChoices):
    """Where one part (one `batchUpdate` call, F6) stands."""

    PENDING = "pending", _("Waiting")
    CLAIMED = "claimed", _("Being prepared")
    SENDING = "sending", _("Sending")
    WAITING_TO_RETRY = "waiting-to-retry", _("Waiting to try again")
    IN_DOUBT = "in-doubt", _("In doubt")
    ACCEPTED = "accepted", _("Accepted by Target")
    COMPLETE = "complete", pgettext_lazy("a part", "Complete")
    COMPLETE_WITH_FAILURES = "complete-with-failures", pgettext_lazy("a part", "Complete with failures")
    REFUSED = "refused", _("Refused by Target")
    STUCK = "stuck", _("Stuck at Target")
    STATUS_UNKNOWN = "status-unknown", _("Result unknown")
    NOT_APPLIED = "not-applied", _("Did not arrive")
    CLOSED_UNKNOWN = "closed-unknown", _("Closed, unknown")
    CANCELLED = "cancelled", _("Cancelled, not sent")


class Verdict(models.TextChoices):
    """What came of asking for approval."""

    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")
    REJECTED = "rejected", _("Rejected")
    VOID = "void", _("Void")


class Decision(models.TextChoices):
    """What a person said about a part of which Target's answers do not tell enough."""

    ARRIVED = "arrived", _("Marked as arrived")
    SEND_AGAIN = "send-again", _("Marked as not arrived, to be sent again")
    LEAVE_OUT = "leave-out", _("Marked as not arrived, not to be sent again")
    CLOSE = "close", _("Closed as unknown")
    ACKNOWLEDGE = "acknowledge", _("Noted")


FINAL_BATCH_STATES = frozenset(
    {
        BatchState.REFUSED,
        BatchState.REJECTED,
        BatchState.COMPLETE,
        BatchState.COMPLETE_WITH_FAILURES,
        BatchState.FAILED,
        BatchState.CANCELLED,
    }
)

#: Checked, and nothing of it can have left: a person may still stop all of it.
BEFORE_RELEASE_STATES = frozenset(
    {BatchState.READY, BatchState.AWAITING_APPROVAL, BatchState.APPROVED, BatchState.SCHEDULED}
)

#: What such a batch has in common with others is found out, and people choose what becomes of it.
COMPARED_BATCH_STATES = BEFORE_RELEASE_STATES - {BatchState.APPROVED}

#: A part that waits to be sent.
UNSENT_PART_STATES = frozenset({PartState.PENDING, PartState.WAITING_TO_RETRY})
#: A part that has certainly not left: a person may still stop it.
STOPPABLE_PART_STATES = UNSENT_PART_STATES | {PartState.CLAIMED}
#: A part that a worker holds or that Target has and is working on.
IN_FLIGHT_PART_STATES = frozenset({PartState.CLAIMED, PartState.SENDING, PartState.ACCEPTED})
#: A part of which Target reported an end, with or without refused rows (T8).
DONE_PART_STATES = frozenset({PartState.COMPLETE, PartState.COMPLETE_WITH_FAILURES})
#: A part of which nobody can say what Target made of it.
UNCLEAR_PART_STATES = frozenset(
    {PartState.IN_DOUBT, PartState.STUCK, PartState.STATUS_UNKNOWN, PartState.CLOSED_UNKNOWN}
)
#: A part that may still get to Target, or may just have: what is behind it waits.
BLOCKING_PART_STATES = UNSENT_PART_STATES | {PartState.CLAIMED, PartState.SENDING, PartState.IN_DOUBT}
#: A part of which Target certainly has nothing, and will not get it under this number.
KEPT_OUT_PART_STATES = frozenset({PartState.REFUSED, PartState.NOT_APPLIED})

#: A part that Target said it took (T4), whatever it made of it; or a person found that it had.
ACCEPTED_PART_STATES = DONE_PART_STATES | {PartState.ACCEPTED, PartState.STUCK, PartState.STATUS_UNKNOWN}
FINAL_PART_STATES = (
    ACCEPTED_PART_STATES - {PartState.ACCEPTED}
    | KEPT_OUT_PART_STATES
    | {PartState.CLOSED_UNKNOWN, PartState.CANCELLED}
)

#: What a person may decide about a part that stands so, as long as nobody has.
DECISIONS: dict[PartState, tuple[Decision, ...]] = {
    PartState.IN_DOUBT: (Decision.ARRIVED, Decision.SEND_AGAIN, Decision.LEAVE_OUT, Decision.CLOSE),
    PartState.NOT_APPLIED: (Decision.SEND_AGAIN, Decision.LEAVE_OUT),
    PartState.STUCK: (Decision.ACKNOWLEDGE,),
    PartState.STATUS_UNKNOWN: (Decision.ACKNOWLEDGE,),
}

B, P = BatchState, PartState
#: Nobody knows what went after the copy was made.
_RECOVERED = "an older copy was brought back"

#: From each state, where it may go and what takes it there.
BATCH_TRANSITIONS: dict[BatchState, dict[BatchState, str]] = {
    B.RECEIVED: {B.CHECKING: "reading confirmed", B.CANCELLED: "cancelled"},
    B.CHECKING: {B.READY: "checked", B.REFUSED: "file unusable", B.CANCELLED: "cancelled"},
    B.READY: {
        B.CHECKING: "read differently",
        B.AWAITING_APPROVAL: "approval asked for",
        B.SCHEDULED: "a time was chosen",
        B.DELIVERING: "released",
        B.CANCELLED: "cancelled",
    },
    B.AWAITING_APPROVAL: {
        B.APPROVED: "a reviewer approved",
        B.READY: "returned, taken back, or void",
        B.REJECTED: "a reviewer rejected",
        B.CANCELLED: "cancelled",
    },
    B.APPROVED: {
        B.SCHEDULED: "approved for a chosen time",
        B.DELIVERING: "released",
        B.READY: "void: something changed",
        B.CANCELLED: "cancelled",
    },
    B.SCHEDULED: {
        B.DELIVERING: "its time has come",
        B.READY: "taken back, or something changed",
        B.CANCELLED: "cancelled",
    },
    # Final unless a person reads the file differently: then it may be of use after all.
    B.REFUSED: {B.CHECKING: "read differently"},
    B.DELIVERING: {
        B.NEEDS_ATTENTION: "a person must look at a part, or at the rest",
        B.COMPLETE: "every part complete",
        B.COMPLETE_WITH_FAILURES: "ended, not for every row",
        B.FAILED: "Target took nothing",
        B.CANCELLED: "stopped, the rest ended",
    },
    B.NEEDS_ATTENTION: {
        B.DELIVERING: "decided, goes on",
        B.COMPLETE: "decided, every part complete",
        B.COMPLETE_WITH_FAILURES: "decided, not for every row",
        B.FAILED: "decided, Target took nothing",
        B.CANCELLED: "decided, the rest stopped",
    },
}

PART_TRANSITIONS: dict[PartState, dict[PartState, str]] = {
    P.PENDING: {P.CLAIMED: "its turn", P.IN_DOUBT: _RECOVERED, P.CANCELLED: "stopped"},
    P.CLAIMED: {
        P.PENDING: "nothing sent yet, worker died or no room",
        P.SENDING: "the next byte may leave",
        P.REFUSED: "file missing or changed",
        P.IN_DOUBT: _RECOVERED,
        P.CANCELLED: "stopped",
    },
    P.SENDING: {
        P.ACCEPTED: "Target took it",
        P.REFUSED: "Target refused it",
        P.WAITING_TO_RETRY: "nothing applied",
        P.IN_DOUBT: "nobody knows",
    },
    P.WAITING_TO_RETRY: {
        P.CLAIMED: "its turn",
        P.IN_DOUBT: _RECOVERED,
        P.CANCELLED: "stopped",
    },
    P.IN_DOUBT: {
        P.ACCEPTED: "late answer, or a person found it",
        P.NOT_APPLIED: "late answer, or a person missed it",
        P.CLOSED_UNKNOWN: "a person gave up",
    },
    P.ACCEPTED: {
        P.COMPLETE: "every row updated",
        P.COMPLETE_WITH_FAILURES: "not every row updated",
        P.STUCK: "Target gave up",
        P.STATUS_UNKNOWN: "no status to be had",
    },
}
