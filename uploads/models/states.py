"""The states of batches and parts and the only transitions between them.

Nothing else in the product says what may follow what: `workflow.transitions` refuses a change that
is not listed here.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchState(models.TextChoices):
    """Where a batch stands, from its upload to its end."""

    RECEIVED = "received", _("Received")
    CHECKING = "checking", _("Checking")
    REFUSED = "refused", _("Cannot be used")
    READY = "ready", _("Ready to send")
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
    COMPLETE = "complete", _("Complete")
    COMPLETE_WITH_FAILURES = "complete-with-failures", _("Complete with failures")
    REFUSED = "refused", _("Refused by Target")
    STUCK = "stuck", _("Stuck at Target")
    STATUS_UNKNOWN = "status-unknown", _("Result unknown")
    CANCELLED = "cancelled", _("Cancelled, not sent")


FINAL_BATCH_STATES = frozenset(
    {
        BatchState.REFUSED,
        BatchState.COMPLETE,
        BatchState.COMPLETE_WITH_FAILURES,
        BatchState.FAILED,
        BatchState.CANCELLED,
    }
)

#: A part that waits to be sent.
UNSENT_PART_STATES = frozenset({PartState.PENDING, PartState.WAITING_TO_RETRY})
#: A part that has certainly not left: a person may still stop it.
STOPPABLE_PART_STATES = UNSENT_PART_STATES | {PartState.CLAIMED}
#: A part that a worker holds or that Target has and is working on.
IN_FLIGHT_PART_STATES = frozenset({PartState.CLAIMED, PartState.SENDING, PartState.ACCEPTED})
#: A part of which nobody can yet say what became of it.
UNCLEAR_PART_STATES = frozenset({PartState.IN_DOUBT, PartState.STUCK, PartState.STATUS_UNKNOWN})
#: A part of which Target reported an end, with or without refused rows (T8).
DONE_PART_STATES = frozenset({PartState.COMPLETE, PartState.COMPLETE_WITH_FAILURES})

#: A part that Target said it took (T4), whatever it made of it.
ACCEPTED_PART_STATES = DONE_PART_STATES | {PartState.ACCEPTED, PartState.STUCK, PartState.STATUS_UNKNOWN}
FINAL_PART_STATES = ACCEPTED_PART_STATES - {PartState.ACCEPTED} | {PartState.REFUSED, PartState.CANCELLED}

B, P = BatchState, PartState

BATCH_TRANSITIONS: dict[BatchState, frozenset[BatchState]] = {
    B.RECEIVED: frozenset({B.CHECKING, B.CANCELLED}),
    B.CHECKING: frozenset({B.READY, B.REFUSED, B.CANCELLED}),
    B.READY: frozenset({B.CHECKING, B.DELIVERING, B.CANCELLED}),
    # Final unless a person reads the file differently: then it may be of use after all.
    B.REFUSED: frozenset({B.CHECKING}),
    B.DELIVERING: frozenset({B.COMPLETE, B.COMPLETE_WITH_FAILURES, B.FAILED, B.NEEDS_ATTENTION, B.CANCELLED}),
    B.NEEDS_ATTENTION: frozenset({B.DELIVERING, B.COMPLETE, B.COMPLETE_WITH_FAILURES, B.FAILED, B.CANCELLED}),
}

PART_TRANSITIONS: dict[PartState, frozenset[PartState]] = {
    P.PENDING: frozenset({P.CLAIMED, P.CANCELLED}),
    # Back to pending: its worker died, or no call was free, before anything was sent.
    # Refused: the part file is missing or changed, so nothing may be sent.
    P.CLAIMED: frozenset({P.PENDING, P.SENDING, P.REFUSED, P.CANCELLED}),
    P.SENDING: frozenset({P.ACCEPTED, P.REFUSED, P.WAITING_TO_RETRY, P.IN_DOUBT}),
    P.WAITING_TO_RETRY: frozenset({P.CLAIMED, P.CANCELLED}),
    P.IN_DOUBT: frozenset({P.ACCEPTED}),
    P.ACCEPTED: frozenset({P.COMPLETE, P.COMPLETE_WITH_FAILURES, P.STUCK, P.STATUS_UNKNOWN}),
}
