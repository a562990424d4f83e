"""gzip and ZIP files with one CSV inside, and those that are not what they seem."""

import gzip
import hashlib
import io
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.workbooks import rows, text, workbook, zipped
from uploads.batchfile import ProblemStore, Reading, check, detect
from uploads.batchfile.archives import BrokenArchive, gunzipped
from uploads.batchfile.lines import BLOCK_BYTES

from .checked import check_bytes

CSV = b"thirdPartyId,a\n1,x\n2,y\n"
ROWS = [["1", "x"], ["2", "y"]]


def problem_of(data: bytes, folder: Path, reading: Reading | None = None) -> tuple:
    """The one problem of a file that cannot be used; detection finds the same."""
    result = check_bytes(data, folder, reading)
    summary = result.summary
    assert (summary.usable, summary.rows, summary.accepted, result.parts) == (False, 0, 0, [])
    assert (summary.size, summary.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    (problem,) = result.problems
    return problem.code, problem.params


# One CSV inside -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "container"),
    [
        pytest.param(gzip.compress(CSV), "gzip", id="gzip"),
        pytest.param(gzip.compress(CSV[:9]) + gzip.compress(CSV[9:]), "gzip", id="two members"),
        pytest.param(gzip.compress(CSV) + bytes(1_000), "gzip", id="padded with zeros"),
        pytest.param(zipped({"a.csv": CSV}), "zip", id="ZIP"),
        pytest.param(zipped({"a.csv": CSV}, zipfile.ZIP_STORED), "zip", id="ZIP, not compressed"),
        pytest.param(zipped({"in/": b"", "in/a b.txt": CSV}), "zip", id="ZIP, in a folder"),
        pytest.param(
            zipped({"__MACOSX/._a.csv": b"x", ".DS_Store": b"y", "a.csv": CSV}), "zip", id="ZIP made by macOS"
        ),
    ],
)
def test_the_csv_inside_is_read(tmp_path, data, container):
    found = detect(io.BytesIO(data))
    assert (found.reading.container, found.confirmed, found.rows) == (container, True, ROWS)
    result = check_bytes(data, tmp_path)
    assert (result.found, result.rows) == ([], ROWS)
    summary = result.summary
    assert (summary.size, summary.unpacked_size) == (len(data), len(CSV))
    assert summary.sha256 == hashlib.sha256(data).hexdigest()


def test_what_is_inside_may_have_any_encoding_and_delimiter(tmp_path):
    data = gzip.compress("\ufeffthirdPartyId;a\r\n1;Peña\r\n".encode("utf-16-le"))
    found = detect(io.BytesIO(data)).reading
    assert (found.encoding, found.delimiter) == ("utf-16-le", ";")
    assert check_bytes(data, tmp_path).rows == [["1", "Peña"]]


def test_a_batch_file_may_be_packed(tmp_path):
    result = check_bytes(gzip.compress(b"batch=thirdPartyId,a\n1,%C3%A9\n"), tmp_path)
    assert result.rows == [["1", "é"]]


@given(st.binary(max_size=3 * BLOCK_BYTES), st.integers(1, 5_000), st.integers(0, 9))
def test_what_was_packed_comes_out_whatever_the_blocks(content, size, level):
    packed = gzip.compress(content, level)
    blocks = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert b"".join(gunzipped(blocks)) == content


@given(st.integers(0, 10 * BLOCK_BYTES), st.integers(1, 300))
def test_no_block_that_comes_out_is_larger_than_a_block(count, size):
    packed = gzip.compress(bytes(count))
    blocks = list(gunzipped(packed[start : start + size] for start in range(0, len(packed), size)))
    assert sum(map(len, blocks)) == count
    assert max(map(len, blocks), default=0) <= BLOCK_BYTES


@given(st.data())
def test_a_gzip_file_cut_off_anywhere_is_broken(data):
    packed = gzip.compress(CSV * 100)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(BrokenArchive):
        list(gunzipped([packed[:cut]]))


@given(st.data())
def test_a_zip_archive_with_one_changed_byte_loses_no_row_silently(data):
    packed = bytearray(zipped({"a.csv": CSV}))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder:
        result = check_bytes(bytes(packed), Path(folder))
    assert not result.summary.usable or result.rows == ROWS


# The limit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [gzip.compress, lambda data: zipped({"a.csv": data})], ids=["gzip", "ZIP"])
@pytest.mark.parametrize(("limit", "is_within"), [(len(CSV), True), (len(CSV) - 1, False)])
def test_the_limit_counts_unpacked_bytes(tmp_path, packed, limit, is_within):
    data = packed(CSV)
    reading = detect(io.BytesIO(data)).reading
    with ProblemStore.create(tmp_path / "p") as problems:
        summary = check(io.BytesIO(data), reading, problems=problems, max_bytes=limit)
    assert summary.problems_by_code == ({} if is_within else {"unpacked-too-big": 1})
    assert (summary.usable, summary.accepted) == ((True, 2) if is_within else (False, 0))
    found = detect(io.BytesIO(data), max_bytes=limit).problems
    assert [problem.params for problem in found] == ([] if is_within else [{"limit": limit}])


# Archives that do not hold one CSV ----------------------------------------------------------------


def lying(size: int) -> bytes:
    """A ZIP archive whose directory gives a wrong size of what it holds."""
    data = bytearray(zipped({"a.csv": CSV}))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", size)
    return bytes(data)


