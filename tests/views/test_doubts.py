"""The page on which a reviewer decides about a part."""

import pytest
from django.urls import reverse

from tests.support import files as made
from tests.support.answers import text_of
from tests.support.sandbox import profiles_at
from tests.support.waiting import eventually
from uploads import access, workflow
from uploads.models import BatchState, Decision, Part, PartState
from uploads.models.states import DECISIONS

pytestmark = pytest.mark.django_db(transaction=True)

BECAUSE = "Looked up three visitors in Target."


@pytest.fixture
def doubtful(checked, uploader, sandbox):
    """A batch whose part may or may not have arrived."""

    def doubtful(content=made.GOOD, actor=uploader):
        batch = checked(content, actor=actor)
        workflow.release(actor, batch)
        sandbox.fault(kind="reset")
        part = batch.parts.get()
        workflow.deliver(part.pk)
        part.refresh_from_db()
        assert part.state == PartState.IN_DOUBT
        return part

    return doubtful


def url_of(part, name="part-decide"):
    return reverse(name, args=[part.batch_id, part.number])


CAST = ("uploader", "colleague", "reviewer", "outsider", "auditor", "admin")


@pytest.mark.parametrize("who", CAST)
def test_only_a_reviewer_gets_to_decide(request, sign_in, doubtful, who):
    part = doubtful()
    client = sign_in(request.getfixturevalue(who))
    allowed = who == "reviewer"
    for name, method in (
        ("part-decide", client.get),
        ("part-decide", client.post),
        ("part-read-back", client.post),
        ("part-read-back-live", client.get),
    ):
        assert (method(url_of(part, name)).status_code == 404) != allowed
    part.refresh_from_db()
    assert (part.state, part.read_back_due_at is None) == (PartState.IN_DOUBT, not allowed)


def test_a_reviewer_does_not_decide_about_their_own_batch(sign_in, doubtful, reviewer):
    part = doubtful(actor=reviewer)
    client = sign_in(reviewer)
    assert client.post(url_of(part), {"decision": "close", "reason": BECAUSE}).status_code == 404
    page = text_of(client.get(reverse("batch", args=[part.batch_id])))
    assert url_of(part) not in page
    assert "Nobody can decide about it yet" in page


@pytest.mark.parametrize("who", ["uploader", "auditor", "admin"])
def test_others_read_who_can_decide(request, sign_in, doubtful, reviewer, who):
    part = doubtful()
    client = sign_in(request.getfixturevalue(who))
    page = text_of(client.get(reverse("batch", args=[part.batch_id])))
    assert "These people can: reviewer." in page
    assert 'data-need="doubt"' not in text_of(client.get(reverse("home")))


def test_the_batch_and_the_home_page_lead_to_the_decision(sign_in, doubtful, reviewer):
    part = doubtful()
    client = sign_in(reviewer)
    assert url_of(part) in text_of(client.get(reverse("batch", args=[part.batch_id])))
    assert "1 batch waits for your decision" in text_of(client.get(reverse("home")))


def test_the_page_says_what_is_known(sign_in, doubtful, reviewer):
    part = doubtful()
    page = text_of(sign_in(reviewer).get(url_of(part)))
    assert f"{part.bytes} bytes of {part.bytes} bytes" in page
    for words in (part.message, "The sending of part 1", "is in doubt.", "Neither can be taken back"):
        assert words in page


def test_of_a_part_whose_worker_died_the_page_says_that_nobody_knows_how_much_left(
    sign_in, doubtful, reviewer
):
    part = doubtful()
    Part.objects.filter(pk=part.pk).update(reason="worker-lost", handed_over=None, message="")
    page = text_of(sign_in(reviewer).get(url_of(part)))
    assert "whoever was sending it can no longer say" in page
    assert "stopped in the middle" in page


@pytest.mark.parametrize(
    ("decision", "state", "batch_state"),
    [
        (Decision.ARRIVED, PartState.STATUS_UNKNOWN, BatchState.COMPLETE_WITH_FAILURES),
        (Decision.SEND_AGAIN, PartState.NOT_APPLIED, BatchState.DELIVERING),
        (Decision.LEAVE_OUT, PartState.NOT_APPLIED, BatchState.FAILED),
        (Decision.CLOSE, PartState.CLOSED_UNKNOWN, BatchState.COMPLETE_WITH_FAILURES),
    ],
)
def test_a_decision_is_recorded_and_shown_with_its_reason(
    sign_in, doubtful, reviewer, auditor, decision, state, batch_state
):
    part = doubtful()
    answer = sign_in(reviewer).post(url_of(part), {"decision": decision, "reason": BECAUSE}, follow=True)
    page = text_of(answer)
    assert "Your decision is recorded" in page
    assert BECAUSE in page
    assert f'data-part-state="{state}"' in page
    assert f'data-state="{batch_state}"' in page
    assert BECAUSE in text_of(sign_in(auditor).get(reverse("audit")))


@pytest.mark.parametrize(
    "sent",
    [
        {"decision": "close"},
        {"decision": "close", "reason": "   "},
        {"decision": "close", "reason": "x" * 501},
        {"reason": BECAUSE},
        {"decision": "acknowledge", "reason": BECAUSE},
        {"decision": "nonsense", "reason": BECAUSE},
    ],
    ids=["no reason", "blank reason", "long reason", "no decision", "not for this state", "nonsense"],
)
def test_a_decision_that_is_not_complete_changes_nothing(sign_in, doubtful, reviewer, sent):
    part = doubtful()
    assert "decision-form" in text_of(sign_in(reviewer).post(url_of(part), sent))
    part.refresh_from_db()
    assert part.state == PartState.IN_DOUBT


