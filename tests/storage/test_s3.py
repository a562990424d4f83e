"""Files in a bucket: what is there, what is certainly not, and what nobody can say."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.storage import default_storage

from tests.support.bucket import NAME
from uploads import files
from uploads.storage import StorageUnavailable

PART = "batches/x/part-0001"


@pytest.fixture
def keep(tmp_path):
    """Keeps bytes as a file of a batch."""

    def keep(content: bytes, name: str = PART) -> None:
        made = tmp_path / "made"
        made.write_bytes(content)
        files.keep(made, name)
        assert not made.exists()

    return keep


def read(name: str = PART) -> bytes:
    with files.open_kept(name) as kept:
        return kept.read()


def copies(tmp_path) -> list:
    return [path for path in (tmp_path / "copies").rglob("*") if path.is_file()]


def test_what_is_kept_lies_in_the_bucket_and_comes_back(bucket, keep):
    keep(b"one")
    assert (bucket.objects / PART).read_bytes() == b"one"
    assert read() == b"one"
    assert default_storage.listdir("batches/x") == ([], ["part-0001"])


def test_what_another_machine_put_in_its_place_is_read_and_never_the_old_copy(bucket, keep):
    keep(b"one")
    assert read() == b"one"
    bucket.client().put_object(Bucket=NAME, Key=PART, Body=b"two")
    assert read() == b"two"


def test_the_same_version_is_fetched_once(bucket, keep, tmp_path):
    bucket.client().put_object(Bucket=NAME, Key=PART, Body=b"one")
    first, second = default_storage.path(PART), default_storage.path(PART)
    assert first == second
    assert len(copies(tmp_path)) == 1


def test_replacing_or_deleting_leaves_no_copy_of_the_old_bytes_here(bucket, keep, tmp_path):
    keep(b"one")
    keep(b"two")
    assert [path.read_bytes() for path in copies(tmp_path)] == [b"two"]
    files.delete(PART)
    assert copies(tmp_path) == []
    files.delete(PART)


def test_what_another_machine_deleted_is_missing_and_its_copy_goes(bucket, keep, tmp_path):
    keep(b"one")
    bucket.client().delete_object(Bucket=NAME, Key=PART)
    with pytest.raises(FileNotFoundError):
        files.open_kept(PART)
    assert copies(tmp_path) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda: files.open_kept(PART),
        lambda: default_storage.path(PART),
        lambda: default_storage.open(PART),
        lambda: default_storage.exists(PART),
        lambda: default_storage.listdir("batches/x"),
        lambda: files.delete(PART),
    ],
    ids=["open", "path", "stream", "exists", "listdir", "delete"],
)
@pytest.mark.parametrize("trouble", ["server stopped", "bucket gone"])
def test_a_storage_that_does_not_answer_is_no_missing_file(bucket, keep, ask, trouble):
    keep(b"one")
    if trouble == "server stopped":
        bucket.stop()
    else:
        bucket.objects.rename(bucket.objects.with_name("elsewhere"))
    with pytest.raises(StorageUnavailable):
        ask()
    assert not files.is_reachable()


def test_what_cannot_be_put_there_stays_where_it_is(bucket, tmp_path):
    made = tmp_path / "made"
    made.write_bytes(b"one")
    bucket.stop()
    with pytest.raises(StorageUnavailable):
        files.keep(made, PART)
    bucket.start()
    files.keep(made, PART)
    assert read() == b"one"


def test_a_bucket_that_answers_is_reachable(bucket):
    assert files.is_reachable()


def test_a_stream_takes_nothing_to_the_local_disk(bucket, tmp_path):
    bucket.client().put_object(Bucket=NAME, Key=PART, Body=b"one" * 100_000)
    with default_storage.open(PART) as stream:
        assert stream.size == 300_000
        assert b"".join(iter(lambda: stream.read(65_536), b"")) == b"one" * 100_000
    assert copies(tmp_path) == []


def test_files_have_no_address_for_browsers(bucket, keep):
    keep(b"one")
    with pytest.raises(NotImplementedError):
        default_storage.url(PART)


def test_readers_that_want_the_same_at_once_all_get_it(bucket, tmp_path):
    content = os.urandom(3_000_000)
    bucket.client().put_object(Bucket=NAME, Key=PART, Body=content)
    with ThreadPoolExecutor(3) as readers:
        found = list(readers.map(lambda _reader: read(), range(3)))
    assert found == [content] * 3
    assert len(copies(tmp_path)) == 1
