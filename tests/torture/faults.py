"""Cases in which Target, or the network in between, misbehaves: every scenario of the sandbox's catalogue."""

from tests.torture.arena import SILENCE_SECONDS
from tests.torture.trials import Cast, Trial
from uploads.target.sandbox.faults import CALLS_OF_KIND
from uploads.target.sandbox.scenarios import LONG, SCENARIOS

#: Shorter, and longer, than a silent Target is waited for; the catalogue has longer ones of both.
SLOW, HANGING = SILENCE_SECONDS / 2, SILENCE_SECONDS + 2
#: So that small files have rows that are struck.
EVERY = 2


def of_every_submission(cast: Cast, repetitions: int) -> list[Trial]:
    """Each scenario as the catalogue has it."""
    trials = [
        cast.trial(
            f"Target: {name}",
            faults=[_quick(fault) for fault in scenario.faults],
            followed=any(fault["kind"] == "never-complete" for fault in scenario.faults),
        )
        for name, scenario in SCENARIOS.items()
        for _ in range(repetitions)
    ]
    cast.settle(trials)
    return trials


def of_every_status(cast: Cast, repetitions: int) -> list[Trial]:
    """Each scenario that can strike a status call, there."""
    trials = [
        cast.trial(f"Target, asked for the status: {name}", doubt=False, faults=faults)
        for name, faults in _for_status().items()
        for _ in range(repetitions)
    ]
    cast.settle(trials)
    return trials


def _for_status() -> dict[str, list[dict]]:
    found = {}
    for name, scenario in SCENARIOS.items():
        faults = [{**_quick(fault), "on": "status"} for fault in scenario.faults]
        if all("status" in CALLS_OF_KIND.get(fault["kind"], ("status",)) for fault in faults):
            found[name] = [fault for fault in faults if not _for_bodies_only(fault)]
    return {name: faults for name, faults in found.items() if faults}


def _for_bodies_only(fault: dict) -> bool:
    return "before_body" in fault or "at_byte" in fault


def _quick(fault: dict) -> dict:
    return {
        **fault,
        **({"seconds": HANGING if fault["seconds"] == LONG else SLOW} if "seconds" in fault else {}),
        **({"every": EVERY} if "every" in fault or fault["kind"] == "partial-loss" else {}),
    }
