"""A value that was sent, beside what Target has of it (T13)."""

from datetime import UTC, datetime, timedelta

import pytest

from uploads.target import Attribute, Match, compare

SENT_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("found", "match"),
    [
        (None, Match.MISSING),
        (Attribute("gold", SENT_AT + HOUR), Match.AS_SENT_SINCE),
        (Attribute("gold", SENT_AT - HOUR), Match.AS_SENT_BEFORE),
        (Attribute("gold"), Match.AS_SENT_UNDATED),
        (Attribute("Gold", SENT_AT + HOUR), Match.CHANGED_SINCE),  # F4, F13
        (Attribute("silver", SENT_AT - HOUR), Match.OTHER),
        (Attribute("silver"), Match.OTHER),
        (Attribute("silver", SENT_AT - timedelta(seconds=50)), Match.CHANGED_SINCE),
    ],
    ids=["gone", "since", "before", "undated", "changed", "older", "older undated", "clocks differ"],
)
def test_what_became_of_a_value(found, match):
    assert compare("gold", found, SENT_AT) == match
    assert match.is_as_sent == (found is not None and found.value == "gold")
