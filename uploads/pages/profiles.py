"""Profiles that were read back, as pages show them: what was sent beside what Target has (T13)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from uploads import workflow
from uploads.target import Match

#: After that, what Target took has long shown (T12).
SHOWS_WITHIN = timedelta(hours=24)
#: Rows may have any number of attributes (F8); a table that shows them all helps nobody.
MOST_VALUES = 20

_STATES = {
    "waiting": (_("Not looked up yet"), "progress"),
    "unanswered": (_("Target did not answer"), "warning"),
    "unknown": (_("Target knows no such visitor"), "warning"),
    "found": (_("Found"), "neutral"),
}
#: What a comparison says, and its tone.
MATCHES = {
    Match.AS_SENT_SINCE: (_("as sent, set since"), "done"),
    Match.AS_SENT_BEFORE: (_("as sent, but set before"), "neutral"),
    Match.AS_SENT_UNDATED: (_("as sent; Target does not say since when"), "neutral"),
    Match.CHANGED_SINCE: (_("another value, set since"), "warning"),  # F13
    Match.OTHER: (_("another value"), "warning"),
    Match.MISSING: (_("not there"), "warning"),
}


@dataclass(frozen=True)
class ValueLine:
    """One value that was sent, beside what Target has; `found` is None where it has nothing."""

    name: str
    sent: str
    found: str | None
    verdict: str
    tone: str


@dataclass(frozen=True)
class ProfileLine:
    """One profile that was looked up, with its first values; `more` it has besides.

    speaks_for_arrival: Target has one of all its values, set since the part was sent.
    """

    identifier: str
    label: str
    tone: str
    values: list[ValueLine]
    more: int = 0
    speaks_for_arrival: bool = False


def profile_line(
    profile: dict, sending_at: datetime, shown: Callable[[Match], bool] = lambda _match: True
) -> ProfileLine:
    """A profile of a look (`workflow.looks`), with those of its values whose comparison is to be shown."""
    label, tone = _STATES[profile["state"]]
    found = workflow.matches(profile, sending_at) if profile["state"] == "found" else {}
    values = [_value(profile, name, match) for name, match in found.items() if shown(match)]
    return ProfileLine(
        identifier=profile["id"],
        label=str(label),
        tone=tone,
        values=values[:MOST_VALUES],
        more=max(0, len(values) - MOST_VALUES),
        speaks_for_arrival=Match.AS_SENT_SINCE in found.values(),
    )


def _value(profile: dict, name: str, match: Match) -> ValueLine:
    found, _modified_at = profile["attributes"].get(name, (None, None))
    verdict, tone = MATCHES[match]
    return ValueLine(name, profile["sent"][name], found, str(verdict), tone)
