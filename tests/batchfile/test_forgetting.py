"""Taking one id's rows out of files: all of them, and nothing else."""

import io

import numpy as np
import pytest

from uploads import batchfile
from uploads.batchfile import Reading, Span, detect

READING = Reading(key="thirdPartyId", key_column="thirdPartyId")


def blanked(content: bytes, id_: str, reading: Reading = READING) -> bytes:
    spans = batchfile.rows_of(io.BytesIO(content), reading, id_)
    out = io.BytesIO()
    batchfile.blank_out(io.BytesIO(content), spans, out)
    assert batchfile.rows_of(io.BytesIO(out.getvalue()), reading, id_) == []
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"thirdPartyId,a\nA,1\nB,2\nA,3\n", b"thirdPartyId,a\n\nB,2\n\n"),
        (b"thirdPartyId,a\r\nA,1\r\nB,2", b"thirdPartyId,a\r\n\r\nB,2"),
        (b"thirdPartyId,a\rA,1\rB,2\r", b"thirdPartyId,a\r\rB,2\r"),
        (b"thirdPartyId,a\nB,2\nA,1", b"thirdPartyId,a\nB,2\n"),
        (b'thirdPartyId,a\nA,"1\nx\n\n2"\nB,2\n', b"thirdPartyId,a\n\n\n\n\nB,2\n"),
        (b'thirdPartyId,a\n" A ",1\nAA,2\nB,A\n', b"thirdPartyId,a\n\nAA,2\nB,A\n"),
        (b"\xef\xbb\xbfa,thirdPartyId\n1,A\n2,B\n", b"\xef\xbb\xbfa,thirdPartyId\n\n2,B\n"),
        (b"thirdPartyId,a\n\n\n\nA,1\n,,\nB,\xff\n", b"thirdPartyId,a\n\n\n\n\n,,\nB,\xff\n"),
        (b"thirdPartyId,a\nB,2\n", b"thirdPartyId,a\nB,2\n"),
    ],
    ids=["twice", "crlf", "cr", "no-end", "line-breaks", "spaces", "mark", "blank-lines", "not-there"],
)
def test_the_rows_become_blank_lines_and_every_other_byte_stays(content, left):
    assert blanked(content, "A") == left


def test_a_file_of_many_blocks_loses_two_lines():
    rows = [b"%d,\xc3\xa9%b\r\n" % (number, b"x" * (number % 90)) for number in range(9000)]
    left = list(rows)
    left[7], left[8500] = b"\r\n", b"\r\n"
    rows[7], rows[8500] = b"A,1\r\n", b"A,2\r\n"
    header = b"thirdPartyId,a\r\n"
    assert blanked(header + b"".join(rows), "A") == header + b"".join(left)


def test_rows_that_stayed_out_are_found_as_well():
    content = b"thirdPartyId,a\nA/1,x\nA/1,y,z\n"
    assert batchfile.rows_of(io.BytesIO(content), READING, "A/1") == [Span(2, 3), Span(3, None)]


def test_without_a_key_column_any_cell_counts():
    reading = detect(io.BytesIO(b"tier,customer\ngold,A\n")).reading
    content = b"tier,customer\ngold,A\nsilver,B\n"
    assert batchfile.rows_of(io.BytesIO(content), Reading(delimiter=reading.delimiter), "A") == [Span(2, 3)]


@pytest.mark.parametrize(
    ("reading", "can"),
    [
        (Reading(), True),
        (Reading(encoding="windows-1252"), True),
        (Reading(encoding="utf-16-le"), False),
        (Reading(container="gzip"), False),
        (Reading(container="xlsx"), False),
    ],
    ids=["utf-8", "windows-1252", "utf-16", "gzip", "workbook"],
)
def test_rows_are_taken_out_only_where_lines_are_bytes(reading, can):
    assert batchfile.can_blank_out(reading) == can


def test_a_part_loses_the_rows_of_the_decoded_id():
    out = io.BytesIO()
    part = b"batch=thirdPartyId,a\nA%20B,1\nA,2\nA%20B,3\n"
    assert batchfile.part_without(io.BytesIO(part), "A B", out) == 2
    assert out.getvalue() == b"batch=thirdPartyId,a\nA,2\n"


def test_fingerprints_lose_one_and_stay_in_order(tmp_path):
    key = b"key"
    prints = sorted(batchfile.fingerprint(id_, key) for id_ in "ABC")
    (tmp_path / "all").write_bytes(np.array(prints, "<u8").tobytes())
    wanted = batchfile.fingerprint("B", key)
    assert batchfile.has_fingerprint(tmp_path / "all", wanted)
    batchfile.fingerprints_without(tmp_path / "all", wanted, tmp_path / "left")
    assert batchfile.read_fingerprints(tmp_path / "left").tolist() == [p for p in prints if p != wanted]
    assert not batchfile.has_fingerprint(tmp_path / "left", wanted)
