"""An account's lane: what keeps a part from being sent now (T3, T10, T11).

The claim and the pages ask the same function, so that what a page says is why the part waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models.functions import Now

from uploads.models import Account, Batch, Destination, Part, PartState
from uploads.models.part import PartQuerySet
from uploads.models.states import (
    ACCEPTED_PART_STATES,
    BLOCKING_PART_STATES,
    UNCLEAR_PART_STATES,
    UNSENT_PART_STATES,
)

from . import calls, overlaps

#: Target remembers 10 statuses an account (T10); two are left to batches sent by other means.
UNFINISHED_AT_TARGET = 8
#: For so long a part's status is not pushed out of Target's memory by newer ones, finished or not. One that
#: takes longer holds up nobody: should its status be lost, its page says so.
STATUS_IS_KEPT_FOR = timedelta(hours=1)


class Hold(StrEnum):
    """What a part can wait for."""

    FIRST_ROWS = "first rows"
    EARLIER_PART = "earlier part"
    PAUSED = "paused"
    EARLIER_BATCH = "earlier batch"
    SLOWED = "slowed"
    RETRY = "retry"
    AT_TARGET = "at target"
    REMEMBERED = "remembered"
    OTHER_PART = "other part"
    BUDGET = "budget"


@dataclass(frozen=True)
class Obstacle:
    """Why a part is not sent now.

    until: when that ends by itself, where anybody can tell; by the database's clock.
    part: the earlier part, of the same batch or of an earlier one with the same ids, that must go first.
    """

    hold: Hold
    until: datetime | None = None
    part: Part | None = None


@dataclass(frozen=True)
class Lane:
    """One look at an account, by the database's clock.

    calls_used: calls of the last 60 seconds; calls_free_at: when one becomes free, None where one is.
    at_target: parts that Target has accepted and not finished, of all batches of the account.
    """

    clock: datetime
    paused: bool
    pause_reason: str
    slow_until: datetime | None
    calls_used: int
    calls_free_at: datetime | None
    at_target: int
    sends_another: bool
    would_push_out_a_status: bool


def lane_of(destination: Destination) -> Lane:
    """The lane of the account that this destination shares with others of its client code."""
    account = Account.objects.filter(pk=destination.account_code).first() or Account()
    used = list(calls.recent(destination).order_by("at").values_list("at", flat=True))
    # The call whose minute must be over before there is room for one more.
    oldest = used[-calls.CALLS_PER_MINUTE] if len(used) >= calls.CALLS_PER_MINUTE else None
    parts = Part.objects.of_account(destination)
    return Lane(
        clock=Destination.objects.values_list(Now(), flat=True).get(pk=destination.pk),
        paused=account.paused_at is not None,
        pause_reason=account.pause_reason,
        slow_until=account.slow_until,
        calls_used=len(used),
        calls_free_at=oldest and oldest + calls.MINUTE,
        at_target=parts.filter(state=PartState.ACCEPTED).count(),
        sends_another=parts.filter(state__in=(PartState.CLAIMED, PartState.SENDING)).exists(),
        would_push_out_a_status=_would_push_out_a_status(parts),
    )


def obstacles(parts: Iterable[Part], lane: Lane) -> dict[int, Obstacle]:
    """What holds each unsent part of one batch, by its number; parts that could go now are not in it.

    parts: all parts of the batch, in order.
    """
    found: dict[int, Obstacle] = {}
    first_blocking: Part | None = None
    for part in parts:
        if part.is_held and part.state in UNSENT_PART_STATES:
            # It holds up none behind it: that is held, too, or sends the first rows again.
            found[part.number] = Obstacle(Hold.FIRST_ROWS)
            continue
        if part.state in UNSENT_PART_STATES:
            obstacle = Obstacle(Hold.EARLIER_PART, part=first_blocking) if first_blocking else None
            obstacle = obstacle or _obstacle_of_the_next(part, lane)
            if obstacle:
                found[part.number] = obstacle
        if first_blocking is None and part.state in BLOCKING_PART_STATES:
            first_blocking = part
    return found


def obstacle_of(part: Part) -> Obstacle | None:
    """What keeps this part from being sent now, None where nothing does.

    To act on it, hold the account (`locks.account`) around both.
    """
    batch: Batch = part.batch
    return obstacles(batch.parts.order_by("number"), lane_of(batch.destination)).get(part.number)


def _obstacle_of_the_next(part: Part, lane: Lane) -> Obstacle | None:
    """What holds a part whose batch has no earlier one to send: what lasts longest comes first."""
    earlier = overlaps.part_to_wait_for(part.batch_id)
    is_due = part.next_try_at is None or part.next_try_at <= lane.clock
    is_slowed = lane.slow_until is not None and lane.slow_until > lane.clock
    holds = (
        (lane.paused, Obstacle(Hold.PAUSED)),
        (earlier is not None, Obstacle(Hold.EARLIER_BATCH, part=earlier)),
        (is_slowed, Obstacle(Hold.SLOWED, lane.slow_until)),
        (part.reason and not is_due, Obstacle(Hold.RETRY, part.next_try_at)),
        (lane.at_target >= UNFINISHED_AT_TARGET, Obstacle(Hold.AT_TARGET)),
        (lane.would_push_out_a_status, Obstacle(Hold.REMEMBERED)),
        (lane.sends_another, Obstacle(Hold.OTHER_PART)),
        (lane.calls_free_at is not None, Obstacle(Hold.BUDGET, lane.calls_free_at)),
        (not is_due, Obstacle(Hold.RETRY, part.next_try_at)),
    )
    return next((obstacle for holds_it, obstacle in holds if holds_it), None)


def _would_push_out_a_status(account: PartQuerySet) -> bool:
    recent = account.filter(state=PartState.ACCEPTED, sending_at__gt=Now() - STATUS_IS_KEPT_FOR)
    oldest = recent.order_by("sending_at").values_list("sending_at", flat=True).first()
    if oldest is None:
        return False
    perhaps_there = ACCEPTED_PART_STATES | UNCLEAR_PART_STATES
    return account.filter(state__in=perhaps_there, sending_at__gte=oldest).count() >= UNFINISHED_AT_TARGET
