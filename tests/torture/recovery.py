"""How soon the job of a dead worker is taken up again, with the product's settings as they are shipped."""

import time
from collections.abc import Callable

from tests.torture.arena import SWEEP
from tests.torture.points import named
from tests.torture.trials import LOOK_SECONDS, MOST_SECONDS, Cast, Trial
from uploads.models import Call, PartState

SHIPPED = {"CLAIM_SECONDS": "30", "SWEEP_SECONDS": "5"}


def _checked_anew(trial: Trial) -> bool:
    trial.batch.refresh_from_db()
    return trial.batch.check_attempts > 1


def _sent(trial: Trial) -> bool:
    return trial.batch.parts.filter(attempts__gt=0).exists()


def _in_doubt(trial: Trial) -> bool:
    return trial.batch.parts.filter(state=PartState.IN_DOUBT).exists()


def _polled_anew(trial: Trial) -> bool:
    return Call.objects.filter(part__batch=trial.batch, kind=Call.Kind.STATUS).count() > 1


def _located(trial: Trial) -> bool:
    return trial.batch.parts.filter(listed__gt=0, locate_due_at=None).exists()


#: Where a worker dies, and what shows that somebody has seen to its job.
SEEN_TO: dict[str, Callable[[Trial], bool]] = {
    "check: after the claim": _checked_anew,
    "deliver: part.claimed, committed": _sent,
    "deliver: part.sending, committed": _in_doubt,
    "follow: before the answer's head": _polled_anew,
    "locate: after the refused rows are found": _located,
}


def as_shipped(cast: Cast, repetitions: int) -> list[Trial]:
    """A work-horse and its worker are killed; the seconds until somebody has seen to the job are measured."""
    arena = cast.arena
    arena.env.update(SHIPPED)
    _restart(cast)
    trials = {
        cast.point_trial(named(name), f"recovery, settings as shipped: {name}"): name
        for name in SEEN_TO
        for _ in range(repetitions)
    }
    _measure(cast, trials)
    cast.settle(list(trials))
    for name in SHIPPED:
        del arena.env[name]
    _restart(cast)
    return list(trials)


def _measure(cast: Cast, trials: dict[Trial, str]) -> None:
    dead_since: dict[Trial, float] = {}
    killed = False
    deadline = time.monotonic() + MOST_SECONDS
    while time.monotonic() < deadline and any(trial.seconds is None for trial in trials):
        list(cast.look(list(trials)))
        for trial, name in trials.items():
            if trial.plans and not trial.missed:
                dead_since.setdefault(trial, time.monotonic())
            if trial in dead_since and trial.seconds is None and SEEN_TO[name](trial):
                trial.seconds = time.monotonic() - dead_since[trial]
        if not killed and len(dead_since) == len(trials):
            killed = True
            cast.arena.kill(*cast.arena.worker_names())
        time.sleep(LOOK_SECONDS)


def _restart(cast: Cast) -> None:
    cast.arena.kill(SWEEP, *cast.arena.worker_names())
    cast.arena.keep()
