"""The judge: what the database says of each part, held against what the sandbox has received."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.torture.trials import Trial, has_ended, taken_at
from uploads import audit
from uploads.models import BatchState, Part, PartState
from uploads.models.states import ACCEPTED_PART_STATES, DONE_PART_STATES, FINAL_BATCH_STATES


@dataclass
class Row:
    """One line of the table: a case, how often it was tried, and what became of its parts.

    lost: without an end that people can see, or said complete while Target never had it whole.
    twice: taken by Target more than once. false: said accepted while Target did not take it.
    doubt: in doubt, be it that a person decided later. needless: in doubt where an answer, or the certainty
    that nothing had left, was on disk.
    missed: blows that were never dealt. slowest: seconds until a dead worker's job was seen to.
    """

    case: str
    repetitions: int = 0
    lost: int = 0
    twice: int = 0
    false: int = 0
    doubt: int = 0
    needless: int = 0
    missed: int = 0
    ends: Counter = field(default_factory=Counter)
    slowest: float | None = None

    @property
    def failed(self) -> bool:
        """Whether the promise was broken, or the trial proved nothing."""
        broken = self.lost or self.twice or self.false or self.needless
        slow = self.slowest is not None and self.slowest > MOST_IDLE_SECONDS
        return bool(broken or slow or self.missed or not self.repetitions)

    def cells(self) -> tuple[str, ...]:
        """The line's texts, in the order of HEADS."""
        ends = ", ".join(f"{number} {end}" for end, number in self.ends.most_common())
        troubles = [f"{self.needless} needlessly in doubt"] * bool(self.needless)
        troubles += [f"{self.missed} not reached"] * bool(self.missed)
        if self.slowest is not None:
            troubles.append(f"seen to after {self.slowest:.0f} s at most")
        where = "; ".join([ends, *troubles])
        numbers = (self.repetitions, self.lost, self.twice, self.false, self.doubt)
        return (self.case, *map(str, numbers), where)


#: A dead worker's job is seen to within this time.
MOST_IDLE_SECONDS = 60
HEADS = ("case", "repetitions", "lost", "sent twice", "falsely accepted", "in doubt", "where they ended")


def judge(trials: Iterable[Trial], sandbox_url: str) -> list[Row]:
    """One row a case, in the order of the trials."""
    taken = taken_at(sandbox_url)
    rows: dict[str, Row] = {}
    for trial in trials:
        row = rows.setdefault(trial.case, Row(trial.case))
        row.repetitions += 1
        row.missed += trial.missed
        row.doubt += trial.decided
        if trial.seconds is not None:
            row.slowest = max(row.slowest or 0, trial.seconds)
        _judge_batch(row, trial, taken)
    return list(rows.values())


def chain_is_whole() -> bool:
    """Whether the audit log has survived as well."""
    return audit.verify().broken is None


def _judge_batch(row: Row, trial: Trial, taken: dict) -> None:
    trial.batch.refresh_from_db()
    parts = list(trial.batch.parts.order_by("number"))
    if not parts:
        row.lost += 1
        row.ends[trial.batch.state] += 1
        return
    ended = has_ended(trial, parts) and _agrees(trial)
    for part in parts:
        row.ends[_end(part)] += 1
        _judge_part(row, trial, part, ended, taken.get((trial.client, part.sha256)))


def _judge_part(row: Row, trial: Trial, part: Part, ended: bool, body: dict | None) -> None:
    received, accepted = (body["received"], body["accepted"]) if body else (0, 0)
    done = part.state in DONE_PART_STATES
    whole = bool(body) and body["rows"] == part.rows and body["bytes"] == part.bytes
    row.lost += not ended or (done and not whole)
    row.twice += received > 1
    row.false += part.state in ACCEPTED_PART_STATES and not accepted
    if part.state == PartState.IN_DOUBT:
        row.doubt += 1
        row.needless += not trial.doubt


def _end(part: Part) -> str:
    return f"{part.state} behind a doubt" if part.state == PartState.PENDING else part.state


def _agrees(trial: Trial) -> bool:
    """Whether the batch has ended where its parts have, and is called complete only where they all are."""
    states = set(trial.batch.parts.counted().values_list("state", flat=True))
    state = trial.batch.state
    if PartState.IN_DOUBT in states:
        return state == BatchState.NEEDS_ATTENTION
    if (state == BatchState.COMPLETE) != (states == {PartState.COMPLETE}):
        return False
    return trial.followed or state in FINAL_BATCH_STATES | {BatchState.NEEDS_ATTENTION}
