"""What Target's answer to a POST does to a part: the design's table *what happens / where it ends*.

An answer is a small value that fits the journal, so that the worker that got it and the sweep that finds it
left there write the same to the database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import audit, queue, target
from uploads.models import Call, Part, PartState

from . import calls, locks
from .cancel import stop_what_came_back
from .follow import FIRST_POLL
from .leases import NO_CLAIM
from .settle import settle
from .transitions import move

FIRST_RETRY = timedelta(seconds=5)


@dataclass(frozen=True)
class Answer:
    """What a POST ended in.

    state: where the part goes: accepted, refused, waiting-to-retry or in-doubt.
    outcome: a stable word for the call's row. reason: why it waits, is in doubt or refused, one of
    `pages.words.PART_REASONS`. message: Target's words, or the error's.
    target_batch_id, status_url: of an accepted batch, "" where Target gave none (T4).
    retry_after: seconds, where Target said so. at: when it came, ISO 8601.
    handed_over: bytes of the body that the connection was given, where the part is in doubt.
    """

    state: str
    outcome: str
    reason: str = ""
    http_status: int | None = None
    message: str = ""
    target_batch_id: str = ""
    status_url: str = ""
    retry_after: float | None = None
    handed_over: int | None = None
    at: str = ""


def accepted(answer: target.Accepted) -> Answer:
    """T4: the batch is queued at Target, which is not yet applied."""
    return Answer(
        PartState.ACCEPTED.value,
        "accepted",
        http_status=200,
        message=answer.message[:500],
        target_batch_id=(answer.batch_id or "")[:200],
        status_url=(answer.status_url or "")[:1000],
        at=now().isoformat(),
    )


def failed(error: target.TargetError) -> Answer:
    """Any other end of a POST."""
    told = {"http_status": error.http_status, "message": error.detail[:500], "at": now().isoformat()}
    if isinstance(error, target.Refused):
        return Answer(PartState.REFUSED.value, "refused", "target", **told)
    if isinstance(error, target.RetrySafely):
        state = PartState.WAITING_TO_RETRY.value
        return Answer(state, error.kind, error.kind, retry_after=error.retry_after, **told)
    return Answer(PartState.IN_DOUBT.value, "unknown", "answer", handed_over=error.handed_over, **told)


def record(part: Part, call: Call, answer: Answer) -> bool:
    """Write an answer to the database, once: False where it is there already, or no longer counts.

    `part` carries the claim under which it was sent. Raises OperationalError.
    """
    with transaction.atomic():
        locks.account_and_batch(part)
        calls.answered(call, answer.outcome, answer.http_status)
        if answer.state == PartState.ACCEPTED:
            return _record_accepted(part, answer) or _note_late(part, answer)
        return _record_failure(part, call, answer) or _note_late(part, answer)


def _record_accepted(part: Part, answer: Answer) -> bool:
    """It counts also where the sweep gave the worker up meanwhile (a machine that slept): the part is then
    no longer in doubt."""
    calls.went_well(part.batch.destination)
    given_up = _was_given_up(part)
    moved = let_go(
        part,
        PartState.ACCEPTED,
        "part.accepted",
        old=PartState.IN_DOUBT if given_up else PartState.SENDING,
        holding=None if given_up else part.claim,
        facts={"target_batch": answer.target_batch_id},
        message=answer.message,
        target_batch_id=answer.target_batch_id,
        status_url=answer.status_url,
        next_poll_at=Now() + FIRST_POLL,
        answered_at=datetime.fromisoformat(answer.at),
        reason="",
    )
    if moved:
        following = part.batch.parts.filter(number__gt=part.number).to_send().first()
        if following is not None:
            queue.ring("deliver", following.pk)
    return moved


def _record_failure(part: Part, call: Call, answer: Answer) -> bool:
    updates = {"message": answer.message, "answered_at": datetime.fromisoformat(answer.at)}
    if answer.state == PartState.WAITING_TO_RETRY:
        updates["next_try_at"] = Now() + _pause_before_retry(part, call, answer)
    state = PartState(answer.state)
    if _was_given_up(part):
        return state != PartState.IN_DOUBT and _record_not_applied(part, answer)
    if state == PartState.IN_DOUBT:
        updates["handed_over"] = answer.handed_over
    return let_go(part, state, f"part.{state}", old=PartState.SENDING, reason=answer.reason, **updates)


def _was_given_up(part: Part) -> bool:
    """Whether the part was put into doubt before its answer was known, and nobody has decided about it."""
    reasons = ("worker-lost", "recovered")
    return Part.objects.filter(pk=part.pk, state=PartState.IN_DOUBT, reason__in=reasons).exists()


def _record_not_applied(part: Part, answer: Answer) -> bool:
    """A worker that was given up learnt after all that Target took nothing: a person may send it again."""
    return let_go(
        part,
        PartState.NOT_APPLIED,
        "part.not-applied",
        old=PartState.IN_DOUBT,
        holding=None,
        reason="late-refusal",
        message=answer.message,
        answered_at=datetime.fromisoformat(answer.at),
    )


def _note_late(part: Part, answer: Answer) -> bool:
    """Keep visible what Target answered to a part about which a person had decided by then.

    Nothing changes: the decision stands, and may have had the rows sent again.
    """
    decided = Part.objects.filter(pk=part.pk, late_answer="").exclude(decision="")
    if answer.state == PartState.IN_DOUBT or decided.update(late_answer=answer.state) != 1:
        return False
    audit.record(None, "part.late-answer", part.batch, part=part.number, answer=answer.state)
    return True


def _pause_before_retry(part: Part, call: Call, answer: Answer) -> timedelta:
    destination = part.batch.destination
    if answer.reason == "busy":
        return calls.slow_down(destination, answer.retry_after)
    if answer.reason == "token":
        calls.pause_for_token(destination, call)
    return calls.backoff(part.attempts, first=FIRST_RETRY)


def let_go(
    part: Part, new: PartState, action: str, *, old: PartState, facts: dict | None = None, **updates
) -> bool:
    """Let go of a part in a new state and bring its batch into line; False where it was taken away."""
    updates = {"holding": part.claim, **updates}
    facts = {"reason": updates["reason"]} if updates.get("reason") else facts
    with transaction.atomic():
        moved = move(part, new, action, old=old, facts=facts, **updates, **NO_CLAIM)
        if moved and new == PartState.WAITING_TO_RETRY:
            stop_what_came_back(part)
        if moved:
            settle(part.batch)
    return moved
