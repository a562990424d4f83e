"""Business hours, in which Target may take longer (T12)."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class BusinessHours:
    """From `start` until before `end`, as the clocks of `zone` show them, from `first_day` to `last_day`.

    Days: 0 for Monday to 6 for Sunday; Friday to Monday goes over the weekend.
    """

    start: time
    end: time
    first_day: int
    last_day: int
    zone: ZoneInfo

    def include(self, at: datetime) -> bool:
        """Whether the clocks show business hours at this point in time."""
        local = at.astimezone(self.zone)
        is_on_a_day = (local.weekday() - self.first_day) % 7 <= (self.last_day - self.first_day) % 7
        return is_on_a_day and self.start <= local.time() < self.end

    def quiet_from(self, at: datetime) -> datetime:
        """The point in time itself where it is quiet then; else when that day's hours are over for good.

        Where clocks show the end twice that day, the second time counts; where they skip it, an hour later.
        """
        if not self.include(at):
            return at
        end = datetime.combine(at.astimezone(self.zone), self.end, self.zone)
        return max(end.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
