"""Fingerprints of the accepted ids, in storage beside the parts."""

import random

import numpy as np
import pytest

from uploads.batchfile import FINGERPRINTS_NAME, fingerprint, read_fingerprints, shared_fingerprints
from uploads.batchfile.fingerprints import write_fingerprints

from .checked import check_bytes

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("duplicates", "accepted"),
    [("first", ["1", "2", "é 3"]), ("last", ["1", "2", "é 3"]), ("reject", ["2", "é 3"])],
)
def test_the_accepted_ids_have_one_each_in_ascending_order(tmp_path, duplicates, accepted):
    data = "thirdPartyId,a\n1,x\n2,x\né 3,x\n1,y\n4,\n".encode()
    summary = check_bytes(data, tmp_path, fingerprint_key=KEY, duplicates=duplicates).summary
    assert summary.fingerprints == tmp_path / "parts" / FINGERPRINTS_NAME
    expected = sorted(fingerprint(id_, KEY) for id_ in accepted)
    assert summary.fingerprints.read_bytes() == np.array(expected, "<u8").tobytes()
    assert read_fingerprints(summary.fingerprints).tolist() == expected
    assert summary.to_json()["fingerprints"] == str(summary.fingerprints)


def test_many_ids_are_ascending_across_the_whole_file(tmp_path):
    ids = random.Random(7).sample(range(10**9), 450_000)
    data = b"thirdPartyId,a\n" + b"".join(b"%d,x\n" % id_ for id_ in ids)
    found = read_fingerprints(check_bytes(data, tmp_path, fingerprint_key=KEY).summary.fingerprints)
    assert len(found) == 450_000
    assert np.all(found[:-1] < found[1:])
    assert fingerprint(str(ids[123]), KEY) in found


def test_a_file_without_accepted_rows_has_an_empty_one(tmp_path):
    path = check_bytes(b"thirdPartyId,a\n1,\n", tmp_path, fingerprint_key=KEY).summary.fingerprints
    assert (path.read_bytes(), read_fingerprints(path).tolist()) == (b"", [])


@pytest.mark.parametrize("data", [b"thirdPartyId,a\n1,x\n", b""], ids=["usable", "unusable"])
def test_without_a_key_none_are_kept_and_old_ones_go(tmp_path, data):
    check_bytes(b"thirdPartyId,a\n1,x\n", tmp_path, fingerprint_key=KEY)
    assert check_bytes(data, tmp_path).summary.fingerprints is None
    assert not (tmp_path / "parts" / FINGERPRINTS_NAME).exists()


def test_another_key_gives_other_fingerprints():
    assert fingerprint("1", KEY) == fingerprint("1", KEY) != fingerprint("1", b"another")
    assert 0 <= fingerprint("", KEY) < 2**64


def test_the_fingerprints_that_files_share_are_found(tmp_path):
    numbers = np.unique(np.random.default_rng(3).integers(0, 2**64, 300_000, np.uint64))
    ends = np.array([0, 2**64 - 1], "<u8")
    files = {
        "mine": [ends[:1], numbers[::2], ends[1:]],
        "half": [numbers[: len(numbers) // 2]],
        "none": [numbers[1::2]],
        "ends": [ends],
        "empty": [],
        # Two ids may share one by chance.
        "twice": [numbers[:3].repeat(2)],
    }
    for name, runs in files.items():
        write_fingerprints(tmp_path / name, runs)
    names = ["mine", "half", "none", "ends", "empty", "twice"]
    found = shared_fingerprints(tmp_path / "mine", [tmp_path / name for name in names])
    mine = np.concatenate(files["mine"])
    expected = [mine, mine[np.isin(mine, files["half"][0])], [], ends, [], numbers[[0, 2]]]
    assert [each.tolist() for each in found] == [list(map(int, each)) for each in expected]
    assert shared_fingerprints(tmp_path / "empty", [tmp_path / "mine"])[0].tolist() == []
