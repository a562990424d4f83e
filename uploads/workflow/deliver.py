"""Releasing a batch and sending its parts: claim, commit *sending*, POST, record.

The design's table *what happens / where it ends* is played out in `_record_failure`.
"""

import hashlib
import logging
import time
from datetime import timedelta
from typing import BinaryIO

from django.db import OperationalError, transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import files, queue, target
from uploads.models import Batch, BatchState, Call, Destination, Part, PartState, User
from uploads.models.part import PartQuerySet
from uploads.models.states import ACCEPTED_PART_STATES, UNSENT_PART_STATES
from uploads.sealing import CannotUnseal

from . import calls
from .cancel import stop_what_came_back
from .leases import NO_CLAIM, claim_fields, kept_alive
from .settle import settle
from .transitions import move

logger = logging.getLogger(__name__)

FIRST_POLL = timedelta(seconds=2)
FIRST_RETRY = timedelta(seconds=5)
CHUNK = 1_000_000
#: Target remembers 10 statuses an account (T10); two are left to batches sent by other means.
UNFINISHED_AT_TARGET = 8
#: For so long a part's status is not pushed out of Target's memory by newer ones, finished or not. One that
#: takes longer holds up nobody: should its status be lost, its page says so.
STATUS_IS_KEPT_FOR = timedelta(hours=1)
#: An earlier part of the same batch in one of these keeps the later ones waiting.
BLOCKING_PART_STATES = UNSENT_PART_STATES | {PartState.CLAIMED, PartState.SENDING, PartState.IN_DOUBT}


