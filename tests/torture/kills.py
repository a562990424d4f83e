"""Cases in which processes are killed, or sleep for longer than their lease."""

import time

from tests.support.sandbox import received_at
from tests.support.waiting import alive, eventually
from tests.torture.arena import SANDBOX, VALKEY
from tests.torture.plans import Blow
from tests.torture.points import ALL, DECIDED, FREEZES, Point
from tests.torture.trials import MOST_SECONDS, Cast, Trial
from uploads.models import Batch, BatchState

STATEMENT = "django.db.backends.utils:CursorWrapper._execute"
COMMIT = "django.db.backends.base.base:BaseDatabaseWrapper._commit"
WRITES = {"sql": ["INSERT", "UPDATE", "DELETE"]}
HANG_SECONDS = 3


def at_every_point(cast: Cast, repetitions: int, every: int = 1) -> list[Trial]:
    """SIGKILL at each named point (or each `every`th of them)."""
    trials = [cast.point_trial(point) for point in ALL[::every] for _ in range(repetitions)]
    cast.settle(trials)
    return trials


def before_every_write(cast: Cast, most: int) -> list[Trial]:
    """SIGKILL before the first, second, … write and COMMIT of a job, whatever they are.

    So that what nobody put into the catalogue is met as well. Jobs that end before that number is reached
    prove nothing and are left out. Raises AssertionError where a job has `most` of them or more.
    """
    points = [
        Point(f"{verb}: before each {what}", verb, Blow(where, given=given, nth=nth), doubt=True)
        for verb in ("check", "deliver", "follow")
        for where, what, given in ((STATEMENT, "write", WRITES), (COMMIT, "COMMIT", {}))
        for nth in range(1, most + 1)
    ]
    trials = [cast.point_trial(point) for point in points]
    cast.settle(trials)
    reached = [trial for trial in trials if not trial.missed]
    assert all(trial.points[0].blow.nth < most for trial in reached), f"a job writes {most} times or more"
    return reached


def asleep(cast: Cast, repetitions: int, every: int = 1) -> list[Trial]:
    """SIGSTOP for longer than the lease, then SIGCONT: the claim is another's when the process wakes up."""
    trials = [cast.point_trial(point) for point in FREEZES[::every] for _ in range(repetitions)]
    cast.settle(trials)
    return trials


def asleep_while_decided(cast: Cast, repetitions: int) -> list[Trial]:
    """SIGSTOP before the body leaves; a person has the part sent again; then the process wakes up."""
    case = "deliver (frozen past its lease) while a person has the part sent again"
    trials = [cast.point_trial(point, case) for point in DECIDED for _ in range(repetitions)]
    cast.release(trials)
    batches = Batch.objects.filter(pk__in=[trial.batch.pk for trial in trials])
    waiting = {trial.batch.pk: trial for trial in trials}

    def all_decided() -> bool:
        list(cast.look(trials))
        for batch in batches.filter(pk__in=waiting, state=BatchState.NEEDS_ATTENTION):
            cast.decide([waiting.pop(batch.pk)])
        return not waiting

    eventually(all_decided, "every part is in doubt and decided about", MOST_SECONDS)
    cast.settle(trials)
    return trials


def worker_alone(cast: Cast, repetitions: int) -> list[Trial]:
    """SIGKILL to the worker, not to its work-horse, while Target takes its time to answer a POST."""
    trials = [cast.trial("RQ worker killed alone in mid-POST") for _ in range(repetitions)]
    for trial in trials:
        cast.fault(trial, {"kind": "hang", "seconds": HANG_SECONDS})
        cast.release([trial])
        eventually(lambda trial=trial: _has_arrived(cast, trial), "the sandbox has the body")
        _kill_workers_alone(cast)
    cast.settle(trials)
    return trials


def _kill_workers_alone(cast: Cast) -> None:
    at_work = cast.arena.horses("delivering")
    cast.arena.kill(*at_work)
    for horse in at_work.values():
        eventually(lambda pid=horse.pid: not alive(pid), "the work-horse dies with its worker", 5)


def everything(cast: Cast, repetitions: int) -> list[Trial]:
    """SIGKILL to all processes but Target itself, Valkey among them, while parts are leaving; a restart."""
    arena = cast.arena
    trials = []
    for _ in range(repetitions):
        group = [cast.trial("everything killed in mid-delivery", parts=4) for _ in range(4)]
        for trial in group:
            # The second part takes its time: that is when the blow falls.
            cast.fault(trial, {"kind": "hang", "seconds": 0}, {"kind": "hang", "seconds": HANG_SECONDS})
        cast.release(group)
        eventually(lambda group=group: _some_second_part_left(cast, group), "a second part leaves", 60)
        killed = [name for name in arena.names if name != SANDBOX]
        arena.stop(*killed)
        time.sleep(1)
        arena.start(*sorted(killed, key=lambda name: name != VALKEY))
        trials += group
    cast.settle(trials)
    cast.decide(trials)
    cast.settle(trials)
    return trials


def _has_arrived(cast: Cast, trial: Trial, number: int = 1) -> bool:
    part = trial.batch.parts.get(number=number)
    return received_at(cast.arena.sandbox_url).get(part.sha256, 0) > 0


def _some_second_part_left(cast: Cast, trials: list[Trial]) -> bool:
    cast.arena.keep()
    return any(_has_arrived(cast, trial, number=2) for trial in trials)
