"""Files are handed over before the transaction that makes them count, lest rows be held meanwhile."""

from collections import defaultdict

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection

from tests.support.bucket import ON_DISK
from tests.support.overlaps import EARLIER, LATER, chosen
from uploads import files, workflow
from uploads.models import Canary

pytestmark = [pytest.mark.django_db(transaction=True), ON_DISK]

#: By what is done: the beginnings of names that were handed over, and whether a transaction was open.
HANDED_OVER: dict[str, set[bool]] = defaultdict(set)


class Watched(FileSystemStorage):
    """A folder that notes whether somebody hands something over within a transaction."""

    def _save(self, name, content):
        HANDED_OVER[name.rpartition("/")[2].partition("-")[0]].add(connection.in_atomic_block)
        return super()._save(name, content)


@pytest.fixture
def watched(settings):
    HANDED_OVER.clear()
    default = settings.STORAGES["default"] | {"BACKEND": f"{__name__}.Watched"}
    settings.STORAGES = settings.STORAGES | {"default": default}
    return HANDED_OVER


@pytest.mark.parametrize("choice", ["carry-over", "leave-out"])
def test_no_transaction_waits_for_storage_to_take_a_file(watched, released, checked, uploader, choice):
    released(EARLIER)
    batch = chosen(uploader, checked(LATER), choice)
    first = workflow.FirstRows(1, Canary.Then.WAIT)
    assert workflow.send(uploader, batch, workflow.digest_of(batch), first_rows=first)
    assert watched.keys() >= {"original", "part", "overlap", choice.partition("-")[0], "first"}
    assert set().union(*watched.values()) == {False}


@pytest.mark.parametrize(
    ("counts", "left"), [(True, [b"made"]), (False, [])], ids=["that count", "that came too late"]
)
def test_files_stay_if_they_count(tmp_path, settings, counts, left):
    (tmp_path / "made").write_bytes(b"made")
    with files.offered({"batches/x/made": tmp_path / "made"}) as accept:
        if counts:
            accept()
    kept = settings.MEDIA_ROOT / "batches" / "x"
    assert [path.read_bytes() for path in kept.iterdir()] == left


def test_after_an_exception_files_stay_for_the_commit_may_have_been_made(tmp_path, settings):
    (tmp_path / "made").write_bytes(b"made")
    with pytest.raises(ConnectionError), files.offered({"batches/x/made": tmp_path / "made"}):
        raise ConnectionError
    assert (settings.MEDIA_ROOT / "batches" / "x" / "made").read_bytes() == b"made"
