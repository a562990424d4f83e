"""The judge of the torture finds what is wrong, where something is."""

import pytest

from tests.support import files as made
from tests.torture.judge import judge
from tests.torture.points import check_names
from tests.torture.trials import Trial
from uploads import files, workflow
from uploads.models import Batch, BatchState, Part, PartState

pytestmark = pytest.mark.django_db(transaction=True)

BATCH_UPDATE = "/m2/sandbox/v2/profile/batchUpdate"


@pytest.mark.parametrize(
    ("arrivals", "part", "batch", "wrong"),
    [
        (1, PartState.COMPLETE, BatchState.COMPLETE, ""),
        (1, PartState.IN_DOUBT, BatchState.NEEDS_ATTENTION, ""),
        (0, PartState.REFUSED, BatchState.FAILED, ""),
        (2, PartState.COMPLETE, BatchState.COMPLETE, "twice"),
        (2, PartState.IN_DOUBT, BatchState.NEEDS_ATTENTION, "twice"),
        (0, PartState.COMPLETE, BatchState.COMPLETE, "lost false"),
        (0, PartState.STATUS_UNKNOWN, BatchState.NEEDS_ATTENTION, "false"),
        (0, PartState.PENDING, BatchState.DELIVERING, "lost"),
        (1, PartState.ACCEPTED, BatchState.DELIVERING, "lost"),
        (1, PartState.SENDING, BatchState.DELIVERING, "lost"),
        (1, PartState.COMPLETE, BatchState.DELIVERING, "lost"),
        (1, PartState.IN_DOUBT, BatchState.COMPLETE, "lost"),
        (1, PartState.STUCK, BatchState.COMPLETE, "lost"),
    ],
)
def test_what_the_database_says_is_held_against_what_arrived(
    checked, uploader, sandbox, arrivals, part, batch, wrong
):
    trial = Trial("case", checked(made.GOOD), released=True)
    assert workflow.release(uploader, trial.batch)
    with files.open_part(trial.batch.parts.get()) as body:
        content = body.read()
    for _ in range(arrivals):
        assert sandbox.post(BATCH_UPDATE, content).ok
    Part.objects.update(state=part)
    Batch.objects.update(state=batch)
    (row,) = judge([trial], sandbox.url)
    found = [name for name in ("lost", "twice", "false") if getattr(row, name)]
    assert " ".join(found) == wrong
    assert row.failed == bool(wrong)


def test_a_doubt_where_an_answer_was_on_disk_counts_as_a_failure(checked, uploader, sandbox):
    trial = Trial("case", checked(made.GOOD), doubt=False, released=True)
    assert workflow.release(uploader, trial.batch)
    Part.objects.update(state=PartState.IN_DOUBT)
    Batch.objects.update(state=BatchState.NEEDS_ATTENTION)
    (row,) = judge([trial], sandbox.url)
    assert (row.doubt, row.needless, row.failed) == (1, 1, True)


def test_every_point_of_the_catalogue_is_a_function_that_exists():
    check_names()
