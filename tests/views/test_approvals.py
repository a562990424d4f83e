"""The pages of four eyes: asking, reviewing, and what both sides read."""

import pytest
from django.urls import reverse

from tests.support import files as made
from uploads import workflow
from uploads.models import AuditEvent, Batch, BatchState, Membership
from uploads.models.people import Role

pytestmark = pytest.mark.django_db

CONTENT = b"thirdPartyId,tier,city\nCUSTOMER-1,platinum,Reykjavik\nCUSTOMER-2,platinum,\nC/3,gold,Oslo\n"
WHY = "The tiers of this month."


@pytest.fixture
def to_ask(checked, destination):
    """A checked batch for a destination that always asks for approval."""

    def to_ask(content=CONTENT, **as_whom):
        destination.approval = "always"
        destination.save()
        return checked(content, **as_whom)

    return to_ask


@pytest.fixture
def asked(to_ask, uploader):
    """The same, asked for."""

    def asked(actor=uploader, **as_whom):
        batch = to_ask(actor=actor, **as_whom)
        assert ask(actor, batch)
        return batch

    return asked


def ask(actor, batch, because=WHY) -> bool:
    """Ask for what the batch is now."""
    batch.refresh_from_db()
    return workflow.ask_for_approval(actor, batch, because, workflow.digest_of(batch))


def url_of(batch, name="batch") -> str:
    return reverse(name, args=[batch.pk])


def text_of(answer) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def verdict(client, batch, **said):
    """Post what the page that is shown now would post."""
    digest = client.get(url_of(batch, "batch-review")).context["view"].digest
    return client.post(url_of(batch, "batch-review"), {"digest": digest, **said}, follow=True)


def test_the_uploader_asks_instead_of_sending(sign_in, uploader, reviewer, to_ask):
    batch = to_ask()
    client = sign_in(uploader)
    page = text_of(client.get(url_of(batch)))
    assert url_of(batch, "batch-ask") in page
    assert url_of(batch, "batch-send") not in page
    assert "wants a second person to approve" in page
    assert "These people can approve it: reviewer." in text_of(client.get(url_of(batch, "batch-ask")))
    said = {"because": WHY, "digest": workflow.digest_of(batch), "when": "now"}
    page = text_of(client.post(url_of(batch, "batch-ask"), said, follow=True))
    assert 'data-state="awaiting-approval"' in page
    assert "2 rows wait for approval" in page
    assert f"asked for approval: “{WHY}”" in page
    assert "These people can: reviewer." in page
    assert "hx-trigger" in page


@pytest.mark.parametrize("because", ["", "   ", "x" * 501])
def test_the_uploader_has_to_say_why(sign_in, uploader, to_ask, because):
    batch = to_ask()
    said = {"because": because, "digest": workflow.digest_of(batch), "when": "now"}
    assert "ask-form" in text_of(sign_in(uploader).post(url_of(batch, "batch-ask"), said))
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_where_nobody_could_approve_the_page_says_so(sign_in, uploader, to_ask):
    assert "Nobody can approve it yet" in text_of(sign_in(uploader).get(url_of(to_ask(), "batch-ask")))


def test_there_is_nothing_to_ask_where_the_rule_asks_for_nothing(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    assert url_of(batch, "batch-ask") not in text_of(client.get(url_of(batch)))
    answer = client.post(url_of(batch, "batch-ask"), {"because": WHY}, follow=True)
    assert "There is no approval to ask for now" in text_of(answer)


def test_a_destination_that_asks_is_not_sent_to_by_the_address_either(sign_in, uploader, to_ask):
    batch = to_ask()
    said = {"digest": workflow.digest_of(batch)}
    answer = sign_in(uploader).post(url_of(batch, "batch-send"), said, follow=True)
    assert "A second person has to approve this batch first" in text_of(answer)
    assert "ask-form" in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_home_and_history_lead_a_reviewer_to_what_waits_for_them(sign_in, uploader, reviewer, asked, checked):
    batch, own = asked(filename="theirs.csv"), asked(filename="own.csv", actor=reviewer)
    client = sign_in(reviewer)
    page = text_of(client.get(reverse("home")))
    assert "1 batch waits for your approval" in page
    assert "theirs.csv" in page
    page = text_of(client.get(f"{reverse('batches')}?waits=me"))
    assert "theirs.csv" in page
    assert "own.csv" not in page
    assert url_of(batch, "batch-review") in text_of(client.get(url_of(batch)))
    assert url_of(own, "batch-review") not in text_of(client.get(url_of(own)))
    page = text_of(sign_in(uploader).get(f"{reverse('batches')}?waits=me"))
    assert "waits" not in page


def test_the_reviewer_sees_who_what_and_why_and_no_value(sign_in, reviewer, asked):
    batch = asked()
    page = text_of(sign_in(reviewer).get(url_of(batch, "batch-review")))
    assert "uploader wants to send 2 profiles to Sandbox." in page
    assert WHY in page
    assert "1 of 3 (33.3 %)" in page
    assert "Approve and send 2 profiles to Sandbox" in page
    assert "Target does not know are created" in page
    for shown in ("CU••••••-•", "pl••••••", "Re•••••••", "tier", "city", "id-forbidden-character"):
        assert shown in page
    for value in ("CUSTOMER", "platinum", "Reykjavik"):
        assert value not in page


def test_an_approval_sends_the_batch(sign_in, uploader, reviewer, asked):
    batch = asked()
    page = text_of(verdict(sign_in(reviewer), batch, verdict="approved", comment="Fine."))
    assert "it is on its way" in page
    assert 'data-state="delivering"' in page
    page = text_of(sign_in(uploader).get(url_of(batch)))
    assert "reviewer approved it: “Fine.”" in page


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        ("returned", "ready", "A reviewer returned it"),
        ("rejected", "rejected", "Rejected: nothing was sent"),
    ],
)
def test_the_uploader_reads_why_it_was_declined(sign_in, uploader, reviewer, asked, said, state, words):
    batch = asked()
    page = text_of(verdict(sign_in(reviewer), batch, verdict=said, comment="Wrong month."))
    assert f'data-state="{state}"' in page
    page = text_of(sign_in(uploader).get(url_of(batch)))
    assert words in page
    assert f"reviewer {said} it: “Wrong month.”" in page
    assert (url_of(batch, "batch-ask") in page) == (state == "ready")


