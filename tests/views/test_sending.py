"""The page before a batch is sent: what it shows, and what its button does."""

import pytest
from django.urls import reverse

from tests.support import files as made
from tests.support.answers import text_of
from uploads import workflow
from uploads.models import AuditEvent, BatchState

pytestmark = pytest.mark.django_db

CONTENT = (
    b"thirdPartyId,tier,city\nCUSTOMER-1,platinum,Reykjavik\nCUSTOMER-2,,\xc3\x85lesund\nC/3,gold,Oslo\n"
)


def url_of(batch, name="batch-send") -> str:
    return reverse(name, args=[batch.pk])


def words_of(answer) -> str:
    return " ".join(text_of(answer).split())


def shown_digest(client, batch) -> str:
    return client.get(url_of(batch)).context["view"].digest


def test_the_page_says_what_will_go_and_what_target_does_with_it(sign_in, uploader, checked):
    batch = checked(CONTENT)
    workflow.adjust_reading(uploader, batch, dont_send=("city",), mapping={"tier": "loyaltyTier"})
    workflow.check(batch.pk)
    answer = sign_in(uploader).get(url_of(batch))
    outgoing = answer.context["view"].outgoing
    assert {figure.name: figure.value for figure in outgoing.figures} == {
        "profiles": "1",
        "parts": "1",
        "encoded": "51 bytes",
        "attributes": "1",
    }
    page = words_of(answer)
    for words in (
        "Send 1 profile to Sandbox",
        "Visitors that Target does not know are created.",  # F10
        "change nothing in Target. Nothing is deleted.",  # F7
        "Target takes nothing back",  # T14
        "has not come back to your site since",  # F12
        "loyaltyTier",
        "Not sent: city.",
        "CUSTOMER-1",
        "platinum",
    ):
        assert words in page
    assert "Reykjavik" not in page


@pytest.mark.parametrize(
    ("version", "key", "creates", "in_a_row"),
    [
        ("v2", b"thirdPartyId", True, True),
        ("v2", b"pcId", True, False),
        ("v1", b"thirdPartyId", False, False),
    ],
)
def test_the_effects_are_those_of_the_api_version_and_the_key(
    sign_in, uploader, destination, checked, version, key, creates, in_a_row
):  # F10, F12
    destination.api_version = version
    destination.save()
    batch = checked(key + b",tier\n1367320065048-801944,gold\n")
    page = words_of(sign_in(uploader).get(url_of(batch)))
    assert ("Visitors that Target does not know are created." in page) == creates
    assert ("Visitors that Target does not know stay unknown." in page) == (not creates)
    assert ("Two batches in a row" in page) == in_a_row


def test_the_button_sends_what_was_shown(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    answer = client.post(url_of(batch), {"digest": shown_digest(client, batch)}, follow=True)
    assert 'data-state="delivering"' in text_of(answer)


def test_whatever_has_changed_meanwhile_is_shown_anew_and_not_sent(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    seen = shown_digest(client, batch)
    workflow.adjust_reading(uploader, batch, dont_send=("city",))
    workflow.check(batch.pk)
    answer = client.post(url_of(batch), {"digest": seen}, follow=True)
    assert "has changed since you opened this page" in text_of(answer)
    assert "send-form" in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY
    assert not AuditEvent.objects.filter(action="batch.released").exists()


def test_another_api_version_is_another_effect(sign_in, uploader, destination, checked):  # F10
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    seen = shown_digest(client, batch)
    destination.api_version = "v1"
    destination.save()
    answer = client.post(url_of(batch), {"digest": seen}, follow=True)
    assert "has changed since you opened this page" in text_of(answer)


@pytest.mark.parametrize("digest", ["", "x" * 64, "x" * 65])
def test_nothing_is_sent_unseen(sign_in, uploader, checked, digest):
    batch = checked(made.GOOD)
    answer = sign_in(uploader).post(url_of(batch), {"digest": digest}, follow=True)
    assert "send-form" in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_who_asks_for_approval_is_shown_the_same_and_keeps_their_words(
    sign_in, uploader, reviewer, destination, checked
):
    destination.approval = "always"
    destination.save()
    batch = checked(CONTENT)
    client = sign_in(uploader)
    answer = client.get(url_of(batch), follow=True)
    assert answer.context["view"].outgoing.sample.rows[0][0] == "CUSTOMER-1"
    assert "ask-form" in text_of(answer)
    workflow.adjust_reading(uploader, batch, dont_send=("city",))
    workflow.check(batch.pk)
    said = {"digest": answer.context["view"].digest, "because": "The tiers of this month."}
    page = words_of(client.post(url_of(batch, "batch-ask"), said))
    assert "has changed since you opened this page" in page
    assert "The tiers of this month." in page
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_without_its_file_nothing_can_be_sent(sign_in, uploader, checked, settings):
    batch = checked(made.GOOD)
    for path in settings.MEDIA_ROOT.rglob("part-*"):
        path.unlink()
    page = words_of(sign_in(uploader).get(url_of(batch)))
    assert "missing on the server" in page
    assert "Send 3 profiles to Sandbox" not in page
