"""Releasing a batch and sending its parts: claim, commit *sending*, POST, record.

What the answer does to the part stands in `answers`; until the database has it, it is in the `journal`.
"""

import hashlib
import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import files, queue, target, tracing
from uploads.models import AttributeName, Batch, BatchState, Call, Overlap, Part, PartState, User
from uploads.models.states import UNSENT_PART_STATES
from uploads.sealing import CannotUnseal

from . import answers, binding, calls, journal, lanes, locks, overlaps
from .answers import Answer
from .leases import NO_CLAIM, STORAGE_PAUSE, claim_fields, kept_alive
from .transitions import move

logger = logging.getLogger(__name__)

#: How long a part waits for somebody to make room on the disk.
NO_ROOM_PAUSE = timedelta(minutes=1)
CHUNK = 1_000_000
SUBMIT_TIMEOUTS = replace(target.SUBMIT_TIMEOUTS, stall=settings.SUBMIT_SILENCE_SECONDS)


class PartFileFault(Exception):
    """The part file must not be sent: `reason` says whether it is missing or has changed."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def release(actor: User, batch: Batch) -> bool:
    """Send the good rows of a checked batch: of one that needs no approval, or of an approved one.

    False where it is neither (or no longer), has none, its destination does not take it, or what it has in
    common with earlier batches keeps it (`overlaps.gate_of`). An approved batch that is no longer what was
    approved goes back to its uploader.
    """
    with transaction.atomic():
        binding.hold(batch)
        if not batch.is_taken or not batch.parts.exists():
            return False
        is_approved = batch.state == BatchState.APPROVED
        if is_approved and binding.has_lost_its_approval(batch):
            binding.void(batch)
            return False
        if not is_approved and (batch.state != BatchState.READY or batch.needs_approval):
            return False
        if overlaps.gate_of(batch):
            return False
        return set_off(actor, batch, released_by=actor)


def set_off(actor: User | None, batch: Batch, released_by: User) -> bool:
    """Bring a batch on its way, in the transaction that made sure that it may go."""
    released = move(
        batch,
        BatchState.DELIVERING,
        "batch.released",
        old=batch.status,
        actor=actor,
        facts={"rows": batch.accepted, "parts": batch.parts.count()},
        released_at=now(),
        released_by=released_by,
        schedule_failure="",
    )
    if released:
        Overlap.objects.filter(pk=batch.pk).update(compared_with=[])
        AttributeName.objects.note(batch.destination, batch.attributes, released_by)
        queue.ring("deliver", batch.parts.order_by("number").first().pk)
    return released


def deliver(part_id: int) -> None:
    """Send one part, if it is its turn; otherwise do nothing (the sweep rings again).

    Safe to run twice, late or at once in several workers: the claim admits one.
    """
    part = Part.objects.select_related("batch__destination").filter(pk=part_id).first()
    if part is None or not _claim(part):
        return
    with tracing.tracing(batch=part.batch_id), kept_alive(part):
        _send_claimed(part)


def _claim(part: Part) -> bool:
    """Take the part, unless the batch is stopped, an earlier part is not done, or the account is busy."""
    # A look without the lock: most rings come while there is nothing to be done yet.
    if part.state not in UNSENT_PART_STATES or lanes.obstacle_of(part) is not None:
        return False
    with transaction.atomic():
        # Locks the account's lane, so that of two workers one sees the other's claim.
        locks.account(part.batch.destination)
        if not Part.objects.due_to_send().filter(pk=part.pk).exists() or lanes.obstacle_of(part) is not None:
            return False
        return move(part, PartState.CLAIMED, "part.claimed", old=part.status, **claim_fields())


def _send_claimed(part: Part) -> None:
    if binding.has_lost_its_approval(part.batch):
        answers.let_go(part, PartState.REFUSED, "part.refused", old=PartState.CLAIMED, reason="approval-void")
        return
    try:
        body = _checked_file(part)
    except PartFileFault as fault:
        answers.let_go(part, PartState.REFUSED, "part.refused", old=PartState.CLAIMED, reason=fault.reason)
        return
    except OSError as error:
        # Whether the file is there is not known: that is no reason to refuse it.
        logger.error("The file of %s cannot be read now (%s): nothing is sent.", part, error.strerror)
        _hand_back(part, STORAGE_PAUSE, reason="storage-away")
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
    try:
        # Its room on disk comes first: an answer must never find the disk full.
        entry = journal.begin(part, call)
    except OSError as error:
        logger.error("No room for Target's answer (%s): nothing is sent.", error.strerror)
        calls.answered(call, calls.NOT_MADE)
        _hand_back(part, NO_ROOM_PAUSE, reason="no-room")
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
        calls.answered(call, calls.NOT_MADE)
        entry.remove()
        return
    try:
        accepted = target.submit(
            account, body, part.bytes, timeouts=SUBMIT_TIMEOUTS, go_ahead=lambda: _still_ours(part)
        )
        answer = answers.accepted(accepted)
    except target.TargetError as error:
        answer = answers.failed(error)
    entry.write(answer)
    if _written(part, call, answer):
        entry.remove()


def _still_ours(part: Part) -> bool:
    """Whether nobody has given this worker up, as the sweep does where it stood still past its lease.

    By now a person may have decided that the part did not arrive, and had it sent again.
    """
    try:
        return Part.objects.filter(pk=part.pk, claim=part.claim, state=PartState.SENDING).exists()
    except DatabaseError:
        # Nothing has left; whoever can reach the database finds that in the journal.
        return False


def _checked_file(part: Part) -> BinaryIO:
    """The part file, opened and proven to be the one that was checked.

    Raises PartFileFault, and another OSError where the file cannot be read now.
    """
    try:
        body = files.open_part(part)
    except FileNotFoundError:
        raise PartFileFault("file-missing") from None
    digest = hashlib.sha256()
    while chunk := body.read(CHUNK):
        digest.update(chunk)
    if digest.hexdigest() != part.sha256:
        body.close()
        raise PartFileFault("file-changed")
    body.seek(0)
    return body


def _hand_back(part: Part, pause: timedelta, reason: str = "") -> None:
    move(
        part,
        PartState.PENDING,
        "part.released",
        old=PartState.CLAIMED,
        holding=part.claim,
        facts={"reason": reason} if reason else None,
        reason=reason,
        next_try_at=Now() + pause,
        **NO_CLAIM,
    )


def _written(part: Part, call: Call, answer: Answer) -> bool:
    """Write the answer to the database; False where that stays locked: the sweep then takes the journal's."""
    for pause in (0.5, 1, 2, 5, 0):
        try:
            answers.record(part, call, answer)
            return True
        except OperationalError as error:
            logger.warning("The database is busy (%s); Target's answer is in the journal.", error)
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
    return False
