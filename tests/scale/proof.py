"""Whether nothing was lost, sent twice or falsely accepted, and whether nothing broke.

What the database says is held against what the sandbox received and stored, row by row, and against the files
as they were made. Nothing of a row is kept or said: only numbers of batches, and counts.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import django_rq
import requests
from django.conf import settings
from rq.registry import FailedJobRegistry

from tests.scale import made
from tests.scale.made import MadeFile
from tests.torture.judge import HEADS, judge
from tests.torture.trials import Trial
from uploads import audit
from uploads.audit import Link
from uploads.models import Batch, Part, PartState
from uploads.models.states import ACCEPTED_PART_STATES, FINAL_BATCH_STATES
from uploads.workflow.calls import CALLS_PER_MINUTE

#: What RQ calls the end of a job whose worker has died.
_ABANDONED = "AbandonedJobError"


@dataclass(frozen=True)
class Sent:
    """A batch that somebody sent. case: the line of the table that it is counted in.

    ends: the states that it may have ended in; doubt: whether a part of it may have been in doubt;
    consumed: whether Target has made profiles of its rows.
    """

    case: str
    number: int
    file: MadeFile
    ends: frozenset[str] = frozenset({"complete"})
    doubt: bool = False
    consumed: bool = True


def verdict(sent: list[Sent], sandbox_url: str) -> tuple[list[str], list[str]]:
    """The judge's table, a line each, and what is wrong."""
    batches = Batch.objects.select_related("destination").in_bulk([one.number for one in sent])
    trials = [Trial(one.case, batches[one.number], doubt=one.doubt, released=True) for one in sent]
    rows = judge(trials, sandbox_url)
    lines = [f"| {' | '.join(cells)} |" for cells in (HEADS, *(row.cells() for row in rows))]
    wrong = [f"{row.case}: the judge says no, see the table" for row in rows if row.failed]
    for one in sent:
        wrong += _wrong_with(one, batches[one.number])
    return lines, wrong + _wrong_profiles(sent, batches, sandbox_url)


def wrong_calls(sandbox_url: str) -> tuple[list[str], list[str]]:
    """What the sandbox counted of calls, in a line, and what is wrong with it (T11)."""
    told = requests.get(f"{sandbox_url}/sandbox/calls.json", timeout=60).json()
    if not told:
        return ["No account was called."], []
    most = max(told, key=lambda each: each["most"])
    refused = sum(each["refused"] for each in told)
    line = (
        f"{sum(each['calls'] for each in told):,} calls of {len(told)} accounts; at most {most['most']} of "
        f"one account in any 60 s, as the sandbox counted (budget {CALLS_PER_MINUTE}, Target's limit 50); "
        f"{refused} turned away."
    )
    above = [each["client"] for each in told if each["most"] > CALLS_PER_MINUTE]
    wrong = [f"{client}: more than {CALLS_PER_MINUTE} calls in a minute" for client in above]
    return [line], wrong + ([f"{refused} calls were turned away by the sandbox"] if refused else [])


def wrong_log(end: Link) -> list[str]:
    """What is wrong with the audit log behind its seeded part."""
    broken = audit.verify(end).broken
    return [f"the audit log is broken at event {broken.sequence}: {broken.fault}"] if broken else []


def failed_jobs(*, killed: int = 0) -> list[str]:
    """Jobs that broke, by their verb and how.

    killed: so many workers were killed at work. Their jobs end without an exception of their own, and what RQ
    says of it goes once the job was done again.
    """
    found, abandoned = Counter(), 0
    for name in settings.RQ_QUEUES:
        queue = django_rq.get_queue(name)
        for job_id in FailedJobRegistry(queue=queue).get_job_ids(cleanup=False):
            job = queue.fetch_job(job_id)
            result = job.latest_result() if job else None
            said = ((result.exc_string if result else "") or "").strip()
            if not said or _ABANDONED in said:
                abandoned += 1
            else:
                kind = said.splitlines()[-1].partition(":")[0]
                found[f"job {job_id.rpartition('-')[0]} failed: {kind}"] += 1
    if abandoned > killed:
        found[f"jobs were given up, where {killed} workers were killed at work"] = abandoned
    return [f"{what} ({times} x)" for what, times in found.items()]


def moving(numbers: Iterable[int]) -> Counter:
    """The states of those of the batches that have not come to an end, or of which a part has not."""
    batches = dict(Batch.objects.filter(pk__in=list(numbers)).values_list("pk", "state"))
    parts = Part.objects.filter(batch__in=batches).exclude(locate_due_at=None)
    still_looked_at = set(parts.values_list("batch_id", flat=True))
    ended = FINAL_BATCH_STATES | {"needs-attention"}
    return Counter(state for pk, state in batches.items() if state not in ended or pk in still_looked_at)


def in_doubt(numbers: Iterable[int]) -> list[Part]:
    """Parts of these batches that a person has to decide about."""
    found = Part.objects.filter(batch__in=list(numbers), state=PartState.IN_DOUBT)
    return list(found.select_related("batch__destination"))


def _wrong_with(one: Sent, batch: Batch) -> list[str]:
    wrong = []
    name = f"batch {one.number} ({one.case})"
    if batch.state not in one.ends:
        wrong.append(f"{name} is {batch.state}, not {' or '.join(sorted(one.ends))}")
    if (batch.rows, batch.accepted) != (one.file.rows, one.file.accepted):
        wrong.append(f"{name}: {batch.accepted} of {batch.rows} rows accepted, not {one.file.accepted}")
    taken = batch.parts.filter(state__in=ACCEPTED_PART_STATES).values_list("rows", flat=True)
    if sum(taken) != one.file.accepted:
        wrong.append(f"{name}: {sum(taken)} rows taken by Target, not {one.file.accepted}")
    return wrong


def _wrong_profiles(sent: list[Sent], batches: dict[int, Batch], sandbox_url: str) -> list[str]:
    """Every profile is the one that its file has, and there is one for each row that was sent."""
    files: dict[str, dict[str, Sent]] = defaultdict(dict)
    for one in sent:
        files[batches[one.number].destination.client_code][one.file.stem] = one
    wrong = []
    for client, known in files.items():
        stored, strange = _stored(sandbox_url, client, known)
        for stem, one in known.items():
            expected = one.file.accepted if one.consumed else 0
            if stored[stem] != expected:
                wrong.append(
                    f"batch {one.number} ({one.case}): {stored[stem]} profiles with the right values, "
                    f"not {expected}"
                )
        if strange:
            wrong.append(f"{client}: {strange} profiles that nobody sent, or with other values")
    return wrong


def _stored(sandbox_url: str, client: str, known: dict[str, Sent]) -> tuple[Counter, int]:
    """How many right profiles there are by the stem of their file, and how many others."""
    right, strange = Counter(), 0
    url = f"{sandbox_url}/sandbox/profiles.ndjson"
    with requests.get(url, params={"client": client}, timeout=600, stream=True) as answer:
        for line in answer.iter_lines(chunk_size=1_000_000):
            held = json.loads(line)
            stem, number = made.place_of(held["id"])
            one = known.get(stem)
            if one and one.file.has(number) and held["attributes"] == made.profile(number):
                right[stem] += 1
            else:
                strange += 1
    return right, strange
