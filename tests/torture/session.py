"""One run: which groups of cases, how often, and the table that comes out."""

from collections.abc import Callable
from functools import partial

from django.core.management import call_command
from django.db import connection

from tests.support import databases
from tests.torture import faults, kills, outages, recovery
from tests.torture.arena import Arena
from tests.torture.judge import HEADS, Row, chain_is_whole, judge
from tests.torture.points import check_names
from tests.torture.trials import Cast, Trial

Group = Callable[[Cast], list[Trial]]

FULL: dict[str, Group] = {
    "kill points": partial(kills.at_every_point, repetitions=2),
    "writes": partial(kills.before_every_write, most=16),
    "sleep": partial(kills.asleep, repetitions=2),
    "decided": partial(kills.asleep_while_decided, repetitions=2),
    "worker": partial(kills.worker_alone, repetitions=5),
    "everything": partial(kills.everything, repetitions=3),
    "submit faults": partial(faults.of_every_submission, repetitions=20),
    "status faults": partial(faults.of_every_status, repetitions=5),
    "flush": partial(outages.redis_flushed, queued=200),
    "redis": partial(outages.redis_away, batches=10, seconds=30),
    "again": partial(outages.one_job_often, times=1000),
    "locked": partial(outages.database_locked, batches=4, seconds=30),
    "disk": partial(outages.disk_full, repetitions=3, seconds=12),
    "recovery": partial(recovery.as_shipped, repetitions=2),
    "clock": partial(outages.clock_off, batches=5),
}
SHORT: dict[str, Group] = {
    "kill points": partial(kills.at_every_point, repetitions=1, every=7),
    "worker": partial(kills.worker_alone, repetitions=1),
    "again": partial(outages.one_job_often, times=30),
}


class Session:
    """Runs the groups one after another in one arena, and judges each at its end."""

    def __init__(self, arena: Arena, *, short: bool, only: str | None, say: Callable[[str], None]):
        groups = SHORT if short else FULL
        if connection.vendor != "sqlite":
            # The disk that is full is SQLite's: another server has its own.
            groups = {name: group for name, group in groups.items() if name != "disk"}
        self._groups = {name: group for name, group in groups.items() if only is None or only in name}
        self._arena = arena
        self._say = say

    def run(self) -> bool:
        """Print the table; whether everything held. Raises AssertionError where a case cannot be set up."""
        check_names()
        databases.migrate(self._arena.folder / "var" / databases.SQLITE)
        call_command("migrate", verbosity=0)
        self._arena.start()
        cast = Cast(self._arena)
        self._say(_line(HEADS))
        self._say(_line(["---"] * len(HEADS)))
        rows: list[Row] = []
        for group in self._groups.values():
            found = judge(group(cast), self._arena.sandbox_url)
            for row in found:
                self._say(_line(row.cells()))
            rows += found
        return self._conclude(rows)

    def _conclude(self, rows: list[Row]) -> bool:
        failed = [row.case for row in rows if row.failed]
        tried = sum(row.repetitions for row in rows)
        self._say(f"\n{len(rows)} cases, {tried} repetitions. Failed: {', '.join(failed) or 'none'}.")
        whole = chain_is_whole()
        self._say(f"The audit log's chain is {'whole' if whole else 'broken'}.")
        return bool(rows) and whole and not failed


def _line(cells) -> str:
    return f"| {' | '.join(cells)} |"
