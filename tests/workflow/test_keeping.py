"""Files go some days after the end of their batch, and not before."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from tests.support import files as made
from tests.support.bucket import ON_DISK
from uploads import files, workflow
from uploads.models import AuditEvent, Batch, BatchState, Decision, Part, PartState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ended(receive, uploader):
    """A batch that was checked and cancelled so many days ago."""

    def ended(days: float) -> Batch:
        batch = receive(made.SOME_BAD)
        workflow.check(batch.pk)
        batch.refresh_from_db()
        assert workflow.cancel(uploader, batch)
        return aged(batch, days)

    return ended


def aged(batch: Batch, days: float) -> Batch:
    Batch.objects.filter(pk=batch.pk).update(ended_at=timezone.now() - timedelta(days=days))
    batch.refresh_from_db()
    return batch


def kept(batch: Batch) -> list[str]:
    """The names of the files that are kept of a batch."""
    folder = files.original_name(batch).rpartition("/")[0]
    try:
        return default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return []


def deletions() -> list[tuple[int, dict]]:
    return list(AuditEvent.objects.filter(action="batch.files-deleted").values_list("batch_id", "facts"))


def test_all_files_go_when_the_time_is_over_and_counts_and_hashes_stay(ended):
    batch = ended(31)
    before = kept(batch)
    assert {"original", "problems.sqlite3", "figures.json", "fingerprints.u64", "part-0001"} == set(before)
    workflow.sweep()
    workflow.sweep()
    after = Batch.objects.get(pk=batch.pk)
    assert not kept(batch)
    assert after.files_deleted_at
    assert (after.sha256, after.rows, after.problems_by_code) == (
        batch.sha256,
        batch.rows,
        batch.problems_by_code,
    )
    assert after.parts.get().sha256
    assert deletions() == [(batch.pk, {"files": len(before), "days": 30})]


def test_each_destination_has_its_own_time(ended, destination):
    destination.keep_days = 7
    destination.save()
    gone, there = ended(7.1), ended(6.9)
    workflow.sweep()
    assert (bool(kept(gone)), bool(kept(there))) == (False, True)


@pytest.mark.parametrize("state", [state for state in BatchState if not state.is_final])
def test_what_has_not_ended_is_kept(ended, state):
    batch = ended(1000)
    Batch.objects.filter(pk=batch.pk).update(
        state=state, send_at=timezone.now() + timedelta(days=1), scheduled_by=batch.owner
    )
    workflow.sweep()
    assert "original" in kept(batch)


def test_a_batch_in_doubt_is_kept_until_somebody_has_decided(released, sandbox, reviewer):
    sandbox.fault(kind="reset")
    part = released().parts.get()
    workflow.deliver(part.pk)
    part.refresh_from_db()
    assert part.state == PartState.IN_DOUBT
    aged(part.batch, 1000)
    workflow.sweep()
    assert "part-0001" in kept(part.batch)
    assert workflow.decide(reviewer, part, Decision.CLOSE, "nobody knows")
    workflow.sweep()
    assert "part-0001" in kept(part.batch)
    aged(part.batch, 1000)
    workflow.sweep()
    assert not kept(part.batch)


@pytest.mark.parametrize("due", ["locate_due_at", "read_back_due_at"])
def test_a_worker_that_is_about_to_write_a_file_is_waited_for(ended, due):
    batch = ended(31)
    Part.objects.filter(batch=batch).update(**{due: timezone.now() + timedelta(minutes=5)})
    workflow.sweep()
    assert kept(batch)
    Part.objects.filter(batch=batch).update(**{due: timezone.now() - timedelta(minutes=5)})
    workflow.sweep()
    assert not kept(batch)
    assert getattr(batch.parts.get(), due) is None


def test_an_interrupted_deletion_is_done_again(ended):
    batch = ended(31)
    default_storage.delete(files.original_name(batch))
    workflow.sweep()
    assert not kept(batch)
    assert len(deletions()) == 1


@ON_DISK
def test_one_folder_that_cannot_be_deleted_does_not_keep_the_others(ended, caplog):
    stubborn, other = ended(31), ended(31)
    folder = files.problems_path(stubborn).parent
    (folder / "a folder" / "in it").mkdir(parents=True)
    workflow.sweep()
    assert (bool(kept(other)), deletions()[0][0], len(deletions())) == (False, other.pk, 1)
    assert f"batch {stubborn.pk}" in caplog.text
    (folder / "a folder" / "in it").rmdir()
    (folder / "a folder").rmdir()
    workflow.sweep()
    assert not kept(stubborn)


def test_a_file_that_could_not_be_used_is_not_read_anew_without_it(receive, uploader):
    batch = receive(made.ONLY_HEADER)
    workflow.check(batch.pk)
    aged(batch, 31)
    assert batch.state == BatchState.REFUSED
    workflow.sweep()
    batch.refresh_from_db()
    assert not workflow.adjust_reading(uploader, batch, trim=True)
    assert batch.state == BatchState.REFUSED
