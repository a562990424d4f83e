"""Following a part until Target is done with it (T6-T10)."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import queue, target
from uploads.models import Call, Part, PartState
from uploads.sealing import CannotUnseal

from . import calls, locks
from .leases import LEASE
from .refusals import ListedIds
from .settle import settle
from .transitions import move

#: So long after Target accepted it a part is first asked about; each further poll waits twice as long.
logger = logging.getLogger(__name__)

FIRST_POLL = timedelta(seconds=5)
#: A poll that is under way: no other begins before this has passed.
POLL_LEASE = 1.5 * LEASE
#: Target forgets a status after a day (T10).
GIVE_UP_AFTER = timedelta(hours=24)
#: After these Target says nothing new of a batch (T8).
LAST_STATES = ("complete", "stuck")
NO_ROOM = "The server's disk is full."


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
        account = destination.target_account()
    except CannotUnseal:
        calls.answered(call, calls.NOT_MADE)
        calls.pause_for_token(destination)
        return
    try:
        _poll(part, call, account)
    except OSError as error:
        logger.error("No room for the ids that Target lists (%s): it is asked again.", error.strerror)
        calls.answered(call, "not-kept")
        _poll_again(part, poll_trouble=NO_ROOM)


def _poll(part: Part, call: Call, account: target.Account) -> None:
    """Make one status call and record its answer; raises OSError where what it lists cannot be kept."""
    with ListedIds() as listed:
        try:
            status = target.status(account, part.status_url, failed_ids=listed.add)
        except target.PollFailed as error:
            _record_trouble(part, call, error)
            return
        is_last = status.state in LAST_STATES
        # First the file: what the database speaks of is there.
        if is_last and listed.count:
            listed.keep(part)
        _record_status(part, call, status, listed.count if is_last else 0)


def _account(part: Part) -> target.Account:
    """The account without its token: enough to judge an address."""
    destination = part.batch.destination
    return target.Account(
        client_code=destination.client_code,
        base_url=destination.base_url,
        version=destination.api_version,
        sandbox=destination.is_sandbox,
    )


def _record_status(part: Part, call: Call, status: target.Status, listed: int) -> None:
    counts = {
        "batch_size": status.batch_size,
        "consumed": status.consumed,
        "updated": status.updated,
        "not_found": status.not_found,
        "failed": status.failed,
        "listed": listed,
    }
    with transaction.atomic():
        locks.account_and_batch(part)
        calls.answered(call, status.state, 200)
        calls.went_well(part.batch.destination)
        if status.state == "stuck":
            _end(part, PartState.STUCK, "part.stuck", counts=counts)
        elif status.state == "complete" and _falls_short(part, status, listed):
            _end(part, PartState.COMPLETE_WITH_FAILURES, "part.complete-with-failures", counts=counts)
        elif status.state == "complete":
            _end(part, PartState.COMPLETE, "part.complete", counts=counts)
        else:
            _poll_again(part, **counts, poll_trouble="")


def _falls_short(part: Part, status: target.Status, listed: int) -> bool:
    """Whether *complete* does not mean every row: failed ones (T8, T9), unknown visitors under v1 (F10),
    or rows that Target does not account for (T12), be it because it gives no counts at all."""
    return bool(listed or status.failed or status.not_found or (status.updated or 0) < part.rows)


def _record_trouble(part: Part, call: Call, error: target.PollFailed) -> None:
    """A poll that fails moves only the next poll; what Target has is not touched by it."""
    destination = part.batch.destination
    with transaction.atomic():
        locks.account_and_batch(part)
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
            locate_due_at=Now() if counts and counts["listed"] else None,
            **(counts or {}),
        ):
            settle(part.batch)
            if counts and counts["listed"]:
                queue.ring("locate", part.pk)
