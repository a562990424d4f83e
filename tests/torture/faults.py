"""Cases in which Target, or the network in between, misbehaves."""

from tests.torture.arena import SILENCE_SECONDS
from tests.torture.trials import Cast, Trial

SETTLE_SECONDS = 420
#: Longer than a silent Target is waited for.
LONG = SILENCE_SECONDS + 2

CATALOGUE: dict[str, tuple[dict, ...]] = {
    **{
        f"http-{code}": ({"kind": "http", "status": code},)
        for code in (400, 401, 403, 404, 413, 429, 500, 502, 503, 504)
    },
    "http-503-retry-after": ({"kind": "http", "status": 503, "retry_after": 2},),
    "http-500-taken": ({"kind": "http", "status": 500, "before_body": False},),
    "success-false": ({"kind": "refuse"},),
    "redirect": ({"kind": "redirect"},),
    "garbage": ({"kind": "garbage"},),
    "reset": ({"kind": "reset"},),
    "reset-untaken": ({"kind": "reset", "before_body": True},),
    "slow": ({"kind": "hang", "seconds": 1},),
    "timeout": ({"kind": "hang", "seconds": LONG},),
    "timeout-untaken": ({"kind": "hang", "seconds": LONG, "before_body": True},),
    "stuck": ({"kind": "stuck"},),
    "never-complete": ({"kind": "never-complete"},),
    "status-url-foreign": ({"kind": "foreign-status-url"},),
}


def of_the_catalogue(cast: Cast, repetitions: int) -> list[Trial]:
    """Each fault that the sandbox knows, once at the beginning of each trial."""
    trials = [
        cast.trial(f"Target: {name}", faults=faults, followed=name == "never-complete")
        for name, faults in CATALOGUE.items()
        for _ in range(repetitions)
    ]
    cast.settle(trials, SETTLE_SECONDS)
    return trials
