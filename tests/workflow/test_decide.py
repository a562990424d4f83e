"""What a person decides about a part in doubt, stuck or unknown, and where its batch ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from uploads import files, workflow
from uploads.models import AuditEvent, BatchState, Decision, Part, PartState
from uploads.models.states import DECISIONS

pytestmark = pytest.mark.django_db(transaction=True)

BECAUSE = "Looked up three visitors in Target."


@pytest.fixture
def doubtful(released, sandbox):
    """A batch whose part may or may not have arrived; in truth it has, unless `before_body`."""

    def doubtful(**fault):
        batch = released()
        sandbox.fault(kind="reset", **fault)
        part = batch.parts.get()
        workflow.deliver(part.pk)
        part.refresh_from_db()
        batch.refresh_from_db()
        assert (part.state, batch.state) == (PartState.IN_DOUBT, BatchState.NEEDS_ATTENTION)
        assert part.handed_over == part.bytes
        return part

    return doubtful


def fresh(part):
    part.refresh_from_db()
    part.batch.refresh_from_db()
    return part.state, part.batch.state


@pytest.mark.parametrize(
    ("decision", "part_state", "batch_state"),
    [
        (Decision.ARRIVED, PartState.STATUS_UNKNOWN, BatchState.COMPLETE_WITH_FAILURES),
        (Decision.LEAVE_OUT, PartState.NOT_APPLIED, BatchState.FAILED),
        (Decision.CLOSE, PartState.CLOSED_UNKNOWN, BatchState.COMPLETE_WITH_FAILURES),
    ],
)
def test_a_decision_ends_the_doubt_with_its_reason_on_the_part_and_in_the_log(
    doubtful, reviewer, sandbox, make_due, decision, part_state, batch_state
):
    part = doubtful()
    assert workflow.decide(reviewer, part, decision, BECAUSE)
    assert fresh(part) == (part_state, batch_state)
    assert (part.decision, part.decided_by, part.decision_reason) == (decision, reviewer, BECAUSE)
    event = AuditEvent.objects.filter(actor_name="reviewer").get()
    assert event.facts == {"part": 1, "decision": decision, "reason": BECAUSE}
    make_due()
    workflow.sweep()
    workflow.deliver(part.pk)
    workflow.follow(part.pk)
    assert [body["received"] for body in sandbox.received()] == [1]


def test_not_arrived_and_sent_again_is_a_new_part_with_the_same_rows(
    doubtful, reviewer, sandbox, follow_to_end
):
    part = doubtful(before_body=True)
    assert workflow.decide(reviewer, part, Decision.SEND_AGAIN, BECAUSE)
    new = part.resent_as
    assert fresh(part) == (PartState.NOT_APPLIED, BatchState.DELIVERING)
    assert (new.number, new.rows, new.sha256, new.state) == (2, part.rows, part.sha256, PartState.PENDING)
    assert list(part.batch.parts.counted()) == [new]
    resent = AuditEvent.objects.get(action="part.resent")
    assert (resent.actor_name, resent.facts) == ("reviewer", {"part": 2, "resends": 1, "rows": 3})
    workflow.deliver(new.pk)
    new.refresh_from_db()
    assert follow_to_end(new).state == PartState.COMPLETE
    assert fresh(part) == (PartState.NOT_APPLIED, BatchState.COMPLETE)
    assert [(body["sha256"], body["received"]) for body in sandbox.received()] == [(part.sha256, 1)]


def test_what_is_sent_again_can_end_in_doubt_again(doubtful, reviewer, sandbox):
    part = doubtful(before_body=True)
    workflow.decide(reviewer, part, Decision.SEND_AGAIN, BECAUSE)
    sandbox.fault(kind="reset", before_body=True)
    workflow.deliver(part.resent_as.pk)
    second = Part.objects.get(resends=part)
    assert fresh(second) == (PartState.IN_DOUBT, BatchState.NEEDS_ATTENTION)
    assert workflow.decide(reviewer, second, Decision.SEND_AGAIN, BECAUSE)
    third = Part.objects.get(resends=second)
    assert files.part_name(third) == files.part_name(part)
    workflow.deliver(third.pk)
    assert fresh(third) == (PartState.ACCEPTED, BatchState.DELIVERING)


@pytest.mark.parametrize("decision", DECISIONS[PartState.IN_DOUBT])
def test_later_parts_go_on_once_the_doubt_is_resolved(doubtful, reviewer, sandbox, make_due, decision):
    part = doubtful()
    later = Part.objects.create(batch=part.batch, number=2, rows=1, bytes=1, sha256="changed")
    workflow.deliver(later.pk)
    assert fresh(later) == (PartState.PENDING, BatchState.NEEDS_ATTENTION)
    workflow.decide(reviewer, part, decision, BECAUSE)
    workflow.deliver(later.pk)
    # It came as far as the proof of its file, which this one does not have.
    later.refresh_from_db()
    assert (later.state, later.reason) == (PartState.REFUSED, "file-missing")


@pytest.mark.parametrize("second", DECISIONS[PartState.IN_DOUBT])
@pytest.mark.parametrize("first", DECISIONS[PartState.IN_DOUBT])
def test_of_two_decisions_one_counts(doubtful, reviewer, sandbox, first, second):
    part = doubtful()
    same = Part.objects.get(pk=part.pk)
    assert workflow.decide(reviewer, part, first, BECAUSE)
    outcome = fresh(part)
    assert not workflow.decide(reviewer, same, second, BECAUSE)
    assert fresh(part) == outcome
    assert part.decision == first
    assert part.batch.parts.count() == (2 if first == Decision.SEND_AGAIN else 1)


@pytest.mark.parametrize("end", ["stuck", "http"])
def test_a_part_that_is_stuck_or_unknown_needs_attention_until_somebody_takes_note(
    released, reviewer, sandbox, make_due, end
):
    batch = released()
    part = batch.parts.get()
    workflow.deliver(part.pk)
    make_due()
    sandbox.fault(on="status", kind=end, status=404) if end == "http" else sandbox.fault(
        on="status", kind=end
    )
    workflow.follow(part.pk)
    assert fresh(part)[1] == BatchState.NEEDS_ATTENTION
    state = part.state
    assert not workflow.decide(reviewer, part, Decision.SEND_AGAIN, BECAUSE)
    assert workflow.decide(reviewer, part, Decision.ACKNOWLEDGE, BECAUSE)
    assert fresh(part) == (state, BatchState.COMPLETE_WITH_FAILURES)
    assert AuditEvent.objects.get(action="part.acknowledged").facts["reason"] == BECAUSE
    assert not workflow.decide(reviewer, part, Decision.ACKNOWLEDGE, BECAUSE)


@pytest.mark.parametrize("why_not", ["stopped", "inactive"])
def test_rows_are_not_sent_again_where_nothing_more_may_go(doubtful, reviewer, uploader, why_not):
    part = doubtful()
    if why_not == "stopped":
        Part.objects.create(batch=part.batch, number=2, rows=1, bytes=1, sha256="")
        assert workflow.cancel(uploader, part.batch)
    else:
        part.batch.destination.active = False
        part.batch.destination.save()
    assert not workflow.can_send_again(part.batch)
    assert not workflow.decide(reviewer, part, Decision.SEND_AGAIN, BECAUSE)
    assert fresh(part) == (PartState.IN_DOUBT, BatchState.NEEDS_ATTENTION)


def test_a_stopped_batch_ends_once_its_doubt_is_resolved(doubtful, reviewer, uploader):
    part = doubtful()
    Part.objects.create(batch=part.batch, number=2, rows=1, bytes=1, sha256="")
    assert workflow.cancel(uploader, part.batch)
    assert workflow.decide(reviewer, part, Decision.CLOSE, BECAUSE)
    assert fresh(part) == (PartState.CLOSED_UNKNOWN, BatchState.CANCELLED)


def test_what_is_sent_again_can_still_be_stopped(doubtful, reviewer, uploader):
    part = doubtful()
    workflow.decide(reviewer, part, Decision.SEND_AGAIN, BECAUSE)
    assert workflow.cancel(uploader, part.batch)
    assert fresh(part.resent_as) == (PartState.CANCELLED, BatchState.CANCELLED)


def test_a_part_that_a_person_closed_may_still_take_up_targets_memory(doubtful, reviewer, released):
    """T10."""
    part = doubtful()
    workflow.decide(reviewer, part, Decision.CLOSE, BECAUSE)
    waited = timezone.now() - timedelta(minutes=5)
    Part.objects.filter(pk=part.pk).update(sending_at=waited + timedelta(seconds=1))
    ends = [PartState.ACCEPTED, *[PartState.COMPLETE] * 6]
    for end in ends:
        Part.objects.filter(batch=released()).update(state=end, sending_at=waited)
    waiting = released().parts.get()
    workflow.deliver(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == PartState.PENDING
