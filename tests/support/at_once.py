"""Several at once: each in a thread of its own, with a database connection of its own."""

import contextlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError, Event

from django.db import connection

#: How long one waits for the other, who may be waiting for it: less than PostgreSQL takes to see a deadlock.
PATIENCE_SECONDS = 0.3
#: Statements that hold rows until their transaction is over.
_HOLDS = re.compile(r"\A(INSERT|UPDATE|DELETE)|FOR (NO KEY )?UPDATE\Z")


def at_once(*acts: Callable[[], object]) -> list:
    """What each returns, all begun at the same moment. Raises what one of them raises."""
    together = Barrier(len(acts))

    def begin(act):
        try:
            together.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(begin, acts))


def in_step(first: Callable[[], object], second: Callable[[], object], ahead: int = 0) -> list:
    """As `at_once`; whoever has taken rows waits until the other has taken some as well, or cannot.

    ahead: so often the first takes rows before the second begins. Acts that take the same rows in different
    orders thus meet for sure, and PostgreSQL ends one of them.
    """
    steps, may_begin = Barrier(2), Event()

    def stepping(execute, sql, params, many, context):
        nonlocal ahead
        result = execute(sql, params, many, context)
        if not _HOLDS.search(sql):
            return result
        ahead -= 1
        if ahead <= 0:
            may_begin.set()
            # Broken for good once one waited in vain: from there on each goes at its own pace.
            with contextlib.suppress(BrokenBarrierError):
                steps.wait(PATIENCE_SECONDS)
        return result

    def begin(act):
        with connection.execute_wrapper(stepping):
            return act()

    def begin_second():
        may_begin.wait()
        return begin(second)

    def begin_first():
        try:
            return begin(first)
        finally:
            may_begin.set()

    return at_once(begin_first, begin_second)
