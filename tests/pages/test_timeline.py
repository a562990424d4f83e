"""The way of a batch and of its parts."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tests.support import files as made
from uploads import workflow
from uploads.models import Part, PartState, Verdict
from uploads.models.states import FINAL_PART_STATES
from uploads.pages.timeline import steps_of_batch, steps_of_part

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db
def test_the_way_of_a_batch_names_who_did_what(checked, uploader, reviewer, destination):
    destination.approval = "always"
    destination.save()
    batch = checked(made.GOOD)
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch))
    assert workflow.review(reviewer, batch, Verdict.APPROVED, "", workflow.digest_shown(batch))
    batch.refresh_from_db()
    steps = steps_of_batch(batch)
    assert [(str(step.label), step.who) for step in steps] == [
        ("Uploaded", "uploader"),
        ("Checked", ""),
        ("Asked for approval", "uploader"),
        ("Approved", "reviewer"),
        ("Sent", "reviewer"),
        ("Complete", ""),
    ]
    assert [step.tone for step in steps] == ["done"] * 5 + ["todo"]
    assert (steps[0].at, steps[-1].at) == (sorted(step.at for step in steps[:-1])[0], None)


@pytest.mark.parametrize(
    ("state", "way"),
    [
        (PartState.PENDING, "done todo todo todo"),
        (PartState.CLAIMED, "done progress todo todo"),
        (PartState.SENDING, "done progress todo todo"),
        (PartState.WAITING_TO_RETRY, "done warning todo todo"),
        (PartState.CANCELLED, "done neutral todo todo"),
        (PartState.IN_DOUBT, "done done doubt"),
        (PartState.REFUSED, "done done error"),
        (PartState.NOT_APPLIED, "done done error"),
        (PartState.CLOSED_UNKNOWN, "done done doubt"),
        (PartState.ACCEPTED, "done done done progress"),
        (PartState.COMPLETE, "done done done done"),
        (PartState.COMPLETE_WITH_FAILURES, "done done done warning"),
        (PartState.STUCK, "done done done doubt"),
        (PartState.STATUS_UNKNOWN, "done done done doubt"),
    ],
)
def test_the_way_of_a_part_ends_where_it_stands(state, way):
    at = now()
    part = Part(
        state=state,
        sending_at=at,
        answered_at=at + MINUTE,
        ended_at=at + 2 * MINUTE if state in FINAL_PART_STATES else None,
    )
    steps = steps_of_part(part, at - MINUTE)
    assert " ".join(step.tone for step in steps) == way
    said = [str(step.label) for step in steps]
    assert state in (PartState.PENDING, PartState.ACCEPTED) or state.label in said
    times = [step.at for step in steps if step.at]
    assert times == sorted(times)


def test_each_state_of_a_part_has_its_way():
    for state in PartState:
        assert len(steps_of_part(Part(state=state), now())) in (3, 4)
