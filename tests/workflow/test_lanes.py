"""What keeps a part from being sent, and that the claim goes by the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.overlaps import OTHERS
from uploads import workflow
from uploads.models import Account, Call, Part, PartState
from uploads.workflow import CALLS_PER_MINUTE, UNFINISHED_AT_TARGET, Hold, calls, lanes

pytestmark = pytest.mark.django_db(transaction=True)


def _paused(part, other):
    calls.pause_for_token(part.batch.destination)


def _slowed(part, other):
    calls.slow_down(part.batch.destination, 120)


def _retried_later(part, other):
    later = timezone.now() + timedelta(minutes=5)
    Part.objects.filter(pk=part.pk).update(
        state=PartState.WAITING_TO_RETRY, reason="connection", next_try_at=later
    )


def _eight_at_target(part, other):
    for number in range(2, UNFINISHED_AT_TARGET + 1):
        Part.objects.create(batch=other.batch, number=number, rows=1, bytes=1, state=PartState.ACCEPTED)
    Part.objects.filter(pk=other.pk).update(state=PartState.ACCEPTED)


def _a_status_is_awaited(part, other):
    sent = timezone.now() - timedelta(minutes=5)
    for number in range(2, UNFINISHED_AT_TARGET + 1):
        Part.objects.create(
            batch=other.batch, number=number, rows=1, bytes=1, state=PartState.COMPLETE, sending_at=sent
        )
    Part.objects.filter(pk=other.pk).update(state=PartState.ACCEPTED, sending_at=sent - timedelta(minutes=1))


def _another_is_leaving(part, other):
    Part.objects.filter(pk=other.pk).update(state=PartState.SENDING)


def _no_call_is_left(part, other):
    for _ in range(CALLS_PER_MINUTE):
        assert calls.reserve(other, Call.Kind.STATUS)


def _an_earlier_part_is_in_doubt(part, other):
    Part.objects.filter(pk=part.pk).update(number=2)
    Part.objects.create(batch=part.batch, number=1, rows=1, bytes=1, state=PartState.IN_DOUBT)


@pytest.mark.parametrize(
    ("situation", "hold", "words"),
    [
        (_paused, Hold.PAUSED, "Ask an admin to enter a new token"),
        (_slowed, Hold.SLOWED, "Target asked us to slow down. It goes on by itself at"),
        (_retried_later, Hold.RETRY, "Target could not be reached"),
        (_eight_at_target, Hold.AT_TARGET, "8 parts of other batches are still being processed by Target"),
        (_a_status_is_awaited, Hold.REMEMBERED, "Target remembers only its latest batches"),
        (_another_is_leaving, Hold.OTHER_PART, "another part of this account is being sent"),
        (_no_call_is_left, Hold.BUDGET, "(45 of 45) is used up. It goes on in about"),
        (
            _an_earlier_part_is_in_doubt,
            Hold.EARLIER_PART,
            "Waiting for part 1 of this batch, which is in doubt",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Hold) else "",
)
def test_a_part_that_waits_is_not_claimed_and_its_page_says_why(
    released, sandbox, sign_in, uploader, situation, hold, words
):
    other, part = released(OTHERS).parts.get(), released().parts.get()
    situation(part, other)
    part.refresh_from_db()
    assert lanes.obstacle_of(part).hold == hold
    workflow.deliver(part.pk)
    assert sandbox.received() == []
    page = sign_in(uploader).get(f"/batches/{part.batch_id}/live/").content.decode()
    assert words in page
    assert 'id="account-line"' in page


IN_NEED_OF_A_DECISION = {PartState.IN_DOUBT, PartState.NOT_APPLIED}


@pytest.mark.parametrize(
    "state",
    [
        PartState.PENDING,
        PartState.CLAIMED,
        PartState.SENDING,
        PartState.WAITING_TO_RETRY,
        *sorted(IN_NEED_OF_A_DECISION),
    ],
)
def test_a_batch_never_overtakes_an_earlier_one_with_the_same_visitors(
    released, sandbox, sign_in, uploader, state
):
    first, part = released().parts.get(), released().parts.get()
    Part.objects.filter(pk=first.pk).update(state=state)
    obstacle = lanes.obstacle_of(part)
    assert (obstacle.hold, obstacle.part) == (Hold.EARLIER_BATCH, first)
    workflow.deliver(part.pk)
    assert sandbox.received() == []
    page = sign_in(uploader).get(f"/batches/{part.batch_id}/live/").content.decode()
    assert f"Waiting for batch #{first.batch_id}, which has some of the same visitors" in page
    assert ("needs a decision" in page) == (state in IN_NEED_OF_A_DECISION)


@pytest.mark.parametrize("state", [PartState.ACCEPTED, PartState.REFUSED, PartState.CANCELLED])
def test_an_earlier_batch_that_has_left_or_never_will_holds_up_nothing(released, state):
    first, part = released().parts.get(), released().parts.get()
    Part.objects.filter(pk=first.pk).update(state=state)
    assert lanes.obstacle_of(part) is None


def test_an_earlier_batch_without_any_of_the_visitors_holds_up_nothing(released):
    first, part = released(OTHERS).parts.get(), released().parts.get()
    Part.objects.filter(pk=first.pk).update(state=PartState.IN_DOUBT)
    assert lanes.obstacle_of(part) is None


def test_what_nothing_holds_is_next(released, sign_in, uploader):
    part = released().parts.get()
    assert lanes.obstacle_of(part) is None
    assert "It is next" in sign_in(uploader).get(f"/batches/{part.batch_id}/live/").content.decode()


def test_a_part_at_target_says_when_its_status_is_asked_for(released, sandbox, sign_in, uploader, make_due):
    part = released().parts.get()
    address = f"/batches/{part.batch_id}/live/"
    workflow.deliver(part.pk)
    assert "Its status is asked for in about" in sign_in(uploader).get(address).content.decode()
    make_due()
    sandbox.fault(on="status", kind="http", status=503, retry_after=600)
    workflow.follow(part.pk)
    assert "got no answer; it is asked again at" in sign_in(uploader).get(address).content.decode()


def test_a_used_up_budget_tells_when_its_oldest_call_is_a_minute_old(released):
    """T11."""
    part = released().parts.get()
    for _ in range(CALLS_PER_MINUTE):
        calls.reserve(part, Call.Kind.STATUS)
    first = Call.objects.earliest("at").at
    assert lanes.obstacle_of(part).until == first + timedelta(seconds=60)


def test_looking_at_a_lane_makes_no_account(released):
    lanes.lane_of(released().destination)
    assert not Account.objects.exists()