def protected() -> bytes:
    data = bytearray(zipped({"a.csv": CSV}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def in_method(method: int) -> bytes:
    return zipped({"a.csv": CSV}, method)


@pytest.mark.parametrize(
    ("data", "params"),
    [
        pytest.param(zipped({"a.csv": CSV, "b.csv": CSV}), {"kind": "archive", "files": 2}, id="two files"),
        pytest.param(zipped({}), {"kind": "archive", "files": 0}, id="no file"),
        pytest.param(zipped({"in/": b""}), {"kind": "archive", "files": 0}, id="only a folder"),
        pytest.param(protected(), {"kind": "encrypted-archive"}, id="password"),
        pytest.param(in_method(zipfile.ZIP_LZMA), {"kind": "broken-archive"}, id="packed in another way"),
        pytest.param(lying(len(CSV) - 1), {"kind": "broken-archive"}, id="more than its directory says"),
        pytest.param(lying(len(CSV) + 1), {"kind": "broken-archive"}, id="less than its directory says"),
        pytest.param(zipped({"a.csv": CSV})[:-5], {"kind": "broken-archive"}, id="ZIP cut off"),
        pytest.param(b"PK\x03\x04" + CSV, {"kind": "broken-archive"}, id="ZIP in its first bytes only"),
        pytest.param(gzip.compress(CSV)[:-1], {"kind": "broken-archive"}, id="gzip cut off"),
        pytest.param(gzip.compress(CSV)[:9], {"kind": "broken-archive"}, id="gzip without content"),
        pytest.param(
            gzip.compress(CSV)[:-8] + bytes(8), {"kind": "broken-archive"}, id="gzip with a wrong checksum"
        ),
        pytest.param(gzip.compress(CSV) + b"1,x\n", {"kind": "broken-archive"}, id="rows behind gzip"),
        pytest.param(gzip.compress(gzip.compress(CSV)), {"kind": "archive-in-archive"}, id="gzip in gzip"),
        pytest.param(
            zipped({"a.xlsx": workbook({"A": rows([text("a")])})}),
            {"kind": "archive-in-archive"},
            id="workbook in ZIP",
        ),
        pytest.param(gzip.compress(b"%PDF-1.7\n"), {"kind": "pdf", "container": "gzip"}, id="PDF in gzip"),
        pytest.param(
            zipped({"a.csv": b"<html></html>"}), {"kind": "html", "container": "zip"}, id="web page in ZIP"
        ),
        pytest.param(
            zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
            {"kind": "office-document"},
            id="Word",
        ),
        pytest.param(
            zipped({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}),
            {"kind": "office-document"},
            id="PowerPoint",
        ),
        pytest.param(zipped({"xl/workbook.bin": b""}), {"kind": "other-spreadsheet"}, id="binary workbook"),
        pytest.param(
            zipped({"mimetype": b"", "content.xml": b""}), {"kind": "other-spreadsheet"}, id="OpenDocument"
        ),
        pytest.param(zipped({"Index/Document.iwa": b""}), {"kind": "other-spreadsheet"}, id="Numbers"),
    ],
)
def test_any_other_archive_is_one_problem(tmp_path, data, params):
    assert problem_of(data, tmp_path) == ("not-a-csv", params)


def test_rows_before_the_break_are_not_used(tmp_path):
    many = b"thirdPartyId,a\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(100_000))
    packed = gzip.compress(many)
    assert problem_of(packed[: len(packed) // 2], tmp_path) == ("not-a-csv", {"kind": "broken-archive"})


def test_an_empty_file_may_be_packed(tmp_path):
    for data in (gzip.compress(b""), zipped({"a.csv": b""})):
        assert problem_of(data, tmp_path) == ("empty-file", {})


@pytest.mark.parametrize(
    ("data", "chosen", "found"),
    [
        pytest.param(gzip.compress(CSV), None, "gzip", id="packed, read as plain"),
        pytest.param(CSV, "gzip", None, id="plain, read as packed"),
        pytest.param(zipped({"a.csv": CSV}), "xlsx", "zip", id="archive, read as a workbook"),
        pytest.param(workbook({"A": rows([text("a")])}), "zip", "xlsx", id="workbook, read as an archive"),
    ],
)
def test_a_file_packed_otherwise_than_its_reading_says_cannot_be_used(tmp_path, data, chosen, found):
    assert problem_of(data, tmp_path, Reading(container=chosen)) == (
        "wrong-container",
        {"found": found, "chosen": chosen},
    )


def test_a_directory_that_points_anywhere_does_no_harm(tmp_path):
    data = bytearray(zipped({"a.csv": CSV}))
    end = data.rindex(b"PK\x05\x06")
    for place in range(end + 4, len(data)):
        for value in (0, 0x7F, 0xFF):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            found = detect(io.BytesIO(bytes(changed)))
            assert found.problems or found.rows == ROWS


def test_a_checksum_is_compared(tmp_path):
    content = bytearray(zipped({"a.csv": CSV}, zipfile.ZIP_STORED))
    content[content.index(b"1,x")] = ord("7")
    assert zlib.crc32(CSV) != zlib.crc32(CSV.replace(b"1,x", b"7,x"))
    assert problem_of(bytes(content), tmp_path) == ("not-a-csv", {"kind": "broken-archive"})
