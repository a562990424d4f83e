"""Local copies of stored files: whole or not there, no more than wanted, none for long."""

import multiprocessing
import os
import time

import pytest

from uploads.storage import FileCache, StorageUnavailable

HOUR = 3600


@pytest.fixture
def cache(tmp_path):
    return FileCache(tmp_path / "copies", most_bytes=10, keep_seconds=4 * HOUR)


def used(path, hours: float) -> None:
    """Let the copy be last used so long ago."""
    moment = time.time() - hours * HOUR
    os.utime(path, (moment, moment))


def left(cache) -> set[str]:
    return {path.parent.name for path in cache.root.rglob("*") if path.is_file()}


def test_a_copy_is_found_by_the_very_version_it_is_of(cache):
    cache.put("batches/x/part", '"one"', [b"o", b"ne"])
    assert cache.find("batches/x/part", '"one"').read_bytes() == b"one"
    assert cache.find("batches/x/part", '"two"') is None
    assert cache.find("batches/y/part", '"one"') is None


def test_nothing_is_left_of_a_copy_that_broke_off(cache):
    def broken():
        yield b"half"
        raise StorageUnavailable("the connection broke")

    with pytest.raises(StorageUnavailable):
        cache.put("part", '"one"', broken())
    assert left(cache) == set()


def test_no_room_on_the_disk_is_no_missing_file(cache):
    cache.root.write_text("not a folder")
    with pytest.raises(StorageUnavailable):
        cache.put("part", '"one"', [b"one"])


def test_what_is_too_much_goes_the_longest_unused_first_and_what_is_in_use_stays(cache):
    for name, hours in (("older", 3), ("old", 2), ("in-use", 0.5), ("new", 0)):
        used(cache.put(name, '"1"', [b"12345"]), hours)
    cache.tidy()
    assert left(cache) == {"in-use", "new"}


def test_being_found_is_being_used(cache):
    for name in ("first", "second", "third"):
        used(cache.put(name, '"1"', [b"12345"]), 2)
    cache.find("first", '"1"')
    used(cache.put("second", '"1"', [b"12345"]), 1.5)
    cache.tidy()
    assert left(cache) == {"first", "second"}


def test_what_nobody_used_for_long_goes_whatever_room_there_is(cache):
    used(cache.put("batches/x/part", '"1"', [b"1"]), 5)
    begun = cache.root / "begun" / "left-by-somebody-who-died"
    begun.write_bytes(b"half")
    used(begun, 2)
    cache.tidy()
    assert left(cache) == set()
    assert not (cache.root / "batches").exists()


def test_two_processes_that_copy_the_same_at_once_both_have_it_whole(cache):
    content = [bytes([number]) * 100_000 for number in range(50)]
    # Anew: a copy of this process may find a lock held by a thread that it has no copy of.
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        paths = pool.starmap(cache.put, [("part", '"one"', content)] * 8)
    assert set(paths) == {cache.find("part", '"one"')}
    assert paths[0].read_bytes() == b"".join(content)
