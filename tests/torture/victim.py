"""A process of the product that can be hit at a named point.

`python -m tests.torture.victim worker delivering` runs the ordinary command of `manage.py`. The only addition
is a trace function, which sees each Python function that is called and deals the planned blows; the product
knows nothing of it.
"""

import datetime
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import django

from tests.torture.plans import Plan, planned

#: Where a run of a verb begins, and which argument names what it works on.
ENTRIES = {
    "uploads.workflow.check:check": ("check", "batch_id"),
    "uploads.workflow.deliver:release": ("release", "batch"),
    "uploads.workflow.deliver:deliver": ("deliver", "part_id"),
    "uploads.workflow.follow:follow": ("follow", "part_id"),
    "uploads.workflow.refusals:locate": ("locate", "part_id"),
    "uploads.workflow.sweep:sweep": ("sweep", None),
}
COMMIT = "django.db.backends.base.base:BaseDatabaseWrapper._commit"
SIGNALS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}


@dataclass
class Waiting:
    """A planned blow in the process that it is meant for."""

    plan: Plan
    seen: int = 0
    at_commit: bool = False

    def strike(self) -> None:
        """Deal the blow, once among all processes."""
        if self.plan.take():
            os.kill(os.getpid(), SIGNALS[self.plan.blow.how])


class Executioner:
    """The trace function of the main thread (`sys.settrace`); a fork inherits it."""

    def __init__(self, plans: Path):
        self._plans = plans
        self._waiting: list[Waiting] = []
        entries = (where.partition(":")[2] for where in ENTRIES)
        self._entries = frozenset(entries)
        self._watched: frozenset[str] = frozenset()

    def __call__(self, frame: FrameType, event: str, arg: object):
        """Called by Python for each function that begins."""
        name = frame.f_code.co_qualname
        if name in self._entries:
            self._begin(_where(frame), frame)
        if name in self._watched:
            return self._struck(_where(frame), frame)
        return None

    def _begin(self, where: str, frame: FrameType) -> None:
        if where not in ENTRIES:
            return
        verb, argument = ENTRIES[where]
        pk = _key(frame.f_locals[argument]) if argument else "all"
        self._waiting = [Waiting(plan) for plan in planned(self._plans, verb, pk)]
        wheres = [waiting.plan.blow.where for waiting in self._waiting]
        self._watched = frozenset(each.partition(":")[2] for each in (*wheres, COMMIT) if wheres)

    def _struck(self, where: str, frame: FrameType):
        """Strike now, or return the local trace function that strikes when the call ends."""
        at_the_end = []
        for waiting in self._waiting:
            blow = waiting.plan.blow
            if where == COMMIT and waiting.at_commit:
                waiting.at_commit = False
                if blow.when == "uncommitted":
                    waiting.strike()
                else:
                    at_the_end.append(waiting)
            if where != blow.where or not _given(blow.given, frame.f_locals):
                continue
            waiting.seen += 1
            if waiting.seen != blow.nth:
                continue
            if blow.when == "before":
                waiting.strike()
            elif blow.when == "after":
                at_the_end.append(waiting)
            else:
                waiting.at_commit = True
        return _strike_on_return(frame, at_the_end) if at_the_end else None


def _strike_on_return(frame: FrameType, those: list[Waiting]):
    frame.f_trace_lines = False

    def local(_frame: FrameType, event: str, _arg: object):
        if event == "return":
            for waiting in those:
                waiting.strike()
        return local

    return local


def _where(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__')}:{frame.f_code.co_qualname}"


def _given(wanted: dict, arguments: dict) -> bool:
    return all(_fits(value, _key(arguments.get(name))) for name, value in wanted.items())


def _fits(wanted: object, value: object) -> bool:
    return value.startswith(tuple(wanted)) if isinstance(wanted, list) else value == wanted


def _key(value: object) -> object:
    return getattr(value, "pk", value)


def set_clock_off(seconds: int) -> None:
    """Let Python's clocks in this process be wrong by so much; the database keeps its own.

    To be called before anything takes `datetime` for itself.
    """
    true_time, true_datetime = time.time, datetime.datetime

    class WrongDatetime(true_datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + datetime.timedelta(seconds=seconds)

        @classmethod
        def utcnow(cls):
            return super().now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=seconds)

    time.time = lambda: true_time() + seconds
    datetime.datetime = WrongDatetime


def main(arguments: list[str]) -> None:
    """Run a command of `manage.py`, or `release BATCH` as the person who uploaded it."""
    set_clock_off(int(os.environ.get("TORTURE_CLOCK_SECONDS", "0")))
    django.setup()
    from django.core.management import execute_from_command_line

    from uploads import workflow
    from uploads.models import Batch

    sys.settrace(Executioner(Path(os.environ["TORTURE_PLANS"])))
    if arguments[0] == "release":
        batch = Batch.objects.select_related("owner", "destination").get(pk=arguments[1])
        workflow.release(batch.owner, batch)
    else:
        execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
