"""Only the transitions that the design knows, and only for whoever comes first."""

import pytest

from tests.support import files as made
from tests.support import state_docs
from uploads.models import AuditEvent, BatchState, PartState
from uploads.models.states import (
    BATCH_TRANSITIONS,
    DECISIONS,
    FINAL_BATCH_STATES,
    FINAL_PART_STATES,
    PART_TRANSITIONS,
    UNCLEAR_PART_STATES,
)
from uploads.workflow.settle import state_from
from uploads.workflow.transitions import ForbiddenTransition, move

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_lost_race_changes_nothing_and_leaves_no_event(receive):
    batch = receive(made.NO_KEY)
    same = type(batch).objects.get(pk=batch.pk)
    assert move(batch, BatchState.CANCELLED, "batch.cancelled", old=BatchState.RECEIVED)
    events = AuditEvent.objects.count()
    assert not move(same, BatchState.CHECKING, "batch.check-started", old=BatchState.RECEIVED)
    assert AuditEvent.objects.count() == events


def test_a_claim_that_was_lost_moves_nothing(receive):
    batch = receive(made.GOOD)
    other = "00000000-0000-0000-0000-000000000001"
    assert not move(batch, BatchState.READY, "batch.ready", old=BatchState.CHECKING, holding=other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BatchState.COMPLETE, BatchState.DELIVERING),
        (BatchState.RECEIVED, BatchState.DELIVERING),
        (BatchState.CANCELLED, BatchState.READY),
    ],
)
def test_a_transition_that_the_design_does_not_know_is_refused(receive, old, new):
    with pytest.raises(ForbiddenTransition):
        move(receive(made.NO_KEY), new, "batch.ready", old=old)


def test_final_states_lead_nowhere_but_a_refused_file_may_be_read_differently():
    assert FINAL_BATCH_STATES & BATCH_TRANSITIONS.keys() == {BatchState.REFUSED}
    assert set(BATCH_TRANSITIONS[BatchState.REFUSED]) == {BatchState.CHECKING}
    assert not FINAL_PART_STATES & PART_TRANSITIONS.keys()


def test_the_drawn_states_are_those_of_the_code():
    """`make docs` writes the page anew."""
    assert state_docs.PAGE.read_text(encoding="utf-8") == state_docs.page()


def test_every_state_that_is_not_final_leads_somewhere():
    assert set(BatchState) - FINAL_BATCH_STATES <= BATCH_TRANSITIONS.keys()
    assert set(PartState) - FINAL_PART_STATES == PART_TRANSITIONS.keys()


def test_a_part_in_sending_never_goes_back_to_a_state_that_is_sent_again_by_itself_but_retry():
    assert PartState.PENDING not in PART_TRANSITIONS[PartState.SENDING]
    sent_by_itself = {PartState.PENDING, PartState.WAITING_TO_RETRY, PartState.CLAIMED}
    assert not sent_by_itself & PART_TRANSITIONS[PartState.IN_DOUBT].keys()


def test_a_person_is_asked_about_every_part_of_which_nobody_knows_what_became():
    assert UNCLEAR_PART_STATES - {PartState.CLOSED_UNKNOWN} <= DECISIONS.keys()


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ("complete", "complete"),
        ("complete complete", "complete"),
        ("complete complete-with-failures", "complete-with-failures"),
        ("complete refused", "complete-with-failures"),
        ("refused refused", "failed"),
        ("complete pending", "delivering"),
        ("accepted", "delivering"),
        ("waiting-to-retry", "delivering"),
        ("complete in-doubt?", "needs-attention"),
        ("stuck? complete", "needs-attention"),
        ("status-unknown? pending", "needs-attention"),
        ("not-applied? refused", "needs-attention"),
        ("stuck? cancelled", "needs-attention"),
        ("status-unknown pending", "delivering"),
        ("stuck complete", "complete-with-failures"),
        ("status-unknown", "complete-with-failures"),
        ("closed-unknown", "complete-with-failures"),
        ("not-applied complete", "complete-with-failures"),
        ("not-applied", "failed"),
        ("not-applied refused", "failed"),
        ("closed-unknown cancelled", "cancelled"),
        ("complete cancelled", "cancelled"),
        ("cancelled refused", "cancelled"),
        ("accepted cancelled", "delivering"),
    ],
)
def test_a_released_batch_stands_where_its_parts_put_it(parts, state):
    """A question mark: nobody has decided about this part yet."""
    states = [PartState(part.rstrip("?")) for part in parts.split()]
    assert state_from(states, undecided="?" in parts) == state
