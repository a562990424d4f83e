"""`make soak`: mixed traffic while a worker is killed every minute, and Target is slow or busy at times."""

import argparse
import itertools
import time
from collections import Counter

import requests

from tests.scale import proof
from tests.scale.apart import Apart
from tests.scale.figures import progress, say
from tests.scale.mixed import CANCELLED, LEFT, SENT, Deed, carry_on
from tests.scale.proof import Sent
from tests.scale.rig import QUEUES, Rig
from tests.scale.seed import Company
from tests.torture.trials import taken_at
from uploads import workflow
from uploads.models import Batch, BatchState, Decision, Part, PartState

WORKERS = 2
KILL_SECONDS, LOOK_SECONDS = 60, 1.0
#: So long a worker is looked for that is at work, before an idle one is killed.
SEEK_SECONDS, GLANCE_SECONDS = 15, 0.05
#: Faults of the sandbox that leave no doubt, one at a time, each for an account; one comes so often.
FAULTS = (
    "http-429-retry-after",
    "slow",
    "http-503-retry-after",
    "http-429",
    "slow/status",
    "http-503/status",
)
FAULT_SECONDS = 20
#: After this, what has not ended counts as lost.
MOST_SECONDS = 1_200
#: A file of the middle size, of the big ones' megabytes.
_MIDDLE = 0.2
_WORKER_LOST = "worker-lost"


