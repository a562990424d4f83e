"""Quiet hours: what a big batch is told about a destination's business hours (T12)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import time_format
from django.utils.timezone import now
from django.utils.translation import gettext as _

from uploads.models import Batch, BusinessHours

from .words import moment


@dataclass(frozen=True)
class QuietAdvice:
    """What to say before a batch is sent, "" for nothing.

    at: when the business hours of now are over, None where it is quiet; label: the choice to send it then.
    """

    words: str = ""
    at: datetime | None = None
    label: str = ""

    @property
    def stamp(self) -> str:
        """The time as a form gives it back, whatever the zone and its clocks."""
        return self.at.isoformat() if self.at else ""


def quiet_advice(batch: Batch) -> QuietAdvice:
    """The advice about a batch that is about to be sent."""
    hours = _hours_of(batch)
    if hours is None:
        return QuietAdvice()
    moment_now = now()
    if not hours.include(moment_now):
        return QuietAdvice(_takes_longer(hours))
    question = _("%(sentence)s That is now. Send it at %(end)s, when they are over?") % {
        "sentence": _takes_longer(hours),
        "end": time_format(hours.end),
    }
    at = hours.quiet_from(moment_now)
    label = _("When business hours are over: %(when)s") % {"when": moment(at)}
    return QuietAdvice(question, at, label)


def told_of_chosen_time(batch: Batch) -> str:
    """What to say of the time that was chosen: "" unless the batch is big and goes in business hours."""
    hours = _hours_of(batch)
    if hours is None or batch.send_at is None or not hours.include(batch.send_at):
        return ""
    return _takes_longer(hours)


def _hours_of(batch: Batch) -> BusinessHours | None:
    """The hours that concern the batch: a small one goes through at any time."""
    place = batch.destination
    is_big = (batch.accepted or 0) > place.big_rows or batch.parts.filter(resends=None).count() > 1
    return place.business_hours if is_big else None


def _takes_longer(hours: BusinessHours) -> str:
    days = [str(WEEKDAYS_ABBR[day]) for day in dict.fromkeys((hours.first_day, hours.last_day))]
    return _("Target may take longer during business hours (%(times)s, %(days)s, %(zone)s).") % {
        "times": _span(time_format(hours.start), time_format(hours.end)),
        "days": _span(*days),
        "zone": hours.zone.key,
    }


def _span(*ends: str) -> str:
    return "–".join(ends)  # noqa: RUF001 (a dash is meant)
