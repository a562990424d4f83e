"""Checking a batch under a claim."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support import files as made
from tests.support.bucket import ON_DISK
from uploads import files, workflow
from uploads.models import AuditEvent, Batch, BatchState

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_good_rows_become_parts_and_the_bad_ones_problems(checked):
    batch = checked(made.SOME_BAD)
    assert batch.state == BatchState.READY
    assert (batch.rows, batch.accepted, batch.rejected, batch.skipped) == (5, 2, 3, 0)
    assert batch.problems_by_code == {"id-forbidden-character": 1, "id-missing": 1, "id-duplicate": 1}
    part = batch.parts.get()
    assert files.open_part(part).read() == b"batch=thirdPartyId,tier\nA1,gold\nA4,iron\n"
    with workflow.open_problems(batch) as problems:
        assert [(problem.line, problem.code) for problem in problems] == [
            (3, "id-forbidden-character"),
            (4, "id-duplicate"),
            (5, "id-missing"),
        ]


def test_a_file_with_only_a_header_is_refused(checked):
    batch = checked(made.ONLY_HEADER)
    assert batch.state == BatchState.REFUSED
    assert batch.problems_by_code == {"no-rows": 1}
    assert not batch.parts.exists()


def test_a_file_in_which_every_row_is_bad_is_ready_but_cannot_be_sent(checked, uploader):
    batch = checked(made.ALL_BAD)
    assert batch.state == BatchState.READY
    assert not workflow.release(uploader, batch)


def test_a_check_that_runs_twice_changes_nothing(checked):
    batch = checked(made.GOOD)
    events = AuditEvent.objects.count()
    workflow.check(batch.pk)
    assert AuditEvent.objects.count() == events


def test_a_check_that_somebody_else_holds_is_left_to_them(receive):
    batch = receive(made.GOOD)
    taken = Batch.objects.get(pk=batch.pk)
    from uploads.workflow.leases import claim_fields

    Batch.objects.filter(pk=batch.pk).update(**claim_fields())
    workflow.check(batch.pk)
    taken.refresh_from_db()
    assert taken.state == BatchState.CHECKING


def test_a_check_whose_worker_died_is_taken_over(receive):
    batch = receive(made.GOOD)
    Batch.objects.filter(pk=batch.pk).update(
        claim="00000000-0000-0000-0000-000000000001", lease_until="2000-01-01T00:00:00Z", check_attempts=1
    )
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_a_check_that_dies_again_and_again_is_given_up_with_an_honest_word(receive):
    batch = receive(made.GOOD)
    Batch.objects.filter(pk=batch.pk).update(check_attempts=3)
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.check_failure) == (BatchState.REFUSED, "gave-up")


def test_a_stored_file_that_changed_is_refused(receive, settings):
    batch = receive(made.GOOD)
    (settings.MEDIA_ROOT / files.original_name(batch)).write_bytes(made.GOOD + b"A9,x,y\n")
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.check_failure) == (BatchState.REFUSED, "file-changed")


def test_a_stored_file_that_is_gone_is_refused(receive, settings):
    batch = receive(made.GOOD)
    (settings.MEDIA_ROOT / files.original_name(batch)).unlink()
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.check_failure) == (BatchState.REFUSED, "file-missing")


def test_cancelling_stops_a_check_that_is_under_way(receive, uploader, settings):
    batch = receive(made.GOOD)
    assert workflow.cancel(uploader, batch)
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED


def test_no_scratch_files_are_left(checked, settings):
    checked(made.SOME_BAD)
    assert not [path for path in settings.WORK_ROOT.rglob("*") if path.is_file()]
    assert not [path for path in settings.INCOMING_ROOT.rglob("*") if path.is_file()]


def test_audit_facts_hold_counts_and_nothing_of_a_row(checked):
    checked(made.SOME_BAD)
    log = "".join(str(event.facts) for event in AuditEvent.objects.all())
    assert "A/2" not in log
    assert "silver" not in log


@pytest.mark.parametrize(
    ("version", "state"), [("v2", BatchState.REFUSED), ("v1", BatchState.READY)], ids=["v2", "v1"]
)
def test_where_ecids_are_used_version_2_takes_no_pcids(checked, destination, version, state):
    destination.uses_ecid, destination.api_version = True, version
    destination.save()
    batch = checked(b"pcId,tier\n1514187733806-729395,gold\n")
    assert batch.state == state  # F11
    assert ("pcid-with-ecid" in batch.problems_by_code) == (state == BatchState.REFUSED)


@ON_DISK
def test_a_check_waits_for_storage_as_often_as_must_be_and_is_never_given_up(receive, settings):
    batch = receive(made.GOOD)
    folder = (settings.MEDIA_ROOT / files.original_name(batch)).parent
    away = folder.rename(folder.with_name("away"))
    folder.write_text("not a folder")
    for _ in range(4):
        workflow.check(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.check_attempts) == (BatchState.CHECKING, 0)
        assert not Batch.objects.to_check().exists()
        Batch.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    folder.unlink()
    away.rename(folder)
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY
