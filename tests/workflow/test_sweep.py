"""The sweep finds what is due or abandoned, and the doorbell is only a doorbell."""

import os
import uuid
from datetime import timedelta

import django_rq
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.module_loading import import_string

from tests.support import files as made
from uploads import files, local_files, queue, workflow
from uploads.models import AuditEvent, Batch, Part, PartState, Upload
from uploads.workflow.leases import claim_fields

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

LONG_AGO = "2000-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def empty_queues(valkey):
    """Real queues, empty at first."""


def waiting_jobs() -> set[str]:
    return {
        job for name in ("checking", "delivering", "following") for job in django_rq.get_queue(name).job_ids
    }


def abandon(part, state):
    Part.objects.filter(pk=part.pk).update(state=state, claim=uuid.uuid4(), lease_until=LONG_AGO)


def test_a_ring_is_enqueued_once_however_often_it_rings():
    for _ in range(3):
        queue.ring("check", 7)
    assert django_rq.get_queue("checking").job_ids == ["check-7"]


def test_jobs_carry_an_id_and_nothing_else(receive):
    batch = receive(made.GOOD)
    job = django_rq.get_queue("checking").jobs[0]
    assert (job.func_name, job.args, job.kwargs) == ("uploads.jobs.check_batch", [batch.pk], {})


@pytest.mark.parametrize("verb", queue.JOBS)
def test_every_verb_names_a_queue_and_a_function_that_exist(verb, settings):
    name, function = queue.JOBS[verb]
    assert name in settings.RQ_QUEUES
    assert callable(import_string(function))


def test_a_claim_that_is_still_renewed_is_left_alone(released):
    part = released().parts.get()
    Part.objects.filter(pk=part.pk).update(
        state=PartState.SENDING, claim=uuid.uuid4(), lease_until=timezone.now() + timedelta(minutes=1)
    )
    workflow.sweep()
    part.refresh_from_db()
    assert part.state == PartState.SENDING


def test_two_sweeps_do_no_harm(released):
    part = released().parts.get()
    abandon(part, PartState.SENDING)
    workflow.sweep()
    workflow.sweep()
    assert AuditEvent.objects.filter(action="part.in-doubt").count() == 1


def test_uploads_that_nobody_went_on_with_are_forgotten(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", 100)
    Upload.objects.filter(pk=upload.pk).update(touched_at=timezone.now() - timedelta(days=3))
    fresh = workflow.begin_upload(uploader, destination, "people.csv", 100)
    workflow.sweep()
    assert list(Upload.objects.all()) == [fresh]
    assert not local_files.incoming_path(upload).exists()


def test_a_whole_upload_whose_batch_was_never_made_leaves_no_file(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    batch = Batch(folder=upload.pk)
    files.take_over(upload, batch)
    Upload.objects.filter(pk=upload.pk).update(touched_at=LONG_AGO)
    workflow.sweep()
    assert not default_storage.exists(files.original_name(batch))


def test_bytes_whose_upload_is_gone_are_forgotten_after_a_while(uploader, destination):
    gone, fresh, going_on = (
        workflow.begin_upload(uploader, destination, "people.csv", 100) for _ in range(3)
    )
    for upload in (gone, going_on):
        os.utime(local_files.incoming_path(upload), (0, 0))
    Upload.objects.filter(pk__in=[gone.pk, fresh.pk]).delete()
    workflow.sweep()
    left = [upload for upload in (gone, fresh, going_on) if local_files.incoming_path(upload).exists()]
    assert left == [fresh, going_on]


def test_of_a_batch_only_the_part_whose_turn_it_is_is_rung_for(released):
    batch = released()
    first = batch.parts.get()
    for number in (2, 3):
        Part.objects.create(batch=batch, number=number, rows=1, bytes=first.bytes, sha256=first.sha256)
    django_rq.get_queue("delivering").empty()
    workflow.sweep()
    assert waiting_jobs() & {f"deliver-{part.pk}" for part in batch.parts.all()} == {f"deliver-{first.pk}"}


def test_what_a_dead_check_left_behind_is_forgotten_soon(receive):
    batch = receive(made.GOOD)
    Batch.objects.filter(pk=batch.pk).update(**claim_fields())
    batch.refresh_from_db()
    held, dead = local_files.work_folder(batch.claim), local_files.work_folder(uuid.uuid4())
    for folder in (held, dead):
        folder.mkdir(parents=True)
        os.utime(folder, (0, 0))
    workflow.sweep()
    assert (held.exists(), dead.exists()) == (True, False)


def test_trouble_with_one_kind_of_work_does_not_stop_the_others(receive, settings, caplog):
    batch = receive(made.GOOD)
    django_rq.get_queue("checking").empty()
    settings.WORK_ROOT.parent.mkdir(exist_ok=True)
    settings.WORK_ROOT.write_text("not a folder")
    workflow.sweep()
    assert waiting_jobs() == {f"check-{batch.pk}"}
    assert "forget_stale_files" in caplog.text
