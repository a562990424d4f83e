"""From the first slice to a batch whose reading is confirmed."""

import hashlib
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tests.support import files as made
from tests.support.at_once import at_once
from uploads import files, local_files, workflow
from uploads.batchfile import Reading
from uploads.models import AuditEvent, Batch, BatchState, Upload

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def chosen(batch, column):
    return replace(Reading.from_json(batch.reading), key="thirdPartyId", key_column=column)


def actions(batch):
    return list(
        AuditEvent.objects.filter(batch_id=batch.pk).order_by("sequence").values_list("action", flat=True)
    )


def test_slices_become_a_batch_with_the_hash_of_the_whole(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    assert workflow.append_slice(upload, 0, made.GOOD[:10]) == 10
    assert workflow.append_slice(upload, 10, made.GOOD[10:]) == len(made.GOOD)
    batch = workflow.finish_upload(upload)
    assert batch.sha256 == hashlib.sha256(made.GOOD).hexdigest()
    assert files.open_original(batch).read() == made.GOOD
    assert actions(batch) == ["batch.received", "batch.check-started"]
    assert AuditEvent.objects.get(action="batch.received").actor_name == "uploader"


def test_the_hash_is_made_anew_where_another_process_took_the_first_slices(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    local_files.incoming_path(upload).write_bytes(made.GOOD[:20])
    Upload.objects.filter(pk=upload.pk).update(received=20)
    workflow.append_slice(upload, 20, made.GOOD[20:])
    assert workflow.finish_upload(upload).sha256 == hashlib.sha256(made.GOOD).hexdigest()


def test_a_slice_sent_again_after_a_lost_answer_is_told_where_to_go_on(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD[:10])
    with pytest.raises(workflow.WrongOffset) as wrong:
        workflow.append_slice(upload, 0, made.GOOD[:10])
    assert wrong.value.expected == 10
    assert local_files.incoming_path(upload).read_bytes() == made.GOOD[:10]


def test_a_slice_after_a_gap_is_not_taken(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", 100)
    with pytest.raises(workflow.WrongOffset) as wrong:
        workflow.append_slice(upload, 50, b"x")
    assert wrong.value.expected == 0


def test_more_bytes_than_announced_are_refused(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", 5)
    with pytest.raises(workflow.UploadRefused) as refusal:
        workflow.append_slice(upload, 0, b"123456")
    assert refusal.value.reason == "past-the-end"
    assert local_files.incoming_path(upload).read_bytes() == b""


@pytest.mark.parametrize(
    ("size", "reason"), [(0, "empty"), (1001, "too-big")], ids=["nothing", "over the limit"]
)
def test_a_file_that_cannot_be_taken_is_refused_before_a_byte_is_sent(
    uploader, destination, settings, size, reason
):
    settings.MAX_UPLOAD_BYTES = 1000
    with pytest.raises(workflow.UploadRefused) as refusal:
        workflow.begin_upload(uploader, destination, "people.csv", size)
    assert refusal.value.reason == reason
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("most_files", "most_bytes"), [(2, 10_000), (10, 250)], ids=["number of files", "bytes announced"]
)
def test_what_one_person_has_begun_and_not_finished_has_a_limit(
    uploader, colleague, destination, settings, most_files, most_bytes
):
    settings.MAX_BEGUN_UPLOADS, settings.MAX_BEGUN_BYTES = most_files, most_bytes
    begun = [workflow.begin_upload(uploader, destination, "people.csv", 100) for _number in range(2)]

    with pytest.raises(workflow.UploadRefused) as refusal:
        workflow.begin_upload(uploader, destination, "people.csv", 100)

    assert refusal.value.reason == "too-many-begun"
    assert {path.name for path in settings.INCOMING_ROOT.iterdir()} == {upload.pk.hex for upload in begun}
    assert workflow.begin_upload(colleague, destination, "people.csv", 100)


def test_what_is_finished_no_longer_counts(uploader, destination, settings, valkey):
    settings.MAX_BEGUN_UPLOADS = 1
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    workflow.finish_upload(upload)

    assert workflow.begin_upload(uploader, destination, "people.csv", 100)


def test_an_upload_that_has_not_moved_for_an_hour_makes_way(uploader, destination, settings):
    settings.MAX_BEGUN_UPLOADS = 2
    resting = workflow.begin_upload(uploader, destination, "people.csv", 100)
    moving = workflow.begin_upload(uploader, destination, "people.csv", 100)
    Upload.objects.filter(pk=resting.pk).update(touched_at=now() - timedelta(minutes=61))

    third = workflow.begin_upload(uploader, destination, "people.csv", 100)

    assert set(Upload.objects.all()) == {moving, third}
    assert not local_files.incoming_path(resting).exists()


@pytest.mark.django_db(transaction=True)
def test_uploads_that_begin_at_the_same_moment_do_not_slip_past_the_limit(uploader, destination, settings):
    settings.MAX_BEGUN_UPLOADS = 2

    def begin():
        try:
            return workflow.begin_upload(uploader, destination, "people.csv", 100)
        except workflow.UploadRefused:
            return None

    begun = at_once(*[begin] * 6)
    assert len([upload for upload in begun if upload]) == Upload.objects.count() == 2


def test_an_upload_with_bytes_missing_does_not_become_a_batch(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", 100)
    workflow.append_slice(upload, 0, b"x" * 40)
    with pytest.raises(workflow.WrongOffset) as wrong:
        workflow.finish_upload(upload)
    assert wrong.value.expected == 40
    assert not Batch.objects.exists()


def test_finishing_twice_gives_one_batch(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    first = workflow.finish_upload(Upload.objects.get(pk=upload.pk))
    second = workflow.finish_upload(Upload.objects.get(pk=upload.pk))
    assert first == second
    assert Batch.objects.count() == 1


def test_finishing_goes_on_after_dying_between_file_and_database(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    files.take_over(upload, Batch(folder=upload.pk))
    batch = workflow.finish_upload(upload)
    assert files.open_original(batch).read() == made.GOOD
    assert batch.sha256 == hashlib.sha256(made.GOOD).hexdigest()


def test_a_header_that_names_the_key_goes_straight_to_the_check(receive):
    batch = receive(made.GOOD)
    assert batch.state == BatchState.CHECKING
    assert batch.reading["key"] == "thirdPartyId"


def test_a_header_without_a_key_waits_for_a_person(receive, uploader):
    batch = receive(made.NO_KEY)
    assert batch.state == BatchState.RECEIVED
    assert workflow.confirm_reading(uploader, batch, chosen(batch, "customer_id"))
    batch.refresh_from_db()
    assert batch.state == BatchState.CHECKING
    assert batch.reading["key_column"] == "customer_id"


def test_a_reading_is_confirmed_once(receive, uploader):
    batch = receive(made.NO_KEY)
    assert workflow.confirm_reading(uploader, batch, chosen(batch, "customer_id"))
    assert not workflow.confirm_reading(uploader, batch, chosen(batch, "tier"))
    batch.refresh_from_db()
    assert batch.reading["key_column"] == "customer_id"


def test_a_file_beyond_help_is_checked_so_that_its_faults_are_named(receive):
    assert receive(made.ONLY_HEADER).state == BatchState.CHECKING


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\Ann\\people.csv", "people.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\n.csv", "ab.csv"),
        ("", "upload.csv"),
        ("people\u202evsc.exe", "peoplevsc.exe"),
        ("x" * 300 + ".csv", ("x" * 300 + ".csv")[-255:]),
    ],
    ids=["Windows path", "climbing", "control characters", "empty", "turned around", "very long"],
)
def test_file_names_are_for_people_only(uploader, destination, given, kept):
    assert workflow.begin_upload(uploader, destination, given, 1).filename == kept


def test_files_are_kept_under_a_random_name(receive):
    batch = receive(made.GOOD, filename="people.csv")
    assert isinstance(batch.folder, uuid.UUID)
    assert "people" not in files.original_name(batch)


def test_each_slice_leaves_the_database_its_room(uploader, destination, monkeypatch):
    """Several uploads may have seen the same room when they began."""
    upload = workflow.begin_upload(uploader, destination, "people.csv", 100)
    monkeypatch.setattr("uploads.workflow.receive.KEPT_FREE", 10**18)
    with pytest.raises(workflow.UploadRefused) as refusal:
        workflow.append_slice(upload, 0, b"x")
    assert refusal.value.reason == "disk-full"


def test_an_upload_whose_bytes_have_vanished_begins_anew(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    local_files.incoming_path(upload).unlink()
    with pytest.raises(workflow.UploadGone):
        workflow.finish_upload(upload)
    with pytest.raises(workflow.UploadGone):
        workflow.append_slice(upload, len(made.GOOD), b"")


def test_a_slice_that_comes_after_the_batch_was_made_is_told_so(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    workflow.finish_upload(Upload.objects.get(pk=upload.pk))
    with pytest.raises(workflow.WrongOffset) as wrong:
        workflow.append_slice(upload, 0, made.GOOD)
    assert wrong.value.expected == len(made.GOOD)


def test_finishing_goes_on_after_dying_before_the_file_was_read(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    batch = workflow.finish_upload(upload)
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.RECEIVED, reading={})
    assert workflow.finish_upload(upload).state == BatchState.CHECKING


def test_finishing_again_never_overrides_what_a_person_chose(uploader, destination):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.NO_KEY))
    workflow.append_slice(upload, 0, made.NO_KEY)
    batch = workflow.finish_upload(upload)
    assert workflow.confirm_reading(uploader, batch, chosen(batch, "tier"))
    again = workflow.finish_upload(upload)
    assert (again.reading["key"], again.reading["key_column"]) == ("thirdPartyId", "tier")
