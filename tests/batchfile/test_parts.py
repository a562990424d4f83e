import hashlib

import pytest

from uploads.batchfile import PartLimits, cut
from uploads.batchfile.parts import PartWriter, rows_without

from .checked import check_bytes

HEADER = b"batch=thirdPartyId,a\n"


def written(folder, rows, limits):
    with PartWriter(folder, ["thirdPartyId", "a"], limits) as writer:
        for row in rows:
            writer.add(row)
    return writer.parts


def test_the_limits_are_those_of_target():  # F6
    assert PartLimits() == PartLimits(below_bytes=50_000_000, rows=500_000)


@pytest.mark.parametrize(
    ("below", "sizes"),
    [
        pytest.param(len(HEADER) + 13, [3], id="three rows stay below"),
        pytest.param(len(HEADER) + 12, [2, 1], id="three rows would reach the limit"),
        pytest.param(len(HEADER) + 5, [1, 1, 1], id="one row each"),
    ],
)
def test_a_part_is_smaller_than_the_limit_with_its_header(tmp_path, below, sizes):  # F6
    parts = written(tmp_path, ["1,x", "2,y", "3,z"], PartLimits(below_bytes=below))
    assert [part.rows for part in parts] == sizes
    assert all(part.bytes < below for part in parts)


@pytest.mark.parametrize(("rows", "sizes"), [(4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])])
def test_a_part_has_at_most_so_many_rows(tmp_path, rows, sizes):  # F6
    parts = written(tmp_path, [f"{n},x" for n in range(rows)], PartLimits(rows=4))
    assert [part.rows for part in parts] == sizes


def test_every_part_is_a_whole_batch_file(tmp_path):
    parts = written(tmp_path, ["1,x", "2,y", "3,z"], PartLimits(rows=2))
    assert [part.path.name for part in parts] == ["part-0001.csv", "part-0002.csv"]
    assert [part.path.read_bytes() for part in parts] == [HEADER + b"1,x\n2,y\n", HEADER + b"3,z\n"]
    assert list(rows_without([part.path for part in parts], [])) == [
        (b"1,x\n2,y\n", 2, []),
        (b"3,z\n", 1, []),
    ]


def test_bytes_and_hash_are_those_of_the_file(tmp_path):
    parts = written(tmp_path, [f"{n},{'x' * 500}" for n in range(2_000)], PartLimits(below_bytes=600_000))
    assert len(parts) == 2
    for part in parts:
        data = part.path.read_bytes()
        assert (part.bytes, part.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_without_rows_there_are_no_parts(tmp_path):
    assert written(tmp_path, [], PartLimits()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_fits_no_part_is_an_error_of_the_caller(tmp_path):
    with pytest.raises(ValueError, match="cannot hold"):
        written(tmp_path, ["1,x"], PartLimits(below_bytes=len(HEADER) + 4))


def test_parts_of_an_earlier_check_are_replaced_and_other_files_stay(tmp_path):
    check_bytes(b"thirdPartyId,a\n1,x\n2,y\n", tmp_path, limits=PartLimits(rows=1))
    (tmp_path / "parts" / "notes.csv").write_text("mine")
    check_bytes(b"thirdPartyId,a\n3,z\n", tmp_path)
    assert {path.name for path in (tmp_path / "parts").iterdir()} == {"part-0001.csv", "notes.csv"}
    assert (tmp_path / "parts" / "part-0001.csv").read_bytes() == HEADER + b"3,z\n"


@pytest.mark.parametrize(
    ("delta", "parts"),
    [pytest.param(-1, 1, id="49,999,999 bytes"), pytest.param(0, 2, id="50,000,000 bytes")],
)
def test_fifty_million_bytes_are_too_many_for_one_part(tmp_path, delta, parts):  # F6
    row = "i" * 9 + "," + "x" * 49_989  # 50,000 bytes with its line feed
    padding = 50_000_000 + delta - len(HEADER) - 999 * 50_000
    rows = [row] * 999 + ["1," + "x" * (padding - 3)]
    found = written(tmp_path, rows, PartLimits())
    assert len(found) == parts
    assert sum(part.bytes for part in found) == 50_000_000 + delta + (parts - 1) * len(HEADER)


@pytest.mark.parametrize(("rows", "sizes"), [(500_000, [500_000]), (500_001, [500_000, 1])])
def test_half_a_million_rows_are_the_most_for_one_part(tmp_path, rows, sizes):  # F6
    found = written(tmp_path, ("1,x" for _ in range(rows)), PartLimits())
    assert [part.rows for part in found] == sizes


@pytest.mark.parametrize("rows", [1, 7, 40_000, 59_999])
def test_a_part_is_cut_in_two_between_rows_byte_for_byte(tmp_path, rows):
    encoded = [f"{n},%2C{n}" for n in range(60_000)]
    (whole,) = written(tmp_path, encoded, PartLimits())
    first, rest = cut(whole.path, rows, tmp_path)
    for part in (first, rest):
        body = part.path.read_bytes()
        assert body.startswith(HEADER)
        assert (part.rows, part.bytes) == (body.count(b"\n") - 1, len(body))
        assert part.sha256 == hashlib.sha256(body).hexdigest()
    assert first.rows == rows
    assert first.path.read_bytes() + rest.path.read_bytes().removeprefix(HEADER) == whole.path.read_bytes()


@pytest.mark.parametrize("rows", [0, 3, 4])
def test_a_part_is_not_cut_where_one_half_would_be_empty(tmp_path, rows):
    (whole,) = written(tmp_path, ["1,x", "2,y", "3,z"], PartLimits())
    with pytest.raises(ValueError, match="must be some"):
        cut(whole.path, rows, tmp_path)
