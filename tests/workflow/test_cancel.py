"""Stopping a batch."""

import pytest
from django.db import connection
from werkzeug import Response

from tests.support import files as made
from uploads import workflow
from uploads.models import AuditEvent, Batch, BatchState, Part, PartState
from uploads.workflow.leases import claim_fields
from uploads.workflow.transitions import move

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def second_part():
    """Adds a part that has not been sent."""

    def second_part(batch):
        first = batch.parts.get()
        return Part.objects.create(batch=batch, number=2, rows=5, bytes=first.bytes, sha256=first.sha256)

    return second_part


@pytest.mark.parametrize("content", [made.GOOD, made.NO_KEY], ids=["being checked", "received"])
def test_before_a_release_the_batch_ends(receive, uploader, content):
    batch = receive(content)
    assert workflow.cancel(uploader, batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED
    assert AuditEvent.objects.filter(action="batch.cancelled", actor_name="uploader").exists()


def test_a_checked_batch_takes_its_parts_with_it(checked, uploader, sandbox):
    batch = checked(made.GOOD)
    assert workflow.cancel(uploader, batch)
    assert batch.parts.get().state == PartState.CANCELLED
    workflow.deliver(batch.parts.get().pk)
    assert sandbox.received() == []


def test_what_has_gone_is_followed_and_the_rest_is_stopped(
    released, uploader, second_part, sandbox, follow_to_end
):
    batch = released()
    first, second = batch.parts.get(), second_part(batch)
    workflow.deliver(first.pk)
    assert workflow.cancel(uploader, batch)
    batch.refresh_from_db()
    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.state, batch.state) == (PartState.CANCELLED, BatchState.DELIVERING)
    follow_to_end(first)
    batch.refresh_from_db()
    assert (first.state, batch.state) == (PartState.COMPLETE, BatchState.CANCELLED)
    assert AuditEvent.objects.filter(action="batch.stopped", actor_name="uploader").exists()


def test_a_part_that_is_leaving_is_not_called_back(released, uploader):
    batch = released()
    Part.objects.filter(batch=batch).update(state=PartState.SENDING)
    assert not workflow.can_cancel(batch)
    assert not workflow.cancel(uploader, batch)


def test_a_worker_that_is_about_to_send_finds_its_claim_gone(released, uploader):
    batch = released()
    Part.objects.filter(batch=batch).update(state=PartState.CLAIMED, **claim_fields())
    held = batch.parts.get()
    assert workflow.can_cancel(batch)
    assert workflow.cancel(uploader, batch)
    assert not move(held, PartState.SENDING, "part.sending", old=PartState.CLAIMED, holding=held.claim)
    batch.refresh_from_db()
    assert (batch.parts.get().state, batch.state) == (PartState.CANCELLED, BatchState.CANCELLED)


def test_a_part_that_target_did_not_take_after_the_stop_is_not_tried_again(
    released, uploader, second_part, httpserver, settings
):
    batch = released()
    first = batch.parts.get()
    second_part(batch)

    def stopped_meanwhile(request):
        assert workflow.cancel(uploader, Batch.objects.get(pk=batch.pk))
        connection.close()
        return Response(status=503)

    settings.SANDBOX_URL = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/m2/sandbox/v2/profile/batchUpdate").respond_with_handler(stopped_meanwhile)
    workflow.deliver(first.pk)
    httpserver.check_assertions()
    batch.refresh_from_db()
    assert {part.state for part in batch.parts.all()} == {PartState.CANCELLED}
    assert batch.state == BatchState.CANCELLED


def test_a_batch_that_has_ended_cannot_be_cancelled(checked, uploader):
    batch = checked(made.ONLY_HEADER)
    assert not workflow.cancel(uploader, batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.REFUSED


def test_the_page_says_what_had_gone_and_what_was_stopped(
    released, uploader, reviewer, second_part, sandbox, follow_to_end, sign_in
):
    batch = released()
    first = batch.parts.get()
    second_part(batch)
    workflow.deliver(first.pk)
    address = f"/batches/{batch.pk}/"
    page = sign_in(reviewer).get(address).content.decode()
    assert "1 part (5 rows) has not left" in page
    assert "1 part (3 rows) has left already" in page
    page = sign_in(reviewer).post(f"{address}cancel/", follow=True).content.decode()
    gone = "1 part (3 rows) had already gone to Target. 1 part (5 rows) was not sent."
    assert "Stopped" in page
    assert gone in page
    follow_to_end(first)
    page = sign_in(uploader).get(address).content.decode()
    assert 'data-state="cancelled"' in page
    assert gone in page
