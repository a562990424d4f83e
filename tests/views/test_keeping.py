"""Pages say until when a batch's files are kept, and that they are gone, instead of failing."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from tests.support import files as made
from tests.support.answers import text_of
from uploads import workflow
from uploads.models import AuditEvent, Batch, Destination

from .test_destinations import FORM

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(checked, uploader):
    """A batch that ended on 1 March."""
    batch = checked(made.SOME_BAD)
    assert workflow.cancel(uploader, batch)
    Batch.objects.filter(pk=batch.pk).update(ended_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    return batch


def test_a_batch_under_way_says_how_long_its_files_stay(sign_in, uploader, checked):
    page = text_of(sign_in(uploader).get(reverse("batch", args=[checked(made.GOOD).pk])))
    assert "kept until it has ended or is cancelled, and 30 days longer" in page


def test_a_batch_that_needs_attention_keeps_them_until_somebody_decides(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    Batch.objects.filter(pk=batch.pk).update(state="needs-attention")
    page = text_of(sign_in(uploader).get(reverse("batch", args=[batch.pk])))
    assert "kept until somebody has decided and it has ended, and 30 days longer" in page


def test_a_batch_that_has_ended_names_the_day(sign_in, uploader, ended):
    page = text_of(sign_in(uploader).get(reverse("batch", args=[ended.pk])))
    assert "Its files are deleted on 31 Mar 2026" in page


def test_afterwards_every_page_says_that_they_are_gone(sign_in, uploader, ended):
    workflow.sweep()
    Batch.objects.update(files_deleted_at=datetime(2026, 3, 31, 12, tzinfo=UTC))
    client = sign_in(uploader)
    gone = "The files of this batch were deleted on 31 Mar 2026"
    page = text_of(client.get(reverse("batch", args=[ended.pk])))
    assert gone in page
    assert "Fix in Excel" not in page
    problems = text_of(client.get(reverse("batch-problems", args=[ended.pk])))
    assert gone in problems
    assert "Every row of this file is good" not in problems
    assert "Fix in Excel" not in problems
    for name in ("batch-correction-csv", "batch-refused-csv"):
        answer = client.get(reverse(name, args=[ended.pk]), follow=True)
        assert answer.redirect_chain == [(reverse("batch", args=[ended.pk]), 302)]
        assert text_of(answer).count(gone) == 2
    assert not AuditEvent.objects.filter(action="batch.report-downloaded").exists()


def test_the_admin_sets_the_days_and_the_log_says_so(sign_in_confirmed, admin, destination):
    client, url = sign_in_confirmed(admin), reverse("destination", args=[destination.pk])
    for days in ("0", "3651", ""):
        assert client.post(url, {**FORM, "keep_days": days}).status_code == 200
    assert client.post(url, {**FORM, "keep_days": "7"}).status_code == 302
    assert Destination.objects.get(pk=destination.pk).keep_days == 7
    event = AuditEvent.objects.get(action="destination.changed")
    assert event.facts["changes"]["keep_days"] == [30, 7]
