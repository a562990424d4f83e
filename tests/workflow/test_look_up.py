"""Asking Target what it has now for one visitor, over the sandbox's own HTTP."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from uploads import workflow
from uploads.models import Account, AuditEvent, Batch, Call, Part
from uploads.target import Match
from uploads.workflow import calls

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = b"thirdPartyId,tier,city\nA1,silver,Oslo\nA2,silver,Rome\n"
SECOND = b"thirdPartyId,tier\nA1,gold\n"


@pytest.fixture
def sent(released, sandbox, follow_to_end):
    """Sends a file to its end."""

    def sent(content: bytes, **as_whom) -> Batch:
        batch = released(content, **as_whom)
        workflow.deliver(batch.parts.get().pk)
        follow_to_end(batch.parts.get())
        return batch

    return sent


@pytest.fixture
def ask(uploader):
    """Asks about an identifier as the uploader."""

    def ask(batch, identifier="A1"):
        return workflow.ask_target(uploader, batch, identifier, Batch.objects.all())

    return ask


def test_each_value_stands_beside_the_one_that_was_sent_last(sent, ask, sandbox):
    first, second = sent(FIRST), sent(SECOND, despite="The sandbox adds them up.")
    sandbox.visit("A1", {"city": "Lima"})  # F13
    for batch in (first, second):
        asked = ask(batch)
        assert asked.state == "found"
        assert [(value.name, value.sent, value.found.value, value.match) for value in asked.values] == [
            ("city", "Oslo", "Lima", Match.CHANGED_SINCE),
            ("tier", "gold", "gold", Match.AS_SENT_SINCE),
        ]
        assert [value.part.batch_id for value in asked.values] == [first.pk, second.pk]
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == 2


def test_the_log_says_who_asked_and_never_about_whom(sent, ask):
    batch = sent(FIRST)
    ask(batch)
    event = AuditEvent.objects.get(action="visitor.asked")
    assert (event.actor_name, event.batch_id, event.facts["known"]) == ("uploader", batch.pk, "found")
    assert "A1" not in str(event.facts)


def test_a_visitor_who_is_not_there_is_said(sent, ask, sandbox):
    sandbox.fault(kind="partial-loss", every=1)
    assert ask(sent(SECOND)).state == "unknown"


@pytest.mark.parametrize("identifier", ["A", "A11", "tier"])
def test_nobody_asks_about_what_was_not_sent(sent, ask, identifier):
    assert ask(sent(FIRST), identifier) is None
    assert not Call.objects.filter(kind=Call.Kind.PROFILE).exists()


def test_what_has_not_left_was_not_sent(released, ask):
    assert ask(released(FIRST)) is None


@pytest.mark.parametrize("hold", ["paused", "no call free"])
def test_target_is_not_asked_while_nobody_may_call(sent, ask, hold):
    batch = sent(FIRST)
    if hold == "paused":
        Account.objects.update(paused_at=now())
    for _ in range(calls.CALLS_BEFORE_PROFILES):
        calls.reserve(batch.parts.get(), Call.Kind.STATUS)
    assert ask(batch).state == "waiting"


def test_a_part_that_was_sent_before_tells_of_older_values(sent, ask):
    batch = sent(FIRST)
    Part.objects.update(sending_at=now() + timedelta(minutes=10))
    assert {value.match for value in ask(batch).values} == {Match.AS_SENT_BEFORE}
