"""When it is quiet, by the clocks of wherever the business is (T12)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.models import BusinessHours

MADRID = BusinessHours(time(9), time(18), 0, 4, ZoneInfo("Europe/Madrid"))
WEEKEND = BusinessHours(time(9), time(18), 4, 0, ZoneInfo("UTC"))
AT_NIGHT = BusinessHours(time(1), time(2, 30), 0, 6, ZoneInfo("Europe/Madrid"))
IN_ADELAIDE = BusinessHours(time(9), time(17, 30), 0, 4, ZoneInfo("Australia/Adelaide"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        pytest.param(MADRID, "2026-11-23 07:59:59", "2026-11-23 07:59:59", id="before they begin"),
        pytest.param(MADRID, "2026-11-23 08:00", "2026-11-23 17:00", id="as they begin, in winter"),
        pytest.param(MADRID, "2026-07-13 07:00", "2026-07-13 16:00", id="as they begin, in summer"),
        pytest.param(MADRID, "2026-11-23 16:59:59", "2026-11-23 17:00", id="in their last second"),
        pytest.param(MADRID, "2026-11-23 17:00", "2026-11-23 17:00", id="as they end"),
        pytest.param(MADRID, "2026-11-21 12:00", "2026-11-21 12:00", id="on a Saturday"),
        pytest.param(MADRID, "2026-11-20 16:00", "2026-11-20 17:00", id="on a Friday"),
        pytest.param(MADRID, "2026-10-26 08:00", "2026-10-26 17:00", id="the day after clocks went back"),
        pytest.param(WEEKEND, "2026-11-21 12:00", "2026-11-21 18:00", id="a Saturday, Friday to Monday"),
        pytest.param(WEEKEND, "2026-11-24 12:00", "2026-11-24 12:00", id="a Tuesday, Friday to Monday"),
        pytest.param(IN_ADELAIDE, "2026-11-22 22:30", "2026-11-23 07:00", id="already Monday elsewhere"),
        pytest.param(IN_ADELAIDE, "2026-11-20 22:30", "2026-11-20 22:30", id="already Saturday elsewhere"),
        # Madrid's clocks show 02:00 to 03:00 twice on 25 October, and not at all on 29 March.
        pytest.param(AT_NIGHT, "2026-10-25 00:10", "2026-10-25 01:30", id="an end that comes twice"),
        pytest.param(AT_NIGHT, "2026-10-25 01:10", "2026-10-25 01:30", id="an hour that comes again"),
        pytest.param(AT_NIGHT, "2026-03-29 00:30", "2026-03-29 01:30", id="an end that is skipped"),
    ],
)
def test_it_is_quiet_from(hours, at, quiet):
    assert hours.quiet_from(utc(at)) == utc(quiet)
    assert hours.include(utc(at)) == (at != quiet)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    start=st.integers(0, 22),
    length=st.integers(1, 12),
    zone=st.sampled_from(["Europe/Madrid", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_the_proposed_time_is_quiet_and_at_most_a_day_ahead(at, start, length, zone):
    hours = BusinessHours(time(start), time(min(start + length, 23), 30), 0, 6, ZoneInfo(zone))
    quiet = hours.quiet_from(at)
    assert not hours.include(quiet)
    assert at <= quiet <= at + timedelta(hours=25)