class PartFileFault(Exception):
    """The part file must not be sent: `reason` says whether it is missing or has changed."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def release(actor: User, batch: Batch) -> bool:
    """Send the good rows of a checked batch.

    False where it is not (or no longer) ready, has none, or its destination is inactive.
    """
    with transaction.atomic():
        active = Destination.objects.filter(pk=batch.destination_id, active=True).exists()
        first = batch.parts.order_by("number").first() if active else None
        released = first is not None and move(
            batch,
            BatchState.DELIVERING,
            "batch.released",
            old=BatchState.READY,
            actor=actor,
            facts={"rows": batch.accepted, "parts": batch.parts.count()},
            released_at=now(),
            released_by=actor,
        )
        if released:
            queue.ring("deliver", first.pk)
    return released


def deliver(part_id: int) -> None:
    """Send one part, if it is its turn; otherwise do nothing (the sweep rings again).

    Safe to run twice, late or at once in several workers: the claim admits one.
    """
    part = Part.objects.select_related("batch__destination").filter(pk=part_id).first()
    if part is None or not _claim(part):
        return
    with kept_alive(part):
        _send_claimed(part)


def _claim(part: Part) -> bool:
    """Take the part, unless the batch is stopped, an earlier part is not done, or the account is busy."""
    if part.state not in (PartState.PENDING, PartState.WAITING_TO_RETRY):
        return False
    if not calls.available(part.batch.destination):
        return False
    with transaction.atomic():
        # Locks the account's lane, so that of two workers one sees the other's claim.
        calls.lock(part.batch.destination)
        due = Part.objects.due_to_send().filter(pk=part.pk).exists()
        if not due or _lane_is_taken(part):
            return False
        return move(part, PartState.CLAIMED, "part.claimed", old=part.status, **claim_fields())


def _lane_is_taken(part: Part) -> bool:
    """Whether this part must wait: for an earlier part of its batch, for another part of the account
    that is being sent, or because Target would forget a status that we still wait for (T10)."""
    earlier = part.batch.parts.filter(number__lt=part.number)
    account = Part.objects.of_account(part.batch.destination)
    return (
        earlier.filter(state__in=BLOCKING_PART_STATES).exists()
        or account.filter(state__in=(PartState.CLAIMED, PartState.SENDING)).exists()
        or account.filter(state=PartState.ACCEPTED).count() >= UNFINISHED_AT_TARGET
        or _would_push_out_a_status(account)
    )


def _would_push_out_a_status(account: PartQuerySet) -> bool:
    recent = account.filter(state=PartState.ACCEPTED, sending_at__gt=Now() - STATUS_IS_KEPT_FOR)
    oldest = recent.order_by("sending_at").values_list("sending_at", flat=True).first()
    if oldest is None:
        return False
    perhaps_there = ACCEPTED_PART_STATES | {PartState.IN_DOUBT}
    return account.filter(state__in=perhaps_there, sending_at__gte=oldest).count() >= UNFINISHED_AT_TARGET


def _send_claimed(part: Part) -> None:
    try:
        body = _checked_file(part)
    except PartFileFault as fault:
        _finish(part, PartState.REFUSED, "part.refused", old=PartState.CLAIMED, reason=fault.reason)
        return
    with body:
        _send_file(part, body)


def _send_file(part: Part, body: BinaryIO) -> None:
    destination = part.batch.destination
    try:
        account = destination.target_account()
    except CannotUnseal:
        _hand_back(part, calls.BUDGET_PAUSE)
        calls.pause_for_token(destination)
        return
    call = calls.reserve(part, Call.Kind.SUBMIT)
    if call is None:
        _hand_back(part, calls.BUDGET_PAUSE)
        return
    if not move(
        part,
        PartState.SENDING,
        "part.sending",
        old=PartState.CLAIMED,
        holding=part.claim,
        sending_at=now(),
        attempts=part.attempts + 1,
    ):
        calls.answered(call, "not-made")
        return
    try:
        accepted = target.submit(account, body, part.bytes)
    except target.TargetError as error:
        failure = error
        _when_database_allows(lambda: _record_failure(part, call, failure))
    else:
        _when_database_allows(lambda: _record_accepted(part, call, accepted))


def _checked_file(part: Part) -> BinaryIO:
    """The part file, opened and proven to be the one that was checked; raises PartFileFault."""
    try:
        body = files.open_part(part)
    except OSError:
        raise PartFileFault("file-missing") from None
    digest = hashlib.sha256()
    while chunk := body.read(CHUNK):
        digest.update(chunk)
    if digest.hexdigest() != part.sha256:
        body.close()
        raise PartFileFault("file-changed")
    body.seek(0)
    return body


def _hand_back(part: Part, pause: timedelta) -> None:
    move(
        part,
        PartState.PENDING,
        "part.released",
        old=PartState.CLAIMED,
        holding=part.claim,
        next_try_at=Now() + pause,
        **NO_CLAIM,
    )


def _record_accepted(part: Part, call: Call, accepted: target.Accepted) -> None:
    """T4: the batch is queued at Target, which is not yet applied.

    It counts also where the sweep gave this worker up meanwhile (a machine that slept): the part
    is then no longer in doubt.
    """
    with transaction.atomic():
        calls.answered(call, "accepted", 200)
        calls.went_well(part.batch.destination)
        given_up = Part.objects.filter(pk=part.pk, state=PartState.IN_DOUBT, reason="worker-lost").exists()
        moved = _finish(
            part,
            PartState.ACCEPTED,
            "part.accepted",
            old=PartState.IN_DOUBT if given_up else PartState.SENDING,
            holding=None if given_up else part.claim,
            facts={"target_batch": accepted.batch_id},
            message=accepted.message[:500],
            target_batch_id=(accepted.batch_id or "")[:200],
            status_url=(accepted.status_url or "")[:1000],
            next_poll_at=Now() + FIRST_POLL,
            answered_at=now(),
            reason="",
        )
        if moved:
            following = part.batch.parts.filter(number__gt=part.number).unsent().first()
            if following is not None:
                queue.ring("deliver", following.pk)


def _record_failure(part: Part, call: Call, error: target.TargetError) -> None:
    """Put a part where the design's table says that this failure ends."""
    destination = part.batch.destination
    outcome = {"message": error.detail[:500], "answered_at": now()}
    with transaction.atomic():
        if isinstance(error, target.Refused):
            calls.answered(call, "refused", error.http_status)
            _finish(
                part, PartState.REFUSED, "part.refused", old=PartState.SENDING, reason="target", **outcome
            )
        elif isinstance(error, target.RetrySafely):
            calls.answered(call, error.kind, error.http_status)
            if error.kind == "busy":
                pause = calls.slow_down(destination, error.retry_after)
            else:
                pause = calls.backoff(part.attempts, first=FIRST_RETRY)
            if error.kind == "token":
                calls.pause_for_token(destination, call)
            _finish(
                part,
                PartState.WAITING_TO_RETRY,
                "part.waiting-to-retry",
                old=PartState.SENDING,
                reason=error.kind,
                next_try_at=Now() + pause,
                **outcome,
            )
        else:
            calls.answered(call, "unknown", error.http_status)
            _finish(
                part, PartState.IN_DOUBT, "part.in-doubt", old=PartState.SENDING, reason="answer", **outcome
            )


def _finish(
    part: Part, new: PartState, action: str, *, old: PartState, facts: dict | None = None, **updates
) -> bool:
    """Let go of the part in a new state and bring its batch into line."""
    updates = {"holding": part.claim, **updates}
    facts = {"reason": updates["reason"]} if updates.get("reason") else facts
    with transaction.atomic():
        moved = move(part, new, action, old=old, facts=facts, **updates, **NO_CLAIM)
        if moved and new == PartState.WAITING_TO_RETRY:
            stop_what_came_back(part)
        if moved:
            settle(part.batch)
    return moved


def _when_database_allows(write) -> None:
    """Write an answer that must not be lost; a locked database is asked again for several minutes."""
    for pause in (0.5, 1, 2, 5, 10, 20, 40, 60):
        try:
            write()
            return
        except OperationalError as error:
            logger.warning("The database is busy (%s); the answer is kept and written again.", error)
            time.sleep(pause)
    write()
