"""The product with its files in a bucket: the whole way, and what becomes of it when the bucket fails."""

from datetime import timedelta

import django_rq
import pytest
from django.urls import reverse
from django.utils import timezone

from tests.support import files as made
from tests.support.answers import text_of
from uploads import files, local_files, workflow
from uploads.models import Batch, BatchState, Forgetting, Overlap, Part, PartState

pytestmark = pytest.mark.django_db(transaction=True)

WHO = "A1"
#: More problems than stand on one page.
CONTENT = made.SOME_BAD + b"".join(b"B/%d,x\n" % number for number in range(60))


def sent(part) -> Part:
    workflow.deliver(part.pk)
    return fresh(part)


def fresh(part) -> Part:
    return Part.objects.select_related("batch").get(pk=part.pk)


def objects(bucket, batch) -> dict[str, bytes]:
    folder = bucket.objects / files.original_name(batch).rpartition("/")[0]
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def copies(tmp_path) -> list[bytes]:
    return [path.read_bytes() for path in (tmp_path / "copies").rglob("*") if path.is_file()]


def test_the_whole_way_with_files_in_a_bucket(
    bucket,
    released,
    sandbox,
    follow_to_end,
    sign_in,
    uploader,
    admin,
    tmp_path,
):
    batch = released(CONTENT)
    part = sent(batch.parts.get())
    assert part.state == PartState.ACCEPTED
    follow_to_end(part)
    batch.refresh_from_db()
    assert batch.state == BatchState.COMPLETE
    assert {"original", "part-0001", "problems.sqlite3", "figures.json"} <= objects(bucket, batch).keys()

    browser = sign_in(uploader)
    page = text_of(browser.get(reverse("batch-problems", args=[batch.pk]), {"page": 2}))
    assert "B/59" in page and "B/0" not in page
    download = browser.get(reverse("batch-original", args=[batch.pk]))
    assert b"".join(download.streaming_content) == CONTENT
    assert download["Content-Length"] == str(len(CONTENT))
    report = browser.get(reverse("batch-correction-csv", args=[batch.pk]))
    assert b"".join(report.streaming_content)

    assert workflow.ask_to_read_back(uploader, part)
    workflow.read_back(part.pk)
    assert workflow.read_back_of(part)["finished"]

    wanted = workflow.look_for(admin, WHO)
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert workflow.remove_found(admin, wanted)
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert wanted.phase == Forgetting.Phase.DONE
    kept = [*objects(bucket, batch).values(), *copies(tmp_path)]
    assert kept and not any(WHO.encode() in content for content in kept)

    Batch.objects.filter(pk=batch.pk).update(ended_at=timezone.now() - timedelta(days=4000))
    workflow.sweep()
    assert objects(bucket, batch) == {}
    assert copies(tmp_path) == []


@pytest.mark.parametrize(
    ("trouble", "state", "reason"),
    [
        ("server stopped", PartState.PENDING, "storage-away"),
        ("bucket gone", PartState.PENDING, "storage-away"),
        ("object gone", PartState.REFUSED, "file-missing"),
        ("object changed", PartState.REFUSED, "file-changed"),
    ],
)
def test_nothing_is_sent_and_only_what_is_certainly_lost_is_refused(
    bucket,
    released,
    sandbox,
    trouble,
    state,
    reason,
):
    part = released().parts.get()
    path = bucket.objects / files.part_name(part)
    match trouble:
        case "server stopped":
            bucket.stop()
        case "bucket gone":
            bucket.objects.rename(bucket.objects.with_name("elsewhere"))
        case "object gone":
            path.unlink()
        case "object changed":
            path.write_bytes(b"batch=thirdPartyId,tier\nA1,stolen\n")
    part = sent(part)
    assert (part.state, part.reason, part.attempts) == (state, reason, 0)
    assert sandbox.received() == []


