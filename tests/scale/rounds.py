"""The same work for one worker of each queue, then two, then four: rows a second, end to end.

From the beginning of the first check until Target has taken the last part: checked, compared, released, sent.
Each file goes to an account of its own, so that no budget of calls is the limit. Target, that is the sandbox,
then leaves the bodies where they are (T8): what it makes of them costs more than all of the product's work,
and would be measured in its place.
"""

import time
from dataclasses import dataclass, replace
from itertools import count

import psutil
import requests
from django.db.models import Max, Min

from tests.scale.figures import expected_gain, progress, table
from tests.scale.made import KEY, MadeFile, of_size
from tests.scale.proof import Sent, moving
from tests.scale.rig import Rig
from tests.scale.seed import Company
from tests.support.waiting import eventually
from uploads import batchfile, workflow
from uploads.models import Batch, BatchState, Decision, Destination, Membership, Part, User
from uploads.models.people import Role

LOOK_SECONDS, MOST_SECONDS = 0.2, 900
#: Files for each of the most workers.
FILES_A_WORKER = 2
#: Of what the cores leave to be gained, this much is near enough.
NEAR = 0.75
_HEADS = (
    "workers of each queue",
    "rows",
    "seconds",
    "rows/s",
    "x one",
    "at best",
    "rows/CPU s",
    "cores busy",
)
_numbers = count(1)


@dataclass(frozen=True)
class Round:
    """What one number of workers has done.

    seconds: by the clock; spent, spent_by_all: processor time of the workers, of all processes (seconds).
    """

    workers: int
    rows: int
    seconds: float
    spent: float
    spent_by_all: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    @property
    def busy(self) -> float:
        """Cores that the whole site kept busy."""
        return self.spent_by_all / self.seconds


def measure_rounds(
    rig: Rig, company: Company, megabytes: float, most: int
) -> tuple[list[str], list[Sent], list[str]]:
    """The lines of the table, the batches that were sent, and what falls short."""
    rounds, sent = [], []
    number = 1
    while number <= most:
        progress(f"{most * FILES_A_WORKER} files of {megabytes} MB for {number} workers of each queue")
        found, batches = _measure(rig, company.people[0], megabytes, number, most * FILES_A_WORKER)
        rounds.append(found)
        sent += batches
        number *= 2
    cores = psutil.cpu_count()
    rows, short = [], []
    for each in rounds:
        gain, best = each.rate / rounds[0].rate, expected_gain(each.workers, cores, rounds[0].busy)
        cells = (each.workers, f"{each.rows:,}", f"{each.seconds:.1f}", f"{each.rate:,.0f}", f"{gain:.2f}")
        rows.append((*cells, f"{best:.2f}", f"{each.rows / each.spent:,.0f}", f"{each.busy:.1f} of {cores}"))
        if gain < NEAR * best:
            short.append(f"{each.workers} workers do {gain:.2f} times as much as one, {best:.2f} is possible")
    return table(_HEADS, rows), sent, short


def _measure(rig: Rig, person: User, megabytes: float, workers: int, files: int) -> tuple[Round, list[Sent]]:
    rig.set_workers(workers)
    waiting = [_uploaded(rig, person, megabytes) for _ in range(files)]
    numbers = [batch.pk for batch, _file in waiting]
    before = rig.cpu_seconds()
    for batch, file in waiting:
        reading = batchfile.Reading.from_json(batch.reading)
        workflow.confirm_reading(person, batch, replace(reading, key=KEY, key_column=file.key))
    _release_all(person, numbers)
    spent = rig.cpu_seconds()
    spent.subtract(before)
    _acknowledge(person, numbers)
    span = Batch.objects.filter(pk__in=numbers).aggregate(
        first=Min("check_began_at"), last=Max("parts__answered_at")
    )
    rows = sum(file.accepted for _batch, file in waiting)
    found = Round(
        workers, rows, (span["last"] - span["first"]).total_seconds(), spent["workers"], spent.total()
    )
    case = f"{workers} workers"
    return found, [
        Sent(case, batch.pk, file, ends=frozenset({BatchState.COMPLETE_WITH_FAILURES}), consumed=False)
        for batch, file in waiting
    ]


def _uploaded(rig: Rig, person: User, megabytes: float) -> tuple[Batch, MadeFile]:
    """A file with a header that nobody has seen, for an account that Target gives up on."""
    number = next(_numbers)
    place = Destination.objects.create(
        name=f"Round {number}",
        kind=Destination.Kind.SANDBOX,
        client_code=f"round-{number}",
        approval=Destination.Approval.NEVER,
        proof_profiles=0,
    )
    Membership.objects.create(person=person, destination=place, role=Role.UPLOADER)
    stuck = {"on": "submit", "kind": "stuck", "client": place.client_code, "times": 100}
    requests.post(f"{rig.sandbox_url}/sandbox/faults", json=[stuck], timeout=30).raise_for_status()
    file = of_size(f"round-{number}", megabytes, key=f"customer{number}")
    path = file.write(rig.folder)
    with path.open("rb") as source:
        batch = workflow.receive_whole(person, place, file.name, path.stat().st_size, source)
    path.unlink()
    return batch, file


def _release_all(person: User, numbers: list[int]) -> None:
    """Release each as soon as it is checked and compared; until Target has taken all of them."""
    unreleased = set(numbers)
    deadline = time.monotonic() + MOST_SECONDS
    while time.monotonic() < deadline:
        ready = Batch.objects.filter(pk__in=unreleased, state=BatchState.READY).select_related("destination")
        unreleased -= {batch.pk for batch in ready if workflow.release(person, batch)}
        if not unreleased and not Part.objects.filter(batch__in=numbers, answered_at=None).exists():
            return
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"the files of this round did not leave within {MOST_SECONDS} s")


def _acknowledge(person: User, numbers: list[int]) -> None:
    """Take notice of each part that Target gave up on, and wait until the batches have ended."""

    def look() -> bool:
        for part in Part.objects.filter(batch__in=numbers).undecided().select_related("batch__destination"):
            workflow.decide(person, part, Decision.ACKNOWLEDGE, "Target was told to get stuck.")
        return not Batch.objects.filter(
            pk__in=numbers, state=BatchState.NEEDS_ATTENTION
        ).exists() and not moving(numbers)

    eventually(look, "the batches of this round have ended", MOST_SECONDS)