def test_who_reviews_again_sees_what_was_said_before(sign_in, uploader, reviewer, asked):
    batch = asked()
    verdict(sign_in(reviewer), batch, verdict="returned", comment="Wrong month.")
    batch.refresh_from_db()
    assert ask(uploader, batch, "Now the right one.")
    page = text_of(sign_in(reviewer).get(url_of(batch, "batch-review")))
    assert "What was said before" in page
    assert "reviewer returned it: “Wrong month.”" in page
    assert "Now the right one." in page


@pytest.mark.parametrize(
    "said",
    [
        {"verdict": "returned"},
        {"verdict": "rejected", "comment": "  "},
        {"verdict": "approved", "comment": "x" * 501},
        {"comment": "Fine."},
        {"verdict": "void", "comment": "Fine."},
        {"verdict": "approved", "digest": ""},
    ],
    ids=["no comment", "blank comment", "long comment", "no verdict", "no such verdict", "nothing seen"],
)
def test_a_verdict_that_is_not_complete_changes_nothing(sign_in, reviewer, asked, said):
    batch = asked()
    assert "verdict-form" in text_of(verdict(sign_in(reviewer), batch, **said))
    batch.refresh_from_db()
    assert (batch.state, batch.verdict) == (BatchState.AWAITING_APPROVAL, "")


def test_a_page_that_is_no_longer_true_approves_nothing(sign_in, uploader, reviewer, asked):
    batch = asked()
    client = sign_in(reviewer)
    old = client.get(url_of(batch, "batch-review")).context["view"].digest
    batch.refresh_from_db()
    workflow.take_back(uploader, batch)
    workflow.adjust_reading(uploader, batch, dont_send=("city",))
    workflow.check(batch.pk)
    batch.refresh_from_db()
    ask(uploader, batch)
    answer = client.post(url_of(batch, "batch-review"), {"digest": old, "verdict": "approved"}, follow=True)
    assert "has changed since you opened this page" in text_of(answer)
    assert "verdict-form" in text_of(answer)


def test_what_is_no_longer_what_was_asked_for_cannot_be_approved(
    sign_in, uploader, reviewer, asked, destination
):
    batch = asked()
    destination.api_version = "v1"
    destination.save()
    client = sign_in(reviewer)
    page = text_of(client.get(url_of(batch, "batch-review")))
    assert 'id="changed"' in page
    assert 'value="approved"' not in page
    page = text_of(verdict(client, batch, verdict="approved"))
    assert "no longer what approval was asked for" in page
    page = text_of(sign_in(uploader).get(url_of(batch)))
    assert "Ask again." in page
    assert url_of(batch, "batch-ask") in page


def test_who_comes_second_is_told_what_became_of_it(sign_in, reviewer, asked):
    batch = asked()
    client = sign_in(reviewer)
    verdict(client, batch, verdict="rejected", comment="Not ours.")
    for answer in (
        client.get(url_of(batch, "batch-review"), follow=True),
        client.post(url_of(batch, "batch-review"), {"verdict": "approved", "digest": "x"}, follow=True),
    ):
        assert "no longer waits for approval: Rejected" in text_of(answer)
    assert AuditEvent.objects.filter(action="batch.approved").count() == 0


def test_the_uploader_takes_the_request_back(sign_in, uploader, asked):
    batch = asked()
    client = sign_in(uploader)
    assert 'data-state="ready"' in text_of(client.post(url_of(batch, "batch-take-back"), follow=True))
    answer = client.post(url_of(batch, "batch-take-back"), follow=True)
    assert "no longer waits for approval" in text_of(answer)


def test_whoever_is_both_does_not_approve_what_they_uploaded(sign_in, uploader, destination, asked):
    Membership.objects.create(person=uploader, destination=destination, role=Role.REVIEWER)
    batch = asked()
    client = sign_in(uploader)
    assert client.get(url_of(batch, "batch-review")).status_code == 404
    said = {"verdict": "approved", "digest": workflow.digest_of(batch)}
    assert client.post(url_of(batch, "batch-review"), said).status_code == 404
    assert "Nobody can decide about it yet" in text_of(client.get(url_of(batch)))
    assert Batch.objects.get().state == BatchState.AWAITING_APPROVAL


def test_a_file_that_is_gone_is_said(sign_in, reviewer, asked, settings):
    batch = asked()
    for path in settings.MEDIA_ROOT.rglob("part-*"):
        path.unlink()
    assert "missing on the server" in text_of(sign_in(reviewer).get(url_of(batch, "batch-review")))
