"""How many calls an account may make in a minute (T11)."""

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

WINDOW = 60.0  # seconds


class CallMeter:
    """Counts the calls of each client over the last minute; `per_minute` None sets no limit."""

    def __init__(self, per_minute: int | None, clock: Callable[[], float] = time.monotonic):
        self._per_minute = per_minute
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def count(self, client: str, *, at_most: int | None = None) -> int | None:
        """Count one call; the whole seconds to wait where it is one too many, else None.

        `at_most` is a lower limit for this call. A call that is turned away is not counted, so that
        waiting as long as told is enough.
        """
        limits = [limit for limit in (self._per_minute, at_most) if limit is not None]
        with self._lock:
            now, calls = self._clock(), self._calls[client.lower()]
            while calls and calls[0] <= now - WINDOW:
                calls.popleft()
            if limits and len(calls) >= min(limits):
                return max(math.ceil(calls[-min(limits)] + WINDOW - now), 1)
            calls.append(now)
            return None
