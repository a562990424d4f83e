"""The first rows that go alone, on the pages: choosing it, what was found, and what a person does then."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils.timezone import now

from tests.support.answers import text_of
from uploads import pages, workflow
from uploads.models import AuditEvent, Batch, BatchState, Canary, Destination, Notification, PartState, User

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = b"thirdPartyId,tier\n" + b"".join(b"A%d,gold\n" % number for number in range(12))
CHOSEN = {"when": "now", "first_alone": "on", "first_rows": "4", "first_then": "send-rest"}


def url_of(batch: Batch, name: str = "batch") -> str:
    return reverse(name, args=[batch.pk])


def words_of(answer) -> str:
    return " ".join(text_of(answer).split())


def post(client, batch: Batch, name: str = "batch-send", **said):
    digest = client.get(url_of(batch, name)).context["view"].digest
    return client.post(url_of(batch, name), CHOSEN | {"digest": digest} | said, follow=True)


@pytest.fixture
def waiting(checked, uploader, sandbox, sign_in, follow_to_end):
    """A batch whose rest waits: two of its first four rows were lost (T12)."""
    sandbox.fault(kind="partial-loss", every=2)
    batch = checked(CONTENT)
    post(sign_in(uploader), batch)
    part = batch.parts.get(number=1)
    workflow.deliver(part.pk)
    assert follow_to_end(part).state == PartState.COMPLETE
    workflow.prove(part.arrival_checks.get().pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.NEEDS_ATTENTION
    return batch


def test_who_sends_can_let_the_first_rows_go_alone(sign_in, uploader, checked):
    batch = checked(CONTENT)
    client = sign_in(uploader)
    form = words_of(client.get(url_of(batch, "batch-send")))
    for words in (
        "Send the first rows alone first",
        "Send the first rows to Sandbox",
        'max="11"',
        'value="11"',
    ):
        assert words in form, words
    page = words_of(post(client, batch))
    canary = Canary.objects.get()
    assert (canary.rows, canary.then, canary.chosen_by) == (4, "send-rest", uploader)
    for words in (
        "The first 4 rows go alone and are read back from Target. The other rows (8) follow by themselves",
        "Held back until it is known what became of the first rows.",
    ):
        assert words in page, words


@pytest.mark.parametrize("rows", ["", "0", "12", "many"])
def test_how_many_rows_go_alone_must_make_sense(sign_in, uploader, checked, rows):
    batch = checked(CONTENT)
    answer = post(sign_in(uploader), batch, first_rows=rows)
    assert list(answer.context["form"].errors) == ["first_rows"]
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_whoever_did_not_ask_for_it_need_not_say_how_many(sign_in, uploader, checked):
    batch = checked(CONTENT)
    post(sign_in(uploader), batch, first_alone="", first_rows="many", first_then="sometime")
    batch.refresh_from_db()
    assert (batch.state, batch.parts.count()) == (BatchState.DELIVERING, 1)


def test_a_single_row_is_not_offered_to_go_alone(sign_in, uploader, checked):
    batch = checked(b"thirdPartyId,tier\nA1,gold\n")
    client = sign_in(uploader)
    assert "first_alone" not in text_of(client.get(url_of(batch, "batch-send")))
    post(client, batch)
    batch.refresh_from_db()
    assert (batch.state, batch.parts.count()) == (BatchState.DELIVERING, 1)


def test_of_version_1_the_page_says_what_cannot_be_proven(sign_in, uploader, checked, destination):  # F10
    Destination.objects.filter(pk=destination.pk).update(api_version="v1")
    form = words_of(sign_in(uploader).get(url_of(checked(CONTENT), "batch-send")))
    assert "those that Target does not know prove nothing" in form


def test_a_reviewer_is_shown_that_the_first_rows_go_alone(sign_in, uploader, reviewer, checked, destination):
    Destination.objects.filter(pk=destination.pk).update(approval="always")
    batch = checked(CONTENT)
    post(sign_in(uploader), batch, "batch-ask", because="New tiers.", first_then="wait")
    page = words_of(sign_in(reviewer).get(url_of(batch, "batch-review")))
    assert "The first 4 rows go alone and are read back from Target." in page
    assert "The other rows (8) wait until somebody says so." in page


def test_the_page_says_what_was_found_and_offers_both_ways(sign_in, uploader, waiting):
    page = words_of(sign_in(uploader).get(url_of(waiting)))
    for words in (
        "The first rows are not proven to have arrived",
        "2 of 4 profiles carry the values sent.",
        "2 are not known to Target.",
        "Send the other 8 rows",
        "Stop here: do not send the rest",
        "what is missing may still come",
        "First rows read back",
    ):
        assert words in page, words


def test_others_see_counts_and_can_do_nothing(sign_in, auditor, colleague, waiting):
    client = sign_in(auditor)
    page = words_of(client.get(url_of(waiting)))
    assert "2 of 4 profiles carry the values sent." in page
    assert "Send the other 8 rows" not in page
    assert "profiles-table" not in page
    assert client.post(url_of(waiting, "batch-send-rest")).status_code == 404
    assert sign_in(colleague).post(url_of(waiting, "batch-send-rest")).status_code == 404


def test_the_rest_is_sent_once_by_whoever_clicks_first(sign_in, uploader, reviewer, waiting):
    url = url_of(waiting, "batch-send-rest")
    assert "There is no rest" not in words_of(sign_in(uploader).post(url, follow=True))
    assert "There is no rest to be sent now" in words_of(sign_in(reviewer).post(url, follow=True))
    waiting.refresh_from_db()
    assert waiting.state == BatchState.DELIVERING
    assert AuditEvent.objects.get(action="batch.rest-sent").actor_name == "uploader"


def test_stopping_there_keeps_the_rest_back(sign_in, reviewer, waiting):
    page = words_of(sign_in(reviewer).post(url_of(waiting, "batch-cancel"), follow=True))
    assert "1 part (4 rows) had already gone to Target. 1 part (8 rows) was not sent." in page
    assert "Send the other 8 rows" not in page


@pytest.mark.parametrize("who", ["uploader", "reviewer"])
def test_the_home_page_asks_those_who_can_say(request, sign_in, waiting, who):
    client = sign_in(request.getfixturevalue(who))
    needs = {need.name: need for need in client.get(reverse("home")).context["view"].needs}
    assert [row.batch.pk for row in needs["rest"].rows] == [waiting.pk]
    assert "doubt" not in needs
    assert waiting.filename in text_of(client.get(needs["rest"].url))


def test_an_e_mail_says_that_the_rest_waits(uploader, waiting, settings):
    User.objects.filter(pk=uploader.pk).update(email="uploader@example.com")
    uploader.refresh_from_db()
    due = Notification.objects.create(
        batch=waiting, person=uploader, state=BatchState.NEEDS_ATTENTION, due_at=now()
    )
    workflow.notify(due.pk, pages.notification_of)
    (letter,) = mail.outbox
    assert "The first rows are not proven to have arrived" in letter.subject
    assert "send the other rows (8), or stop here" in letter.body
