"""What a person decides about a part of which Target's answers do not tell enough (T14)."""

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import now

from uploads import audit, queue
from uploads.models import Batch, Decision, Part, PartState, User
from uploads.models.states import DECISIONS

from . import locks
from .settle import settle
from .transitions import move

_OUT_OF_DOUBT = {
    Decision.ARRIVED: (PartState.ACCEPTED, "part.marked-arrived"),
    Decision.SEND_AGAIN: (PartState.NOT_APPLIED, "part.marked-not-arrived"),
    Decision.LEAVE_OUT: (PartState.NOT_APPLIED, "part.marked-not-arrived"),
    Decision.CLOSE: (PartState.CLOSED_UNKNOWN, "part.closed-unknown"),
}


def can_send_again(batch: Batch) -> bool:
    """Whether rows may be released once more: the batch is not stopped, its destination is active."""
    stopped = batch.parts.filter(state=PartState.CANCELLED).exists()
    return batch.destination.active and not stopped


def decide(actor: User, part: Part, decision: Decision, reason: str) -> bool:
    """Record a person's decision about a part, with their reason, and let its batch go on or end.

    False where it is none of the part's `states.DECISIONS` any more, because somebody else or a late answer
    was first, or where the rows may not be sent again.
    """
    with transaction.atomic():
        batch = locks.batch(part.batch_id)
        part = batch.parts.get(pk=part.pk)
        if part.decision or decision not in DECISIONS.get(part.status, ()):
            return False
        if decision == Decision.SEND_AGAIN and not can_send_again(batch):
            return False
        if not _decided(actor, part, decision, reason):
            return False
        if decision == Decision.SEND_AGAIN:
            _send_again(actor, part)
        settle(batch)
        waiting = batch.parts.to_send().order_by("number").first()
        if waiting is not None:
            queue.ring("deliver", waiting.pk)
    return True


def _decided(actor: User, part: Part, decision: Decision, reason: str) -> bool:
    said = {
        "decision": decision,
        "decided_at": now(),
        "decided_by": actor,
        "decision_reason": reason,
    }
    facts = {"decision": decision.value, "reason": reason}
    if part.state == PartState.IN_DOUBT:
        new, action = _OUT_OF_DOUBT[decision]
        if not move(part, new, action, old=PartState.IN_DOUBT, actor=actor, facts=facts, **said):
            return False
        # Target gave no address to ask for its status, and there is no other way to learn it (T14).
        if new == PartState.ACCEPTED:
            move(part, PartState.STATUS_UNKNOWN, "part.status-unknown", old=PartState.ACCEPTED)
        return True
    undecided = Part.objects.undecided().filter(pk=part.pk, state=part.state)
    if undecided.update(**said) != 1:
        return False
    audit.record(actor, "part.acknowledged", part.batch, part=part.number, **facts)
    return True


def _send_again(actor: User, part: Part) -> None:
    """The same rows from the same file as a new part, last in the batch; the decision releases it."""
    last = part.batch.parts.aggregate(last=Max("number"))["last"]
    new = Part.objects.create(
        batch=part.batch,
        number=last + 1,
        rows=part.rows,
        bytes=part.bytes,
        sha256=part.sha256,
        resends=part,
    )
    audit.record(actor, "part.resent", part.batch, part=new.number, resends=part.number, rows=new.rows)
