"""Where a batch's files are kept."""

import threading

import pytest
from django.core.files.storage import default_storage

from uploads import files, local_files
from uploads.models import Batch, Upload

ROUNDS = 60


@pytest.fixture
def whole_upload():
    """An upload whose bytes have all arrived."""

    def whole_upload() -> Upload:
        upload = Upload()
        path = local_files.incoming_path(upload)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"all of it")
        return upload

    return whole_upload


def test_an_upload_taken_over_twice_at_once_keeps_its_file(whole_upload):
    for _ in range(ROUNDS):
        upload = whole_upload()
        batch, start = Batch(folder=upload.pk), threading.Barrier(2)
        failures = []

        def take_over(upload=upload, batch=batch, start=start, failures=failures):
            start.wait()
            try:
                files.take_over(upload, batch)
            except OSError as failure:
                failures.append(failure)

        threads = [threading.Thread(target=take_over) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        with files.open_original(batch) as original:
            assert original.read() == b"all of it"


def test_an_upload_without_its_bytes_cannot_be_taken_over():
    upload = Upload()
    with pytest.raises(FileNotFoundError):
        files.take_over(upload, Batch(folder=upload.pk))


def test_a_kept_file_replaces_the_older_one_under_the_same_name(tmp_path):
    for content in (b"older", b"newer"):
        made = tmp_path / "made"
        made.write_bytes(content)
        files.keep(made, "batches/x/part-0001")
    with default_storage.open("batches/x/part-0001") as kept:
        assert kept.read() == b"newer"
    assert default_storage.listdir("batches/x")[1] == ["part-0001"]
