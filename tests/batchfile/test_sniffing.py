"""Files that are no text with rows: named for what they are, also in detection."""

import io

import pytest

from uploads.batchfile import detect
from uploads.batchfile.sniffing import foreign_kind

from .checked import check_bytes


def old_office(*names: str, shift: int = 9) -> bytes:
    """The beginning of a file in Office's older format, with the streams named in its directory."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header[30:32] = shift.to_bytes(2, "little")
    header[48:52] = (2).to_bytes(4, "little")
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\x00") for name in ("Root Entry", *names))
    return bytes(header).ljust(3 << shift, b"\x00") + directory.ljust(512, b"\x00")


FOREIGN = [
    pytest.param(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "pdf", id="PDF"),
    pytest.param(b"<!DOCTYPE html><html><body>", "html", id="web page"),
    pytest.param(b"\xef\xbb\xbf\r\n  <HTML xmlns:x='urn:x'>", "html", id="web page behind a mark and spaces"),
    pytest.param("\ufeff<html><table>".encode("utf-16-le"), "html", id="web page in UTF-16"),
    pytest.param(b"<table border=1><tr><td>id</td>", "html", id="a table of one"),
    pytest.param(b'<?xml version="1.0"?><html xmlns="x">', "html", id="web page that says it is XML"),
    pytest.param(b'<?xml version="1.0"?><Workbook>', "xml", id="XML"),
    pytest.param(b'[\n  {"id": 1}\n]', "json", id="JSON, a list"),
    pytest.param(b'{"id": 1}\n{"id": 2}\n', "json", id="JSON, one object a line"),
    pytest.param(rb"{\rtf1\ansi id,a}", "rtf", id="RTF"),
    pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image", id="PNG"),
    pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF", "image", id="JPEG"),
    pytest.param(b"GIF89a\x01\x00", "image", id="GIF"),
    pytest.param(b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image", id="WebP"),
    pytest.param(b"7z\xbc\xaf\x27\x1c\x00\x04", "other-archive", id="7z"),
    pytest.param(b"Rar!\x1a\x07\x01\x00", "other-archive", id="RAR"),
    pytest.param(b"\xfd7zXZ\x00\x00\x04", "other-archive", id="xz"),
    pytest.param(b"BZh91AY&SY\x00", "other-archive", id="bzip2"),
    pytest.param(b"\x28\xb5\x2f\xfd\x04", "other-archive", id="zstd"),
    pytest.param(b"PAR1\x15\x04", "data-file", id="Parquet"),
    pytest.param(b"SQLite format 3\x00\x10", "data-file", id="SQLite"),
    pytest.param(b"Obj\x01\x04", "data-file", id="Avro"),
]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        *FOREIGN,
        pytest.param(old_office("Workbook"), "xls", id="old workbook"),
        pytest.param(old_office("Book"), "xls", id="older workbook"),
        pytest.param(old_office("Workbook", shift=12), "xls", id="old workbook in large sectors"),
        pytest.param(old_office("EncryptedPackage"), "encrypted-workbook", id="workbook with a password"),
        pytest.param(old_office("WordDocument"), "office-document", id="old Word"),
        pytest.param(old_office("Workbook")[:20], "office-document", id="old format cut off"),
    ],
)
def test_a_file_that_is_no_csv_is_named_for_what_it_is(tmp_path, data, kind):
    found = detect(io.BytesIO(data))
    assert [(problem.code, problem.params) for problem in found.problems] == [("not-a-csv", {"kind": kind})]
    assert (found.header, found.rows, found.confirmed) == ([], [], False)
    result = check_bytes(data + b"\n" * 300_000, tmp_path)
    assert [(problem.line, problem.code, problem.params) for problem in result.problems] == [
        (1, "not-a-csv", {"kind": kind})
    ]
    assert (result.summary.usable, result.summary.size) == (False, len(data) + 300_000)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"PDF,thirdPartyId\n", id="the word PDF"),
        pytest.param(b"<b>,thirdPartyId\n", id="a tag that begins no page"),
        pytest.param(b"htmlId,thirdPartyId\n", id="a name like a tag"),
        pytest.param(b'"{a}",thirdPartyId\n', id="braces in quotes"),
        pytest.param(b"{a},thirdPartyId\n", id="braces"),
        pytest.param(b"[a],thirdPartyId\n", id="brackets"),
        pytest.param(b"BM,thirdPartyId\n", id="letters with which pictures begin"),
        pytest.param(b"PK,thirdPartyId\n", id="letters with which archives begin"),
        pytest.param(b"BZh,thirdPartyId\n", id="letters with which other archives begin"),
        pytest.param(b"batch=thirdPartyId,a\n", id="batch format"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00,thirdPartyId\n", id="NUL"),
    ],
)
def test_what_may_be_a_csv_is_taken_for_one(header):
    assert foreign_kind(header) is None
