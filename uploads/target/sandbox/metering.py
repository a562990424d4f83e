"""How many calls an account may make in a minute (T11), and how many it has made."""

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

WINDOW = 60.0  # seconds


@dataclass
class Tally:
    """The calls of one client. most: the highest number in any WINDOW; refused: those that were too many."""

    calls: int = 0
    most: int = 0
    refused: int = 0


@dataclass
class _Client:
    """Its tally, and when each call of the last WINDOW came."""

    tally: Tally = field(default_factory=Tally)
    recent: deque[float] = field(default_factory=deque)


class CallMeter:
    """Counts the calls of each client over the last minute; `per_minute` None sets no limit."""

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic):
        self._per_minute = per_minute
        self._clock = clock
        self._clients: dict[str, _Client] = defaultdict(_Client)
        self._lock = threading.Lock()

    def count(self, client: str, *, at_most: int | None = None) -> int | None:
        """Count one call; the whole seconds to wait where it is one too many, else None.

        `at_most` is a lower limit for this call. A call that is turned away is not counted, so that
        waiting as long as told is enough.
        """
        limits = [limit for limit in (self._per_minute, at_most) if limit is not None]
        with self._lock:
            now, of = self._clock(), self._clients[client.lower()]
            recent, tally = of.recent, of.tally
            while recent and recent[0] <= now - WINDOW:
                recent.popleft()
            if limits and len(recent) >= min(limits):
                tally.refused += 1
                return max(math.ceil(recent[-min(limits)] + WINDOW - now), 1)
            recent.append(now)
            tally.calls += 1
            # A window that holds the most ends with a call: no other needs to be looked at.
            tally.most = max(tally.most, len(recent))
            return None

    def told(self) -> list[dict]:
        """The tally of each client since the start, with its name in lower case."""
        with self._lock:
            return [{"client": name, **asdict(of.tally)} for name, of in self._clients.items()]
