"""A check under way in words: how far it is, and how long it will take."""

from datetime import timedelta

from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads.models import Batch

from .words import number

#: Sooner than that nobody can tell.
_FIRST_GUESS = timedelta(seconds=3)


def how_far(batch: Batch) -> str:
    """The rows read so far, and about how long the rest will take, where that can be told."""
    rows = ngettext("%(count)s row read", "%(count)s rows read", batch.checked_rows) % {
        "count": number(batch.checked_rows)
    }
    left = _time_left(batch)
    return f"{rows}; {left}" if left else rows


def _time_left(batch: Batch) -> str:
    if batch.check_began_at is None or not batch.checked_bytes:
        return _("waiting for a worker") if batch.check_began_at is None else ""
    spent = now() - batch.check_began_at
    if spent < _FIRST_GUESS:
        return ""
    seconds = spent.total_seconds() * max(0, batch.size - batch.checked_bytes) / batch.checked_bytes
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("less than a minute left")
    return ngettext("about %(count)s minute left", "about %(count)s minutes left", minutes) % {
        "count": number(minutes)
    }
