"""Following a part until Target is done with it (T6-T10)."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import target
from uploads.models import Call, Part, PartState
from uploads.sealing import CannotUnseal

from . import calls
from .leases import LEASE
from .settle import settle
from .transitions import move

#: So long after Target accepted it a part is first asked about; each further poll waits twice as long.
FIRST_POLL = timedelta(seconds=5)
#: A poll that is under way: no other begins before this has passed.
POLL_LEASE = 2 * LEASE
#: Target forgets a status after a day (T10).
GIVE_UP_AFTER = timedelta(hours=24)


def follow(part_id: int) -> None:
    """Ask Target once how far it is with a part, if that is due; safe to run twice."""
    part = Part.objects.select_related("batch__destination").filter(pk=part_id).first()
    due = Part.objects.due_to_poll().filter(pk=part_id)
    if part is None or not due.exists():
        return
    destination = part.batch.destination
    # Neither needs a call: they end it also where the account is paused.
    if not part.status_url or target.allowed_status_url(_account(part), part.status_url) is None:
        _end(part, PartState.STATUS_UNKNOWN, "part.status-unknown", reason="status-url")
        return
    if now() - part.answered_at > GIVE_UP_AFTER:
        _end(part, PartState.STATUS_UNKNOWN, "part.status-unknown", reason="silent")
        return
    # Moving the due time on is the claim: one conditional UPDATE, which one worker wins.
    if not calls.available(destination) or due.update(next_poll_at=Now() + POLL_LEASE) != 1:
        return
    call = calls.reserve(part, Call.Kind.STATUS)
    if call is None:
        Part.objects.filter(pk=part.pk).update(next_poll_at=Now() + calls.BUDGET_PAUSE)
        return
    try:
        status = target.status(destination.target_account(), part.status_url)
    except CannotUnseal:
        calls.answered(call, "not-made")
        calls.pause_for_token(destination)
    except target.PollFailed as error:
        _record_trouble(part, call, error)
    else:
        _record_status(part, call, status)


def _account(part: Part) -> target.Account:
    """The account without its token: enough to judge an address."""
    destination = part.batch.destination
    return target.Account(
        client_code=destination.client_code,
        base_url=destination.base_url,
        version=destination.api_version,
        sandbox=destination.is_sandbox,
    )


def _record_status(part: Part, call: Call, status: target.Status) -> None:
    counts = {
        "batch_size": status.batch_size,
        "consumed": status.consumed,
        "updated": status.updated,
        "not_found": status.not_found,
        "failed": status.failed,
    }
    with transaction.atomic():
        calls.answered(call, status.state, 200)
        calls.went_well(part.batch.destination)
        if status.state == "stuck":
            _end(part, PartState.STUCK, "part.stuck", counts=counts)
        elif status.state == "complete" and _falls_short(part, status):
            _end(part, PartState.COMPLETE_WITH_FAILURES, "part.complete-with-failures", counts=counts)
        elif status.state == "complete":
            _end(part, PartState.COMPLETE, "part.complete", counts=counts)
        else:
            _poll_again(part, **counts, poll_trouble="")


def _falls_short(part: Part, status: target.Status) -> bool:
    """Whether *complete* does not mean every row: failed ones (T8), unknown visitors under v1 (F10),
    or rows that Target does not account for (T12), be it because it gives no counts at all."""
    return bool(status.failed or status.not_found or (status.updated or 0) < part.rows)


def _record_trouble(part: Part, call: Call, error: target.PollFailed) -> None:
    """A poll that fails moves only the next poll; what Target has is not touched by it."""
    destination = part.batch.destination
    with transaction.atomic():
        calls.answered(call, error.kind, error.http_status)
        if error.kind == "not-found":
            _end(part, PartState.STATUS_UNKNOWN, "part.status-unknown", reason="forgotten")
            return
        if error.kind == "token":
            calls.pause_for_token(destination, call)
        elif error.kind == "busy":
            calls.slow_down(destination, error.retry_after)
        _poll_again(part, poll_trouble=error.detail[:200])


def _poll_again(part: Part, **updates) -> None:
    pause = calls.backoff(part.polls + 2, first=FIRST_POLL)
    Part.objects.filter(pk=part.pk, state=PartState.ACCEPTED).update(
        polls=part.polls + 1, next_poll_at=Now() + pause, **updates
    )


def _end(part: Part, new: PartState, action: str, *, counts: dict | None = None, reason: str = "") -> None:
    facts = {"reason": reason} if reason else counts
    with transaction.atomic():
        if move(
            part,
            new,
            action,
            old=PartState.ACCEPTED,
            facts=facts,
            reason=reason,
            polls=part.polls + 1,
            next_poll_at=None,
            **(counts or {}),
        ):
            settle(part.batch)
