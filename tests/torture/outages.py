"""Cases in which Redis, the database, the disk or a clock fails."""

import resource
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import django_rq
import psutil
from django.conf import settings
from django.db import connection

from tests.support import databases
from tests.support.sandbox import received_at
from tests.support.waiting import eventually
from tests.torture.arena import SWEEP, VALKEY
from tests.torture.trials import MOST_SECONDS, Cast, Trial
from uploads.workflow import journal

#: Target forgets all but the last ten statuses of an account (T10), and takes 50 calls a minute (T11).
PARTS_AN_ACCOUNT = 8
#: The journal's room fits below it, the database's log does not.
FULL_AT = journal.SIZE + 4096
PAUSE = 0.2
#: What keeps every other process from reading or writing parts.
LOCKING = {
    "sqlite": ["BEGIN EXCLUSIVE"],
    "postgresql": ["BEGIN", "LOCK TABLE uploads_part IN ACCESS EXCLUSIVE MODE"],
}


def redis_flushed(cast: Cast, queued: int) -> list[Trial]:
    """Valkey is killed and loses all it knew while so many batches wait in its queue."""
    arena = cast.arena
    deliverers = arena.worker_names("delivering")
    arena.stop(*deliverers)
    accounts = [cast.destination() for _ in range(-(-queued // PARTS_AN_ACCOUNT))]
    trials = [
        cast.trial("Redis killed and flushed", destination=accounts[number // PARTS_AN_ACCOUNT])
        for number in range(queued)
    ]
    cast.release(trials)
    waiting = django_rq.get_queue("delivering")
    eventually(lambda: len(waiting) >= queued, "all are queued")
    arena.stop(VALKEY)
    shutil.rmtree(arena.server.folder)
    arena.start(VALKEY, *deliverers)
    cast.settle(trials)
    return trials


def redis_away(cast: Cast, batches: int, seconds: float) -> list[Trial]:
    """Valkey is away for a while, in the middle of everything; no worker may end because of it."""
    arena = cast.arena
    starts = dict(arena.starts)
    case = f"Redis away for {seconds:.0f} s"
    trials = [cast.trial(case) for _ in range(batches)]
    for trial in trials[::2]:
        cast.fault(trial, {"kind": "hang", "seconds": 1})
    cast.release(trials)
    arena.stop(VALKEY)
    trials += [cast.trial(case) for _ in range(batches)]
    _go_on(cast, trials, seconds)
    arena.start(VALKEY)
    cast.settle(trials)
    ended = [name for name in arena.worker_names() if arena.starts[name] != starts[name]]
    if ended:
        raise AssertionError(f"Without Redis these workers ended: {', '.join(ended)}.")
    return trials


def one_job_often(cast: Cast, times: int) -> list[Trial]:
    """The same delivery is rung for over and over, to all workers at once."""
    trial = cast.trial(f"the same job delivered {times} times")
    cast.release([trial])
    part = trial.batch.parts.get()
    queue = django_rq.get_queue("delivering")
    for number in range(times):
        queue.enqueue_call("uploads.jobs.deliver_part", args=(part.pk,), job_id=f"again-{number}")
    eventually(lambda: _all_taken(cast, queue), "every one of them is run", MOST_SECONDS)
    cast.settle([trial])
    return [trial]


def database_locked(cast: Cast, batches: int, seconds: float) -> list[Trial]:
    """Another process holds the database, once before anything is sent, once while Target answers."""
    deliverers = cast.arena.worker_names("delivering")
    before = [cast.trial(f"database locked for {seconds:.0f} s before sending") for _ in range(batches)]
    cast.arena.stop(*deliverers)
    cast.release(before)
    with _locked_database():
        cast.arena.start(*deliverers)
        _pass(cast, seconds)
    during = [cast.trial(f"database locked for {seconds:.0f} s while sending") for _ in range(batches)]
    for trial in during:
        cast.fault(trial, {"kind": "hang", "seconds": 2})
    cast.release(during)
    eventually(lambda: any(_arrived(cast, trial) for trial in during), "a body is on its way")
    with _locked_database():
        _pass(cast, seconds)
    cast.settle(before + during)
    return before + during


def disk_full(cast: Cast, repetitions: int, seconds: float) -> list[Trial]:
    """No process can make a file longer for a while: before *sending*, and before the answer comes."""
    before = [cast.trial("disk full before sending", doubt=False) for _ in range(repetitions)]
    cast.checked(before)
    with _full_disk(cast) as fill:
        fill()
        cast.release(before)
        _pass(cast, seconds)
    trials = before
    for _ in range(repetitions):
        trial = cast.trial("disk full after sending", doubt=False)
        cast.fault(trial, {"kind": "hang", "seconds": 2})
        with _full_disk(cast) as fill:
            cast.release([trial])
            eventually(lambda trial=trial: _arrived(cast, trial), "the body has arrived")
            fill()
            _pass(cast, seconds)
        trials.append(trial)
    cast.settle(trials)
    return trials


def clock_off(cast: Cast, batches: int) -> list[Trial]:
    """The workers' clocks are an hour behind, then an hour ahead of the database's."""
    arena, trials = cast.arena, []
    for seconds in (-3600, 3600):
        arena.env["TORTURE_CLOCK_SECONDS"] = str(seconds)
        arena.kill(*arena.worker_names())
        arena.keep()
        case = f"workers' clock off by {seconds // 3600:+d} h"
        group = [cast.trial(case) for _ in range(batches)]
        group.append(cast.trial(case, faults=[{"kind": "http", "status": 503, "retry_after": 2}]))
        group.append(cast.trial(case, faults=[{"kind": "http", "status": 401}]))
        cast.settle(group)
        trials += group
    del arena.env["TORTURE_CLOCK_SECONDS"]
    arena.kill(*arena.worker_names())
    arena.keep()
    return trials


# Inside -----------------------------------------------------------------------------------------


def _go_on(cast: Cast, trials: list[Trial], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        list(cast.look(trials))
        time.sleep(PAUSE)


def _pass(cast: Cast, seconds: float) -> None:
    """Let the time pass while nobody but the processes can write."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        cast.arena.keep()
        time.sleep(PAUSE)


def _arrived(cast: Cast, trial: Trial) -> bool:
    return received_at(cast.arena.sandbox_url).get(trial.batch.parts.get().sha256, 0) > 0


def _all_taken(cast: Cast, queue) -> bool:
    cast.arena.keep()
    return len(queue) == 0


@contextmanager
def _locked_database() -> Iterator[None]:
    with databases.connected(Path(settings.VAR)) as other:
        for statement in LOCKING[connection.vendor]:
            other.execute(statement)
        yield
        other.execute("ROLLBACK")


@contextmanager
def _full_disk(cast: Cast) -> Iterator:
    """Yields what fills the disk; it has room again when the block ends.

    A stand-in that needs no rights: the kernel refuses the workers and the sweep every byte that would make a
    file longer than FULL_AT. A snapshot held open keeps the database's log from starting anew below that.
    """
    database = settings.DATABASES["default"]["NAME"]
    limited: list[int] = []

    def fill() -> None:
        arena = cast.arena
        assert database.with_name(f"{database.name}-wal").stat().st_size > FULL_AT, "the log is too short"
        for name in (SWEEP, *arena.worker_names()):
            process = psutil.Process(arena.pid(name))
            limited.extend(each.pid for each in (process, *process.children()))
        for pid in limited:
            _limit(pid, FULL_AT)

    with closing(sqlite3.connect(database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM uploads_part").fetchone()
        while database.with_name(f"{database.name}-wal").stat().st_size <= 2 * FULL_AT:
            cast.destination()
        try:
            yield fill
        finally:
            for pid in limited:
                _limit(pid, resource.RLIM_INFINITY)


def _limit(pid: int, size: int) -> None:
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    except ProcessLookupError:
        pass
