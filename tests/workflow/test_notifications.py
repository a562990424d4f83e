"""Who is told what by e-mail, and when."""

import pytest
from django.core import mail
from django.db.models.functions import Now

from tests.support import files as made
from uploads import pages, workflow
from uploads.models import AuditEvent, BatchState, Destination, Notification, User, Verdict
from uploads.runtime.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def addresses(uploader, colleague, reviewer):
    """Everybody can be written to."""
    for person in (uploader, colleague, reviewer):
        person.email = f"{person.username}@example.com"
        person.save()


@pytest.fixture
def asked(checked, uploader, destination):
    """Uploads, checks and asks for approval; returns the batch."""

    def asked():
        Destination.objects.filter(pk=destination.pk).update(approval="always")
        destination.refresh_from_db()
        batch = checked(made.GOOD, actor=uploader)
        assert workflow.ask_for_approval(uploader, batch, "Spring", workflow.digest_of(batch))
        return batch

    return asked


def post_what_is_due() -> list[tuple[str, list[str]]]:
    """Send everything that is due; (subject, addresses) of each e-mail that left."""
    mail.outbox = []
    for pk in Notification.objects.due().values_list("pk", flat=True):
        workflow.notify(pk, pages.notification_of)
    return sorted((each.subject, each.to) for each in mail.outbox)


def let_time_pass() -> None:
    Notification.objects.update(due_at=Now())


def told() -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(action__startswith="batch.person-").order_by("sequence")
    return list(events.values_list("action", "person_name"))


def test_who_sits_before_a_batch_gets_no_email_about_it_yet(checked, uploader):
    checked(made.GOOD, actor=uploader)
    assert post_what_is_due() == []
    assert Notification.objects.get().person == uploader


def test_a_batch_that_waits_for_its_uploader_is_mentioned_after_a_while(checked, uploader, destination):
    batch = checked(made.GOOD, actor=uploader)
    let_time_pass()
    subject = f"3 rows will be sent (batch {batch.pk}, {destination.name})"
    assert post_what_is_due() == [(subject, ["uploader@example.com"])]
    body = mail.outbox[0].body
    assert f"/batches/{batch.pk}/" in body
    assert "Nothing is sent before you say so." in body
    assert told() == [("batch.person-notified", "uploader")]
    assert post_what_is_due() == []


def test_an_email_speaks_its_readers_language(checked, uploader):
    User.objects.filter(pk=uploader.pk).update(language="es")
    checked(made.GOOD, actor=uploader)
    let_time_pass()
    ((subject, _to),) = post_what_is_due()
    assert "3 filas" in subject
    assert "Lote" in mail.outbox[0].body


def test_what_is_no_longer_so_is_not_said(checked, uploader):
    batch = checked(made.GOOD, actor=uploader)
    let_time_pass()
    assert workflow.cancel(uploader, batch)
    assert post_what_is_due() == []


def test_reviewers_are_asked_but_not_who_asks(asked, reviewer, uploader, destination):
    workflow.give_membership(None, uploader, destination, "reviewer")
    batch = asked()
    assert post_what_is_due() == [
        (f"3 rows wait for approval (batch {batch.pk}, {destination.name})", ["reviewer@example.com"])
    ]


def test_who_is_no_reviewer_any_more_is_not_asked(asked, reviewer):
    asked()
    reviewer.memberships.all().delete()
    assert post_what_is_due() == []


def test_the_uploader_learns_what_a_reviewer_decided(asked, reviewer):
    batch = asked()
    assert workflow.review(reviewer, batch, Verdict.REJECTED, "Not these.", workflow.digest_of(batch))
    (subject, to), *others = post_what_is_due()
    assert (to, others) == (["uploader@example.com"], [])
    assert subject.startswith("Rejected: nothing was sent")


def test_the_uploader_learns_how_it_ended(accepted, follow_to_end):
    batch = follow_to_end(accepted()).batch
    batch.refresh_from_db()
    assert batch.state == BatchState.COMPLETE
    (subject, to), *others = post_what_is_due()
    assert (to, others) == (["uploader@example.com"], [])
    assert subject.startswith("Target has processed all 3 rows")


@pytest.mark.parametrize(
    ("choice", "when_it_waits", "when_it_ended"),
    [("all", True, True), ("needed", True, False), ("none", False, False)],
)
def test_everybody_chooses_which_emails_they_get(
    checked, uploader, reviewer, choice, when_it_waits, when_it_ended
):
    User.objects.filter(pk=uploader.pk).update(notifications=choice)
    uploader.refresh_from_db()
    batch = checked(made.GOOD, actor=uploader)
    let_time_pass()
    assert bool(post_what_is_due()) == when_it_waits
    assert workflow.cancel(reviewer, batch)
    assert bool(post_what_is_due()) == when_it_ended


def test_a_mail_server_that_is_away_is_tried_again_and_then_given_up(checked, uploader, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = free_port()
    checked(made.GOOD, actor=uploader)
    for _try in range(4):
        let_time_pass()
        post_what_is_due()
        assert Notification.objects.due().count() == 0
        assert Notification.objects.count() == 1
    let_time_pass()
    post_what_is_due()
    assert Notification.objects.count() == 0
    assert told() == [("batch.person-not-notified", "uploader")]


def test_a_batch_without_a_named_id_column_asks_its_uploader(receive, uploader):
    batch = receive(b"customer,tier\nC-1,gold\n", actor=uploader)
    assert batch.state == BatchState.RECEIVED
    let_time_pass()
    (subject, to), *others = post_what_is_due()
    assert (to, others) == (["uploader@example.com"], [])
    assert subject.startswith("Which column holds the visitor's id?")
