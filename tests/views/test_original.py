"""The uploaded file comes back as it was, to those who may see its rows."""

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from tests.support import files as made
from tests.support.answers import text_of
from tests.support.bucket import ON_DISK
from uploads import files
from uploads.models import AuditEvent, Batch

pytestmark = pytest.mark.django_db

#: Neither text nor a table, and more than is read at a time.
BYTES = bytes(range(256)) * 300
NAME = 'Kunden "März"; +1.csv'
DOWNLOADED = "batch.original-downloaded"


def address(batch: Batch) -> str:
    return reverse("batch-original", args=[batch.pk])


@pytest.mark.parametrize("who", ["uploader", "reviewer"])
def test_it_comes_back_byte_for_byte_and_the_log_says_so(request, sign_in, receive, who):
    batch = receive(BYTES, filename=NAME)
    answer = sign_in(request.getfixturevalue(who)).get(address(batch))
    assert answer.streaming
    assert b"".join(answer.streaming_content) == BYTES
    assert answer["Content-Length"] == str(len(BYTES))
    event = AuditEvent.objects.get(action=DOWNLOADED)
    assert (event.actor_name, event.batch_id) == (who, batch.pk)


def test_no_browser_shows_keeps_or_guesses_it(sign_in, uploader, receive):
    answer = sign_in(uploader).get(address(receive(b"<script>alert(1)</script>", filename=NAME)))
    answer.close()
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''Kunden%20%22M%C3%A4rz%22%3B%20%2B1.csv"
    )
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


@ON_DISK
def test_where_storage_does_not_answer_the_page_says_so_and_not_that_it_is_gone(
    sign_in, uploader, receive, settings
):
    batch = receive(made.GOOD)
    folder = (settings.MEDIA_ROOT / files.original_name(batch)).parent
    folder.rename(folder.with_name("away"))
    folder.write_text("not a folder")
    answer = sign_in(uploader).get(address(batch))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "Nothing is lost" in answer.content.decode()
    assert not AuditEvent.objects.filter(action=DOWNLOADED).exists()


@pytest.mark.parametrize("who", ["colleague", "outsider", "auditor", "admin"])
def test_for_others_it_is_not_there(request, sign_in, receive, who):
    batch = receive(made.GOOD)
    assert sign_in(request.getfixturevalue(who)).get(address(batch)).status_code == 404
    assert not AuditEvent.objects.filter(action=DOWNLOADED).exists()


@pytest.mark.parametrize(("who", "offered"), [("uploader", True), ("auditor", False)])
def test_the_page_offers_it_to_those_who_may(request, sign_in, receive, who, offered):
    batch = receive(made.GOOD)
    page = text_of(sign_in(request.getfixturevalue(who)).get(reverse("batch", args=[batch.pk])))
    assert (address(batch) in page) == offered


GONE = {
    "deleted in time": ("files_deleted_at", "The files of this batch were deleted on"),
    "removed with a person": ("forgotten_at", "was removed when a person was forgotten on"),
    "missing": (None, "The uploaded file is missing on the server"),
}


@pytest.mark.parametrize("why", GONE)
def test_what_is_gone_is_said(sign_in, uploader, receive, why):
    field, words = GONE[why]
    batch = receive(made.GOOD)
    default_storage.delete(files.original_name(batch))
    if field:
        Batch.objects.filter(pk=batch.pk).update(**{field: timezone.now()})
    answer = sign_in(uploader).get(address(batch), follow=True)
    assert answer.redirect_chain == [(reverse("batch", args=[batch.pk]), 302)]
    assert words in text_of(answer)
    assert not AuditEvent.objects.filter(action=DOWNLOADED).exists()
