"""Target's answer reaches the database after the part's worker was given up, or after a person decided."""

import uuid

import pytest
from django.db import connection

from uploads import target, workflow
from uploads.models import AuditEvent, BatchState, Call, Decision, Part, PartState
from uploads.workflow import answers, calls

pytestmark = pytest.mark.django_db(transaction=True)

ACCEPTED = answers.accepted(target.Accepted(None, "sandbox-7", "Batch submitted for processing"))
REFUSED = answers.failed(target.Refused("Batch is empty", http_status=200))
BUSY = answers.failed(target.RetrySafely("Target is busy.", kind="busy", http_status=503))
NO_TOKEN = answers.failed(target.RetrySafely("No.", kind="token", http_status=401))
UNKNOWN = answers.failed(target.OutcomeUnknown("The connection failed.", handed_over=9))


@pytest.fixture
def given_up(released):
    """A part in doubt, as its worker still knows it, and the call that is about to be answered."""
    part = released().parts.get()
    call = calls.reserve(part, Call.Kind.SUBMIT)
    lost = {"claim": uuid.uuid4(), "lease_until": "2000-01-01T00:00:00Z"}
    Part.objects.filter(pk=part.pk).update(state=PartState.SENDING, attempts=1, **lost)
    part.refresh_from_db()
    workflow.sweep()
    assert Part.objects.get(pk=part.pk).state == PartState.IN_DOUBT
    return part, call


def fresh(part):
    part.refresh_from_db()
    part.batch.refresh_from_db()
    return part.state, part.batch.state


@pytest.mark.parametrize("answer", [REFUSED, BUSY, NO_TOKEN], ids=["refused", "busy", "token"])
def test_a_late_no_ends_the_doubt_and_a_person_may_send_the_rows_again(given_up, reviewer, answer):
    part, call = given_up
    answers.record(part, call, answer)
    assert fresh(part) == (PartState.NOT_APPLIED, BatchState.NEEDS_ATTENTION)
    assert (part.reason, part.message) == ("late-refusal", answer.message)
    assert workflow.decide(reviewer, part, Decision.SEND_AGAIN, "It did not arrive.")
    assert fresh(part) == (PartState.NOT_APPLIED, BatchState.DELIVERING)
    assert part.resent_as.state == PartState.PENDING


def test_a_late_no_can_be_left_at_that(given_up, reviewer):
    part, call = given_up
    answers.record(part, call, REFUSED)
    assert not workflow.decide(reviewer, part, Decision.ARRIVED, "It arrived.")
    assert workflow.decide(reviewer, part, Decision.LEAVE_OUT, "We upload them anew.")
    assert fresh(part) == (PartState.NOT_APPLIED, BatchState.FAILED)


def test_a_late_answer_that_says_nothing_leaves_the_doubt(given_up):
    part, call = given_up
    answers.record(part, call, UNKNOWN)
    assert fresh(part) == (PartState.IN_DOUBT, BatchState.NEEDS_ATTENTION)


def test_a_worker_that_was_given_up_before_the_first_byte_sends_nothing(released, sandbox):
    """It stood still between *sending* and the POST; by now a person may have had the part sent again."""
    part = released().parts.get()

    def give_up(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if sql.startswith('UPDATE "uploads_part"') and PartState.SENDING.value in params:
            Part.objects.filter(pk=part.pk).update(state=PartState.IN_DOUBT, reason="worker-lost", claim=None)
        return result

    with connection.execute_wrapper(give_up):
        workflow.deliver(part.pk)
    assert fresh(part) == (PartState.NOT_APPLIED, BatchState.NEEDS_ATTENTION)
    assert sandbox.received() == []


@pytest.mark.parametrize("decision", [Decision.SEND_AGAIN, Decision.CLOSE, Decision.ARRIVED])
@pytest.mark.parametrize("answer", [ACCEPTED, REFUSED], ids=["accepted", "refused"])
def test_after_a_decision_an_answer_changes_nothing_but_is_kept_visible(given_up, reviewer, decision, answer):
    part, call = given_up
    assert workflow.decide(reviewer, part, decision, "Looked it up.")
    lost = Part.objects.get(pk=part.pk)
    lost.claim = part.claim
    outcome = fresh(part)
    for _ in range(2):
        answers.record(lost, call, answer)
    assert fresh(part) == outcome
    assert part.late_answer == answer.state
    event = AuditEvent.objects.get(action="part.late-answer")
    assert event.facts == {"part": 1, "answer": answer.state}
