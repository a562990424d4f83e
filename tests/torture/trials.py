"""Trials: batches that are uploaded, checked, released and followed while things go wrong."""

import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import requests
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.support.waiting import eventually
from tests.torture.arena import Arena
from tests.torture.plans import Plan, plan
from tests.torture.points import BATCH, PART, Point
from uploads import batchfile, files, workflow
from uploads.models import Account, Batch, BatchState, Decision, Destination, Part, PartState, User
from uploads.models.states import FINAL_PART_STATES, UNSENT_PART_STATES

LOOK_SECONDS, LONGEST_PAUSE = 0.3, 2.0
#: After this, what has not ended counts as lost. Generous: a busy machine is no fault of the product.
MOST_SECONDS = 900
#: A frozen process sleeps for so long: its lease is over, and the sweep has taken its claim.
FROZEN_SECONDS = 8
#: All trials stand still when they did at two looks so far apart.
STILL_SECONDS = 2.5
_numbers = count(1)


@dataclass(eq=False)
class Trial:
    """One batch of one case, sent to an account of its own unless a case says otherwise.

    doubt: whether it may end in doubt. points: where a process is to be hit. fault: what Target does once.
    followed: whether Target is never done with it, so that all one can ask for is that it is still followed.
    parts: how many it has. decided: about how many of them a person had to decide.
    seconds: how long a job lay idle whose worker had died, where that is measured.
    """

    case: str
    batch: Batch
    doubt: bool = True
    points: tuple[Point, ...] = ()
    faults: tuple[dict, ...] = ()
    followed: bool = False
    parts: int = 1
    decided: int = 0
    seconds: float | None = None
    released: bool = False
    plans: list[Plan] = field(default_factory=list)
    woken: dict[Path, float] = field(default_factory=dict)

    @property
    def client(self) -> str:
        """The client code that it is sent to."""
        return self.batch.destination.client_code

    @property
    def missed(self) -> bool:
        """Whether a planned blow was not dealt: then the trial has proven nothing."""
        return any(plan.dealt_to is None for plan in self.plans)