def test_a_part_that_waited_for_the_bucket_is_sent_once_when_it_is_back(bucket, released, sandbox, make_due):
    part = released().parts.get()
    bucket.stop()
    assert sent(part).reason == "storage-away"
    bucket.start()
    make_due()
    django_rq.get_queue("delivering").empty()
    workflow.sweep()
    assert f"deliver-{part.pk}" in django_rq.get_queue("delivering").job_ids
    assert sent(part).state == PartState.ACCEPTED
    assert [body["received"] for body in sandbox.received()] == [1]


def test_a_check_waits_for_the_bucket_as_often_as_must_be_and_is_never_given_up(bucket, receive):
    batch = receive(made.GOOD)
    bucket.stop()
    for _ in range(4):
        workflow.check(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, batch.check_attempts) == (BatchState.CHECKING, 0)
        assert not Batch.objects.to_check().exists()
        Batch.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    bucket.start()
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_a_comparison_waits_for_the_bucket_and_is_never_given_up(bucket, released, checked):
    released()
    batch = checked(made.GOOD)
    Overlap.objects.filter(pk=batch.pk).delete()
    bucket.stop()
    for _ in range(4):
        workflow.compare(batch.pk)
        overlap = Overlap.objects.get(pk=batch.pk)
        assert (overlap.failure, overlap.attempts, overlap.compared_at) == ("", 0, None)
        Overlap.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    bucket.start()
    workflow.compare(batch.pk)
    assert Overlap.objects.get(pk=batch.pk).compared_at


def test_files_are_deleted_later_where_the_bucket_does_not_answer(bucket, checked, uploader):
    batch = checked(made.GOOD)
    assert workflow.cancel(uploader, batch)
    Batch.objects.update(ended_at=timezone.now() - timedelta(days=4000))
    bucket.stop()
    workflow.sweep()
    batch.refresh_from_db()
    assert batch.files_deleted_at is None
    bucket.start()
    workflow.sweep()
    assert objects(bucket, batch) == {}


def test_a_person_is_forgotten_once_the_bucket_is_back(bucket, checked, uploader, admin):
    batch = checked(made.GOOD)
    assert workflow.cancel(uploader, batch)
    wanted = workflow.look_for(admin, WHO)
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert workflow.remove_found(admin, wanted)
    bucket.stop()
    with pytest.raises(OSError, match="bucket"):
        workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert wanted.phase == Forgetting.Phase.REMOVING
    bucket.start()
    Forgetting.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    workflow.go_on_forgetting(wanted.pk)
    assert not any(WHO.encode() in content for content in objects(bucket, batch).values())


@pytest.mark.parametrize("address", ["batch-problems", "batch-original"])
def test_a_page_says_that_storage_does_not_answer_and_not_that_a_file_is_gone(
    bucket, checked, sign_in, uploader, address
):
    batch = checked(made.SOME_BAD)
    browser = sign_in(uploader)
    bucket.stop()
    answer = browser.get(reverse(address, args=[batch.pk]))
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "Nothing is lost" in answer.content.decode()


def test_an_upload_that_cannot_be_handed_over_is_finished_later(bucket, uploader, destination, valkey):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD)
    bucket.stop()
    with pytest.raises(OSError, match="bucket"):
        workflow.finish_upload(upload)
    assert local_files.incoming_path(upload).read_bytes() == made.GOOD
    bucket.start()
    batch = workflow.finish_upload(upload)
    assert objects(bucket, batch) == {"original": made.GOOD}


def test_a_slice_at_a_machine_without_the_bytes_so_far_is_refused_and_they_stay(
    uploader, destination, settings, tmp_path
):
    upload = workflow.begin_upload(uploader, destination, "people.csv", len(made.GOOD))
    workflow.append_slice(upload, 0, made.GOOD[:10])
    here, settings.INCOMING_ROOT = settings.INCOMING_ROOT, tmp_path / "another-machine"
    with pytest.raises(workflow.UploadGone):
        workflow.append_slice(upload, 10, made.GOOD[10:])
    settings.INCOMING_ROOT = here
    assert workflow.append_slice(upload, 10, made.GOOD[10:]) == len(made.GOOD)
