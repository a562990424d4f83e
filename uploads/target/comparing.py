"""What a profile that was read back says about a value that was sent (T13, F13)."""

from datetime import datetime, timedelta
from enum import StrEnum

from .answers import Attribute

#: Target's clock and ours may differ by as much.
CLOCKS_DIFFER_BY = timedelta(minutes=1)


class Match(StrEnum):
    """One value that was sent, beside what Target has."""

    AS_SENT_SINCE = "as sent, set since"
    AS_SENT_BEFORE = "as sent, set before"
    AS_SENT_UNDATED = "as sent, undated"
    CHANGED_SINCE = "changed since"
    OTHER = "other"
    MISSING = "missing"

    @property
    def is_as_sent(self) -> bool:
        """Whether Target has the very value, whoever set it."""
        return self in (Match.AS_SENT_SINCE, Match.AS_SENT_BEFORE, Match.AS_SENT_UNDATED)


def compare(sent: str, found: Attribute | None, sending_at: datetime) -> Match:
    """What became of a value that left at that time.

    Another value counts as changed since only where Target dates it after our sending: whoever set it came
    later than we did, or Target keeps the value otherwise than it was sent (F5).
    """
    if found is None:
        return Match.MISSING
    is_since = found.modified_at is not None and found.modified_at > sending_at - CLOCKS_DIFFER_BY
    if found.value != sent:
        return Match.CHANGED_SINCE if is_since else Match.OTHER
    if is_since:
        return Match.AS_SENT_SINCE
    return Match.AS_SENT_BEFORE if found.modified_at else Match.AS_SENT_UNDATED