class Cast:
    """The person who uploads, and all that is uploaded in one arena."""

    def __init__(self, arena: Arena):
        self.arena = arena
        self.person = User.objects.create_user("torturer")
        self.trials: list[Trial] = []

    def destination(self) -> Destination:
        """A sandbox destination with an account of its own."""
        number = next(_numbers)
        return Destination.objects.create(
            name=f"Account {number}", kind=Destination.Kind.SANDBOX, client_code=f"account-{number}"
        )

    def trial(
        self,
        case: str,
        *points: Point,
        faults: Iterable[dict] = (),
        doubt: bool = True,
        rows: int = 3,
        destination: Destination | None = None,
        followed: bool = False,
        parts: int = 1,
    ) -> Trial:
        """Upload a file that is like no other, and let its check begin.

        Further parts are made by hand: a file that is cut by itself has half a million rows.
        """
        batch = workflow.receive_whole(
            self.person, destination or self.destination(), "people.csv", *_file(rows)
        )
        trial = Trial(case, batch, doubt, points, tuple(faults), followed, parts)
        self._plan(trial)
        reading = batchfile.Reading.from_json(batch.reading)
        workflow.confirm_reading(
            self.person, batch, replace(reading, key="thirdPartyId", key_column="customer")
        )
        self.trials.append(trial)
        return trial

    def point_trial(self, point: Point, case: str = "") -> Trial:
        """A trial in which a process is hit at this point, and at the one before it where there is one."""
        points = (point.after, point) if point.after else (point,)
        faults = [point.fault] if point.fault else []
        return self.trial(case or point.name, *points, faults=faults, doubt=point.doubt, rows=point.rows)

    # Going on -----------------------------------------------------------------------------------

    def settle(self, trials: list[Trial]) -> None:
        """Release what is checked, and wait until nothing moves any more, at most MOST_SECONDS."""
        deadline = time.monotonic() + MOST_SECONDS
        still_since = None
        while (began := time.monotonic()) < deadline:
            if not all(self.look(trials)):
                still_since = None
            elif still_since is None:
                still_since = began
            elif began - still_since > STILL_SECONDS:
                return
            # Looking at a thousand trials must not take the time that the product needs.
            time.sleep(min(max(LOOK_SECONDS, time.monotonic() - began), LONGEST_PAUSE))

    def decide(self, trials: list[Trial]) -> None:
        """Decide about every part in doubt as a person who can look into Target does."""
        there = taken_at(self.arena.sandbox_url)
        for trial in trials:
            for part in trial.batch.parts.undecided():
                trial.decided += 1
                arrived = (trial.client, part.sha256) in there
                decision = Decision.ARRIVED if arrived else Decision.SEND_AGAIN
                workflow.decide(self.person, part, decision, "Looked it up at Target.")

    def checked(self, trials: list[Trial]) -> None:
        """Wait until all can be released. Raises AssertionError."""
        batches = Batch.objects.filter(pk__in=[trial.batch.pk for trial in trials])

        def look() -> bool:
            self.arena.keep()
            return not batches.exclude(state=BatchState.READY).exists()

        eventually(look, "the checks end", MOST_SECONDS)

    def release(self, trials: list[Trial]) -> None:
        """Release all, and wait for no more than their checks. Raises AssertionError."""
        self.checked(trials)
        for trial in trials:
            self._release(trial)

    def look(self, trials: list[Trial]) -> Iterator[bool]:
        """Do what people would do now, and say of each trial whether it has ended."""
        self.arena.keep()
        self._enter_new_tokens()
        states = dict(Batch.objects.filter(pk__in=[t.batch.pk for t in trials]).values_list("pk", "state"))
        for trial in trials:
            self._wake_frozen(trial)
            if states[trial.batch.pk] == BatchState.READY:
                self._release(trial)
        parts: dict[int, list[Part]] = {}
        for part in Part.objects.filter(batch__in=states).order_by("batch_id", "number"):
            parts.setdefault(part.batch_id, []).append(part)
        for trial in trials:
            yield trial.released and has_ended(trial, parts.get(trial.batch.pk, []))

    def _release(self, trial: Trial) -> None:
        batch = Batch.objects.select_related("destination").get(pk=trial.batch.pk)
        if not trial.released:
            trial.released = True
            _add_parts(batch, trial.parts)
            self._plan(trial, batch.parts.order_by("number").first())
            self.fault(trial, *trial.faults)
            if any(point.verb == "release" for point in trial.points):
                self.arena.run_once("release", str(batch.pk))
                return
        # Once more where that was killed, as a person would.
        workflow.release(self.person, batch)

    def fault(self, trial: Trial, *faults: dict) -> None:
        """Let Target misbehave towards the trial's account."""
        if faults:
            described = [{"client": trial.client, **fault} for fault in faults]
            url = f"{self.arena.sandbox_url}/sandbox/faults"
            requests.post(url, json=described, timeout=30).raise_for_status()

    def _enter_new_tokens(self) -> None:
        """What an admin does about a refused token (T3)."""
        for code in Account.objects.exclude(paused_at=None).values_list("code", flat=True):
            client = code.removeprefix("sandbox:")
            workflow.resume(Destination.objects.get(client_code=client), self.person)

    def _plan(self, trial: Trial, part: Part | None = None) -> None:
        """Plan what needs no part before there is one, and the rest once there is."""
        batch = trial.batch.pk
        for point in trial.points:
            if point.needs_part != (part is not None):
                continue
            keys = {BATCH: batch, PART: part and part.pk}
            worked_on = {"sweep": "all", "check": batch, "release": batch}.get(point.verb, keys[PART])
            given = {
                name: keys[value] if value in (BATCH, PART) else value
                for name, value in point.blow.given.items()
            }
            blow = replace(point.blow, given=given)
            trial.plans.append(plan(self.arena.plans, point.verb, worked_on, blow))

    def _wake_frozen(self, trial: Trial) -> None:
        for each in trial.plans:
            if each.blow.how == "freeze" and (pid := each.dealt_to) is not None:
                since = trial.woken.setdefault(each.path, time.monotonic())
                if since and time.monotonic() - since > FROZEN_SECONDS:
                    trial.woken[each.path] = 0
                    self.arena.wake(pid)


def taken_at(sandbox_url: str) -> dict[tuple[str, str], dict]:
    """What the sandbox has received, by client code and SHA-256, as its batches.json tells it."""
    bodies = requests.get(f"{sandbox_url}/sandbox/batches.json", timeout=60).json()
    return {(body["client"], body["sha256"]): body for body in bodies}


def has_ended(trial: Trial, parts: list[Part]) -> bool:
    """Whether every part has come to an end that people can see: a final one, in doubt, or behind a doubt.

    The rows that Target refused have been found by then.
    """
    behind_a_doubt = False
    for part in parts:
        final = part.state in FINAL_PART_STATES or part.state == PartState.IN_DOUBT
        followed = trial.followed and part.state == PartState.ACCEPTED and part.polls > 1
        waits = behind_a_doubt and part.state in UNSENT_PART_STATES
        if not (final or followed or waits) or part.locate_due_at is not None:
            return False
        behind_a_doubt |= part.state == PartState.IN_DOUBT
    return bool(parts) and all(since == 0 for since in trial.woken.values())


def _add_parts(batch: Batch, most: int) -> None:
    for number in range(2, most + 1):
        content = f"batch=thirdPartyId,tier\nc-{batch.pk}-{number},gold\n".encode()
        part = Part.objects.create(
            batch=batch, number=number, rows=1, bytes=len(content), sha256=sha256(content).hexdigest()
        )
        default_storage.save(files.part_name(part), ContentFile(content))


def _file(rows: int) -> tuple[int, io.BytesIO]:
    """The size and the content of a CSV whose ids and header are in no other; somebody points its key out."""
    number = next(_numbers)
    lines = [f"c-{number}-{row},gold,{row}" for row in range(rows)]
    content = "\n".join([f"customer,tier,number{number}", *lines, ""]).encode()
    return len(content), io.BytesIO(content)
