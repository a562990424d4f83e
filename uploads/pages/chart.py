"""Rows sent and refused by day, as a drawing and as numbers."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet, Sum
from django.utils.timezone import localdate

from uploads.models import DayRows

DAYS = 30
#: In the drawing's own units: widths of a day and its bars, the most that is drawn above and below the line.
PITCH, BAR, ABOVE, BELOW = 20, 14, 100, 40
#: Even one row of a million can be seen.
LEAST = 3


@dataclass(frozen=True)
class Day:
    """One day with its bars: rows that Target accepted above the line, rows that it refused below."""

    day: date
    sent: int
    refused: int
    x: int
    sent_height: int
    refused_height: int


@dataclass(frozen=True)
class Chart:
    """The last days, the oldest first. width, height, line: of the drawing, in its own units."""

    days: list[Day]
    sent: int
    refused: int
    width: int = DAYS * PITCH
    height: int = ABOVE
    line: int = ABOVE

    @property
    def busy_days(self) -> list[Day]:
        """The days on which something was sent or refused, the newest first."""
        return [day for day in reversed(self.days) if day.sent or day.refused]

    @property
    def sent_bars(self) -> str:
        """The bars above the line, as the data of one path."""
        return "".join(
            _bar(day.x, self.line - day.sent_height, day.sent_height) for day in self.days if day.sent
        )

    @property
    def refused_bars(self) -> str:
        """The bars below the line, as the data of one path."""
        return "".join(_bar(day.x, self.line, day.refused_height) for day in self.days if day.refused)


def chart_of(rows: QuerySet[DayRows]) -> Chart:
    """The chart of these rows, up to today."""
    today = localdate()
    first = today - timedelta(days=DAYS - 1)
    summed = rows.filter(day__gte=first).order_by().values_list("day").annotate(Sum("sent"), Sum("refused"))
    counted = {day: (sent, refused) for day, sent, refused in summed}
    most = max((sent for sent, _refused in counted.values()), default=0)
    worst = max((refused for _sent, refused in counted.values()), default=0)
    # One scale for both, so that they compare, unless more was refused than there is room for.
    scale = max(most / ABOVE, worst / BELOW) or 1
    days = []
    for number in range(DAYS):
        day = first + timedelta(days=number)
        sent, refused = counted.get(day, (0, 0))
        up, down = (_height(rows, scale) for rows in (sent, refused))
        days.append(Day(day, sent, refused, number * PITCH + (PITCH - BAR) // 2, up, down))
    height = ABOVE + max(day.refused_height for day in days) + LEAST
    return Chart(days, sum(day.sent for day in days), sum(day.refused for day in days), height=height)


def _bar(x: int, y: int, height: int) -> str:
    return f"M{x} {y}h{BAR}v{height}h-{BAR}z"


def _height(rows: int, scale: float) -> int:
    return max(LEAST, round(rows / scale)) if rows else 0
