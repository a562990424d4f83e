"""Why a part waits and for how long, in words: the same that the claim goes by (`workflow.lanes`)."""

import math
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads.models import Destination, Part, PartState
from uploads.workflow import CALLS_PER_MINUTE, UNFINISHED_AT_TARGET, Hold, Lane, Obstacle

from .words import PART_REASONS, PAUSES, number

#: Up to here people count seconds; beyond it a time of day says more.
SECONDS_AS_SUCH = 90


def why_it_waits(part: Part, obstacle: Obstacle | None, lane: Lane, parts: Sequence[Part]) -> str:
    """One sentence on what an unsent part waits for. parts: all of its batch."""
    if obstacle is None:
        return _("It is next: a worker takes it up within seconds.")
    match obstacle.hold:
        case Hold.FIRST_ROWS:
            return _("Held back until it is known what became of the first rows.")
        case Hold.EARLIER_PART:
            return _earlier(obstacle.part)
        case Hold.PAUSED:
            return str(PAUSES[lane.pause_reason])
        case Hold.EARLIER_BATCH:
            return _earlier_batch(obstacle.part)
        case Hold.SLOWED:
            return _("Target asked us to slow down. It goes on by itself %(when)s.") % _when(
                obstacle.until, lane
            )
        case Hold.RETRY:
            again = _("The next try is %(when)s.") % _when(obstacle.until, lane)
            return f"{PART_REASONS.get(part.reason, '')} {again}".strip()
        case Hold.AT_TARGET:
            return _at_target(lane, parts)
        case Hold.REMEMBERED:
            return _(
                "Waiting: Target remembers only its latest batches, and one more would make it forget "
                "a result that is still awaited."
            )
        case Hold.OTHER_PART:
            return _("Waiting: another part of this account is being sent.")
    return _(
        "Waiting: the account's call budget of this minute (%(used)s of %(limit)s) is used up. "
        "It goes on %(when)s."
    ) % {"used": lane.calls_used, "limit": CALLS_PER_MINUTE, **_when(obstacle.until, lane)}


def when_it_is_asked_about(part: Part, lane: Lane) -> str:
    """When Target is next asked what became of a part that it accepted (T7)."""
    if lane.paused:
        return str(PAUSES[lane.pause_reason])
    due = max(filter(None, (part.next_poll_at, lane.slow_until)), default=lane.clock)
    if due <= lane.clock:
        return _("Its status is being asked for.")
    when = _when(due, lane)
    if part.poll_trouble:
        return _("The last question about its status got no answer; it is asked again %(when)s.") % when
    return _("Its status is asked for %(when)s.") % when


def account_line(destination: Destination, lane: Lane) -> str:
    """What the account has in use of what Target allows (T10, T11)."""
    return _(
        "Account %(account)s: %(calls)s of %(most_calls)s calls in the last minute, "
        "%(parts)s of %(most_parts)s parts at Target"
    ) % {
        "account": destination.client_code,
        "calls": lane.calls_used,
        "most_calls": CALLS_PER_MINUTE,
        "parts": lane.at_target,
        "most_parts": UNFINISHED_AT_TARGET,
    }


def _earlier(part: Part) -> str:
    if part.state == PartState.IN_DOUBT:
        return _("Waiting for part %(number)s of this batch, which is in doubt.") % {"number": part.number}
    return _("Waiting for part %(number)s of this batch.") % {"number": part.number}


def _earlier_batch(part: Part) -> str:
    words = {"number": part.batch_id}
    if part.state in (PartState.IN_DOUBT, PartState.NOT_APPLIED):
        return (
            _(
                "Waiting for batch #%(number)s, which has some of the same visitors and needs a decision: "
                "sent after this one, it would put older values over newer ones."
            )
            % words
        )
    if part.is_held:
        return (
            _(
                "Waiting for batch #%(number)s, which has some of the same visitors and was released first. "
                "Only its first rows have been sent so far."
            )
            % words
        )
    return (
        _("Waiting for batch #%(number)s, which has some of the same visitors and was released first.")
        % words
    )


def _at_target(lane: Lane, parts: Sequence[Part]) -> str:
    own = sum(part.state == PartState.ACCEPTED for part in parts)
    others = lane.at_target - own
    if own:
        return ngettext(
            "Waiting: %(count)s part is still being processed by Target, %(own)s of this batch.",
            "Waiting: %(count)s parts are still being processed by Target, %(own)s of this batch.",
            lane.at_target,
        ) % {"count": number(lane.at_target), "own": number(own)}
    return ngettext(
        "Waiting: %(count)s part of other batches is still being processed by Target.",
        "Waiting: %(count)s parts of other batches are still being processed by Target.",
        others,
    ) % {"count": number(others)}


def _when(moment: datetime, lane: Lane) -> dict[str, str]:
    """The parameter `when`: seconds where they are few, else the time of day."""
    seconds = math.ceil((moment - lane.clock).total_seconds())
    if seconds <= SECONDS_AS_SUCH:
        return {"when": _("in about %(seconds)s s") % {"seconds": max(seconds, 1)}}
    return {"when": _("at %(time)s") % {"time": _time_of_day(moment)}}


def _time_of_day(moment: datetime) -> str:
    return time_format(timezone.localtime(moment))