def test_who_comes_second_is_told_what_was_decided(sign_in, doubtful, reviewer):
    part = doubtful()
    client = sign_in(reviewer)
    for decision in (Decision.CLOSE, Decision.SEND_AGAIN):
        answer = client.post(url_of(part), {"decision": decision, "reason": BECAUSE}, follow=True)
    assert "reviewer has decided about part 1: Closed as unknown" in text_of(answer)
    part.refresh_from_db()
    assert (part.state, part.batch.parts.count()) == (PartState.CLOSED_UNKNOWN, 1)


def test_a_page_that_is_no_longer_true_says_what_happened_instead(sign_in, doubtful, reviewer):
    part = doubtful()
    Part.objects.filter(pk=part.pk).update(state=PartState.ACCEPTED)
    answer = sign_in(reviewer).post(url_of(part), {"decision": "close", "reason": BECAUSE}, follow=True)
    assert "nothing to decide about part 1 any more: Accepted by Target" in text_of(answer)


def test_nothing_is_offered_again_that_may_not_be_sent(sign_in, doubtful, reviewer, destination):
    part = doubtful()
    destination.active = False
    destination.save()
    page = text_of(sign_in(reviewer).get(url_of(part)))
    assert 'value="send-again"' not in page
    assert "Nothing can be sent again" in page


@pytest.mark.parametrize("state", DECISIONS)
def test_each_state_offers_its_decisions_and_no_other(sign_in, doubtful, reviewer, state):
    part = doubtful()
    Part.objects.filter(pk=part.pk).update(state=state, reason="silent")
    page = text_of(sign_in(reviewer).get(url_of(part)))
    assert {one for one in Decision if f'value="{one}"' in page} == set(DECISIONS[state])


@pytest.mark.parametrize("state", [PartState.STUCK, PartState.STATUS_UNKNOWN])
def test_taking_note_ends_the_batch(sign_in, doubtful, reviewer, state):
    part = doubtful()
    Part.objects.filter(pk=part.pk).update(state=state)
    answer = sign_in(reviewer).post(url_of(part), {"decision": "acknowledge", "reason": BECAUSE}, follow=True)
    assert 'data-state="complete-with-failures"' in text_of(answer)


def test_profiles_are_looked_up_on_request_and_shown_beside_what_was_sent(
    sign_in, doubtful, reviewer, sandbox
):
    part = doubtful(b"thirdPartyId,tier,city\nA1,gold,Oslo\nA2,silver,\n")
    client = sign_in(reviewer)
    assert "Look profiles up in Target" in text_of(client.get(url_of(part)))
    page = text_of(client.post(url_of(part, "part-read-back"), follow=True))
    assert "Profiles are being looked up" in page
    assert "hx-trigger" in text_of(client.get(url_of(part, "part-read-back-live")))
    eventually(lambda: "A2" in profiles_at(sandbox.url), "the sandbox has the last row")
    workflow.read_back(part.pk)
    page = text_of(client.get(url_of(part)))
    assert "Of 2 profiles, 2 hold a value of this part that was set since it was sent." in page
    assert page.count("as sent, set since") == 3
    assert "hx-trigger" not in text_of(client.get(url_of(part, "part-read-back-live")))


def test_missing_values_prove_nothing_while_target_may_still_be_at_it(
    sign_in, checked, uploader, reviewer, sandbox
):
    """T12."""
    batch = checked(made.GOOD)
    workflow.release(uploader, batch)
    sandbox.fault(kind="reset", before_body=True)
    part = batch.parts.get()
    workflow.deliver(part.pk)
    workflow.ask_to_read_back(reviewer, Part.objects.get(pk=part.pk))
    workflow.read_back(part.pk)
    client = sign_in(reviewer)
    page = text_of(client.get(url_of(part)))
    assert "does not prove that it did not arrive" in page
    assert page.count("Target knows no such visitor") == 3
    Part.objects.filter(pk=part.pk).update(sending_at="2000-01-01T00:00:00Z")
    assert "That speaks against its arrival." in text_of(client.get(url_of(part)))


def test_values_that_stood_there_before_do_not_speak_for_the_part(
    sign_in, checked, uploader, reviewer, sandbox
):
    first = checked(made.GOOD)
    workflow.release(uploader, first)
    workflow.deliver(first.parts.get().pk)
    eventually(lambda: "A3" in profiles_at(sandbox.url), "the sandbox has the last row")
    second = checked(made.GOOD)
    workflow.release(uploader, second)
    sandbox.fault(kind="reset", before_body=True)
    part = second.parts.get()
    workflow.deliver(part.pk)
    Part.objects.filter(pk=part.pk).update(sending_at="2100-01-01T00:00:00Z")
    part.refresh_from_db()
    workflow.ask_to_read_back(reviewer, part)
    workflow.read_back(part.pk)
    page = text_of(sign_in(reviewer).get(url_of(part)))
    assert "as sent, but set before" in page
    assert "That speaks for its arrival" not in page


def test_a_late_answer_stands_beside_the_decision(sign_in, doubtful, reviewer):
    part = doubtful()
    workflow.decide(reviewer, part, Decision.SEND_AGAIN, BECAUSE)
    Part.objects.filter(pk=part.pk).update(late_answer=PartState.ACCEPTED)
    page = text_of(sign_in(reviewer).get(reverse("batch", args=[part.batch_id])))
    assert "found after that: Accepted by Target" in page
    assert "The rows of part 1, sent again" in page
    assert not access.may(reviewer, part.batch, access.Action.SEND)


def test_a_part_that_is_not_there_is_not_found(sign_in, doubtful, reviewer):
    part = doubtful()
    assert sign_in(reviewer).get(reverse("part-decide", args=[part.batch_id, 2])).status_code == 404
