"""The page before a batch is sent: what it shows, and what its button does."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.timezone import localtime, now, override

from tests.support import files as made
from tests.support.answers import text_of
from uploads import workflow
from uploads.approval_forms import SiteTimeField
from uploads.models import AuditEvent, Batch, BatchState
from uploads.pages.words import SCHEDULE_FAILURES, moment

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
    ("version", "key", "creates", "may_lose"),
    [
        ("v2", b"thirdPartyId", True, True),
        ("v2", b"pcId", True, False),
        ("v1", b"thirdPartyId", False, False),
    ],
)
def test_the_effects_are_those_of_the_api_version_and_the_key(
    sign_in, uploader, destination, checked, version, key, creates, may_lose
):  # F10, F12
    destination.api_version = version
    destination.save()
    batch = checked(key + b",tier\n1367320065048-801944,gold\n")
    page = words_of(sign_in(uploader).get(url_of(batch)))
    assert ("Visitors that Target does not know are created." in page) == creates
    assert ("Visitors that Target does not know stay unknown." in page) == (not creates)
    assert ("Target loses what that batch set and this one does not carry" in page) == may_lose
    assert ("Adobe warns of losses only for API version v2 with thirdPartyId" in page) == (not may_lose)


def test_the_button_sends_what_was_shown(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    answer = client.post(url_of(batch), {"digest": shown_digest(client, batch), "when": "now"}, follow=True)
    assert 'data-state="delivering"' in text_of(answer)


def test_whatever_has_changed_meanwhile_is_shown_anew_and_not_sent(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    seen = shown_digest(client, batch)
    workflow.adjust_reading(uploader, batch, dont_send=("city",))
    workflow.check(batch.pk)
    answer = client.post(url_of(batch), {"digest": seen, "when": "now"}, follow=True)
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
    answer = client.post(url_of(batch), {"digest": seen, "when": "now"}, follow=True)
    assert "has changed since you opened this page" in text_of(answer)


@pytest.mark.parametrize("digest", ["", "x" * 64, "x" * 65])
def test_nothing_is_sent_unseen(sign_in, uploader, checked, digest):
    batch = checked(made.GOOD)
    answer = sign_in(uploader).post(url_of(batch), {"digest": digest, "when": "now"}, follow=True)
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
    said = {"digest": answer.context["view"].digest, "because": "The tiers of this month.", "when": "now"}
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


def later(hours: float = 48) -> str:
    """A time to come as a browser sends it, in the site's zone."""
    return format(localtime() + timedelta(hours=hours), "%Y-%m-%dT%H:%M")


def test_a_time_can_be_chosen_and_given_up(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    said = {"digest": shown_digest(client, batch), "when": "later", "at": later()}
    page = words_of(client.post(url_of(batch), said, follow=True))
    batch.refresh_from_db()
    assert format(localtime(batch.send_at), "%Y-%m-%dT%H:%M") == said["at"]
    assert 'data-state="scheduled"' in page
    assert "3 profiles go to Sandbox on" in page
    assert url_of(batch, "batch-unschedule") in page
    page = words_of(client.post(url_of(batch, "batch-unschedule"), follow=True))
    assert 'data-state="ready"' in page
    assert url_of(batch) in page
    answer = client.post(url_of(batch, "batch-unschedule"), follow=True)
    assert "not scheduled any more" in text_of(answer)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "Enter a day and a time."),
        ("tomorrow", "Enter a day and a time."),
        (later(-1), "Choose a time to come, within 30 days."),
        (later(31 * 24), "Choose a time to come, within 30 days."),
    ],
    ids=["none", "nonsense", "past", "far"],
)
def test_a_time_that_does_not_fit_is_said_and_nothing_is_sent(sign_in, uploader, checked, at, words):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    said = {"digest": shown_digest(client, batch), "when": "later", "at": at}
    page = words_of(client.post(url_of(batch), said))
    assert words in page
    assert "send-form" in page
    batch.refresh_from_db()
    assert (batch.state, batch.send_at) == (BatchState.READY, None)


@pytest.mark.parametrize(
    ("at", "fits"),
    [
        ("2027-03-28T01:59", True),
        ("2027-03-28T02:30", False),
        ("2027-03-28T03:00", True),
        ("2027-10-31T01:59", True),
        ("2027-10-31T02:30", False),
        ("2027-10-31T03:00", True),
    ],
    ids=["before the gap", "skipped", "after the gap", "before the fold", "twice", "after the fold"],
)
def test_a_time_that_clocks_skip_or_repeat_is_refused(at, fits):
    with override("Europe/Madrid"):
        if fits:
            assert format(SiteTimeField().clean(at), "%Y-%m-%dT%H:%M") == at
        else:
            with pytest.raises(ValidationError, match="Clocks change then"):
                SiteTimeField().clean(at)


def test_a_time_entered_without_choosing_it_counts_for_nothing(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    said = {"digest": shown_digest(client, batch), "when": "now", "at": "nonsense"}
    assert 'data-state="delivering"' in text_of(client.post(url_of(batch), said, follow=True))


@pytest.mark.parametrize("failure", SCHEDULE_FAILURES)
def test_what_was_not_sent_at_its_time_says_why(sign_in, uploader, checked, failure):
    batch = checked(made.GOOD)
    Batch.objects.filter(pk=batch.pk).update(schedule_failure=failure)
    page = words_of(sign_in(uploader).get(url_of(batch, "batch")))
    assert f"It was not sent at the chosen time. {SCHEDULE_FAILURES[failure]}" in page


def test_a_reviewer_sees_the_time_and_approves_it_with_the_rest(
    sign_in, uploader, reviewer, auditor, destination, checked
):
    destination.approval = "always"
    destination.save()
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    asking = client.get(url_of(batch, "batch-ask"))
    said = {"digest": asking.context["view"].digest, "because": "Why.", "when": "later", "at": later()}
    client.post(url_of(batch, "batch-ask"), said)
    batch.refresh_from_db()
    when = moment(batch.send_at)
    client = sign_in(reviewer)
    reviewing = client.get(url_of(batch, "batch-review"))
    assert f"Approve: send 3 profiles to Sandbox on {when}" in words_of(reviewing)
    said = {"digest": reviewing.context["view"].digest, "verdict": "approved"}
    page = words_of(client.post(url_of(batch, "batch-review"), said, follow=True))
    assert "it is sent at the chosen time" in page
    assert 'data-state="scheduled"' in page
    page = words_of(sign_in(auditor).get(f"/audit/?batch={batch.pk}"))
    assert f"uploader asked for approval of batch {batch.pk}, to be sent at {when}: “Why.”." in page
    assert f"reviewer chose when batch {batch.pk} is sent to Sandbox: {when}; rows: 3, parts: 1." in page


def test_a_reviewer_is_told_that_the_time_has_passed(sign_in, uploader, reviewer, destination, checked):
    destination.approval = "always"
    destination.save()
    batch = checked(made.GOOD)
    at = now() + timedelta(hours=1)
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch), at)
    Batch.objects.filter(pk=batch.pk).update(send_at=now())
    page = words_of(sign_in(reviewer).get(url_of(batch, "batch-review")))
    assert 'id="changed"' in page
    batch.refresh_from_db()
    Batch.objects.filter(pk=batch.pk).update(asked_digest=workflow.digest_of(batch))
    page = words_of(sign_in(reviewer).get(url_of(batch, "batch-review")))
    assert "approving it sends it at once" in page
    assert "Approve and send 3 profiles to Sandbox" in page