class Soak:
    """One run over a rig that is up, without workers yet."""

    def __init__(self, rig: Rig, company: Company, options: argparse.Namespace):
        self._rig = rig
        self._company = company
        self._options = options
        self._killed: Counter = Counter()
        self._killed_at_work = 0
        self._died: Counter = Counter()
        self._wrong: list[str] = []

    def run(self) -> list[str]:
        """Print what happened; what is wrong, in sentences."""
        self._rig.set_workers(WORKERS)
        people = Apart(
            carry_on,
            self._rig.addresses,
            self._options.people,
            [place.pk for place in self._company.destinations],
            self._options.megabytes * _MIDDLE,
            self._rig.folder,
        )
        self._disturb(people)
        done = self._let_end(people)
        deeds, numbers = done.deeds, [deed.number for deed in done.deeds]
        self._wait_for_ends(numbers)
        decided = self._decide(numbers)
        self._wait_for_ends(numbers)
        progress("judging what the sandbox has received and stored ...")
        self._judge(deeds, decided)
        answers = ", ".join(f"{times:,} x {status}" for status, times in sorted(done.seen["answers"].items()))
        fates = ", ".join(f"{times} {fate}" for fate, times in Counter(deed.fate for deed in deeds).items())
        say(f"\n{len(deeds)} batches ({fates}); answers of the web servers: {answers}.")
        killed = ", ".join(f"{name} {times} x" for name, times in sorted(self._killed.items()))
        say(f"Killed: {killed}; {self._killed_at_work} of them at work.")
        say(f"In doubt: {len(decided)} parts that a killed worker held; decided by what Target had.")
        self._wrong += [f"a person met {what} ({times} x)" for what, times in done.seen["errors"].items()]
        return self._wrong

    # Meanwhile ----------------------------------------------------------------------------------

    def _disturb(self, people: Apart) -> None:
        """Kill a worker every minute, of each queue in turn, and let Target misbehave."""
        minutes = self._options.soak
        progress(
            f"{minutes:g} minutes of mixed traffic by {self._options.people} people; {WORKERS} workers each"
        )
        began = time.monotonic()
        queues = itertools.cycle(QUEUES)
        faults = zip(itertools.cycle(FAULTS), itertools.cycle(self._company.destinations), strict=False)
        next_kill, next_fault = began + KILL_SECONDS / 2, began
        while time.monotonic() - began < minutes * 60 and not people.is_over:
            now = time.monotonic()
            if now >= next_kill:
                next_kill += KILL_SECONDS
                self._kill(*self._victim(next(queues)))
            if now >= next_fault:
                next_fault += FAULT_SECONDS
                fault, place = next(faults)
                url = f"{self._rig.sandbox_url}/sandbox/faults"
                requests.post(url, json=[f"{fault}@{place.client_code}"], timeout=30).raise_for_status()
            self._look_after()

    def _victim(self, queue: str) -> tuple[str, bool]:
        """A worker of the queue, and whether it is at work just now."""
        deadline = time.monotonic() + SEEK_SECONDS
        while time.monotonic() < deadline:
            if at_work := self._rig.horses(queue):
                return next(iter(at_work)), True
            time.sleep(GLANCE_SECONDS)
        return self._rig.worker_names(queue)[0], False

    def _kill(self, name: str, is_at_work: bool) -> None:
        self._rig.kill(name)
        self._killed[name] += 1
        self._killed_at_work += is_at_work
        uploaded = Batch.objects.filter(pk__gt=self._options.batches)
        counts = Counter(uploaded.values_list("state", flat=True))
        progress(
            f"  {name} killed{' at work' if is_at_work else ''}; "
            + ", ".join(f"{times} {state}" for state, times in counts.most_common())
        )

    def _look_after(self) -> None:
        self._died.update(self._rig.keep())
        time.sleep(LOOK_SECONDS)

    def _let_end(self, people: Apart):
        people.ask_to_stop()
        progress("people end what they have begun")
        while not people.is_over:
            self._look_after()
        return people.result()

    def _wait_for_ends(self, numbers: list[int]) -> None:
        """Until all that can end has; what was never sent waits for good."""
        requests.delete(f"{self._rig.sandbox_url}/sandbox/faults", timeout=30).raise_for_status()
        deadline = time.monotonic() + MOST_SECONDS
        waiting = (BatchState.READY, BatchState.RECEIVED)
        while time.monotonic() < deadline:
            moving = proof.moving(numbers)
            if not sum(times for state, times in moving.items() if state not in waiting):
                return
            self._look_after()

    def _decide(self, numbers: list[int]) -> list[Part]:
        """Decide about each part in doubt as somebody who can look into Target does; returns these."""
        there = taken_at(self._rig.sandbox_url)
        person = self._company.people[0]
        doubtful = proof.in_doubt(numbers)
        for part in doubtful:
            arrived = (part.batch.destination.client_code, part.sha256) in there
            decision = Decision.ARRIVED if arrived else Decision.SEND_AGAIN
            workflow.decide(person, part, decision, "Looked it up at Target.")
        return doubtful

    # Afterwards ---------------------------------------------------------------------------------

    def _judge(self, deeds: list[Deed], decided: list[Part]) -> None:
        doubtful = {part.batch_id for part in decided}
        sent = [
            Sent(
                "mixed, in doubt" if deed.number in doubtful else "mixed",
                deed.number,
                deed.file,
                ends=_ENDS_IN_DOUBT if deed.number in doubtful else frozenset({"complete"}),
                doubt=deed.number in doubtful,
            )
            for deed in deeds
            if deed.fate == SENT
        ]
        lines, wrong = proof.verdict(sent, self._rig.sandbox_url)
        for line in lines:
            say(line)
        calls, too_many = proof.wrong_calls(self._rig.sandbox_url)
        say("\n" + calls[0])
        self._wrong += wrong + too_many + _wrong_unsent(deeds) + proof.wrong_log(self._company.end)
        self._wrong += proof.failed_jobs(killed=self._killed.total()) + self._rig.errors_logged()
        self._wrong += self._wrong_doubts(decided)
        by_itself = self._died - self._killed
        self._wrong += [f"{name} ended by itself ({times} x)" for name, times in by_itself.items()]

    def _wrong_doubts(self, decided: list[Part]) -> list[str]:
        """A part may be in doubt only where a worker was killed that was sending it."""
        kills = sum(times for name, times in self._killed.items() if name.startswith("delivering "))
        wrong = [f"{part} was in doubt: {part.reason}" for part in decided if part.reason != _WORKER_LOST]
        if len(decided) > kills:
            wrong.append(f"{len(decided)} parts were in doubt, and {kills} delivering workers killed")
        return wrong


#: Where a batch ends of which a person has found a part at Target, or had it sent again.
_ENDS_IN_DOUBT = frozenset({"complete", "complete-with-failures"})


def _wrong_unsent(deeds: list[Deed]) -> list[str]:
    """What was cancelled is, what was left waits, and no part of either was ever to leave."""
    expected = {CANCELLED: BatchState.CANCELLED, LEFT: BatchState.READY}
    unsent = {deed.number: deed.fate for deed in deeds if deed.fate in expected}
    found = Batch.objects.in_bulk(list(unsent))
    wrong = [
        f"batch {number} was {fate}, and is {found[number].state}"
        for number, fate in unsent.items()
        if found[number].state != expected[fate]
    ]
    left = Part.objects.filter(batch__in=unsent).exclude(state__in=(PartState.PENDING, PartState.CANCELLED))
    return wrong + [f"{part} was never sent by anybody, and is {part.state}" for part in left]
