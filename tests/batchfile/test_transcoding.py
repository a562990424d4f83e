"""Every encoding of a reading: the text arrives whole, and what is no text is reported at its line."""

import codecs
import csv
import io
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uploads.batchfile import Reading, detect
from uploads.batchfile.detection import LOOK_BYTES
from uploads.batchfile.reading import DELIMITERS, ENCODINGS
from uploads.batchfile.transcoding import as_utf8

from .checked import check_bytes

MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "windows-1252": b"",
    "iso-8859-1": b"",
}
CODECS = {"windows-1252": "cp1252", "iso-8859-1": "latin-1"}


def encoded(text: str, encoding: str) -> bytes:
    return MARKS[encoding] + text.encode(CODECS.get(encoding, encoding))


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def recoded(data: bytes, encoding: str, size: int = 3) -> bytes:
    return b"".join(as_utf8(cut(data, size), encoding))


def texts(encoding: str, **rest):
    return st.text(st.characters(codec=CODECS.get(encoding), exclude_categories=["Cs"]), **rest)


# The text arrives whole ---------------------------------------------------------------------------


@given(st.data(), st.sampled_from(ENCODINGS), st.integers(1, 5))
def test_text_in_any_encoding_is_the_same_text_in_utf8(data, encoding, size):
    text = data.draw(texts(encoding))
    assert recoded(text.encode(CODECS.get(encoding, encoding)), encoding, size) == text.encode()


@given(
    st.data(), st.sampled_from(ENCODINGS), st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n", "\r"])
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_table_is_the_same_in_every_encoding_delimiter_and_line_end(data, encoding, delimiter, end):
    cell = texts(encoding, min_size=1, max_size=6).filter(
        lambda text: not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    )
    values = data.draw(st.lists(st.tuples(cell, cell), min_size=1, max_size=5))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(["thirdPartyId", "a", "b"])
    writer.writerows([f"id{n}", *row] for n, row in enumerate(values))
    with tempfile.TemporaryDirectory() as folder:
        result = check_bytes(
            encoded(out.getvalue(), encoding), Path(folder), Reading(encoding=encoding, delimiter=delimiter)
        )
    assert [row for part in result.parts for row in part.decode().split("\n")[1:-1]] == [
        ",".join([f"id{n}", *(quote(value, safe="") for value in row)]) for n, row in enumerate(values)
    ]


# What is no text ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "encoding", "expected"),
    [
        *[
            pytest.param(
                bytes([byte]) + b"\xe9", "windows-1252", bytes([byte]) + "é".encode(), id=f"{byte:X}"
            )
            for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
        ],
        pytest.param(b"\xc3\x81\x81", "windows-1252", "Ã".encode() + b"\x81\x81", id="behind a letter"),
        pytest.param(b"\x81", "iso-8859-1", "\x81".encode(), id="a control character in Latin-1"),
        pytest.param(b"a\x00\x3d\xd8b\x00", "utf-16-le", b"a\xed\xa0\xbdb", id="half a pair, little endian"),
        pytest.param(b"\x00a\xd8\x3d\x00b", "utf-16-be", b"a\xed\xa0\xbdb", id="half a pair, big endian"),
        pytest.param(b"\x2c\xdc", "utf-16-le", b"\xed\xb0\xac", id="the other half, which holds a comma"),
        pytest.param(b"\x0a\xd8", "utf-16-le", b"\xed\xa0\x8a", id="at the end, and holds a line feed"),
        pytest.param(b"a\x00\x0a", "utf-16-le", b"a\xed\xb0\x8a", id="an odd byte at the end"),
        pytest.param(b"\x3d\xd8\x00", "utf-16-le", b"\xed\xa0\xbd\xed\xb0\x80", id="half a pair and a byte"),
        pytest.param(b"\x3d\xd8\x00\xde", "utf-16-le", "\U0001f600".encode(), id="a whole pair"),
        pytest.param(b"\xff", "utf-8", b"\xff", id="UTF-8 goes on as it is"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_what_cannot_be_decoded_stays_undecodable_and_in_place(data, encoding, expected, size):
    assert recoded(data, encoding, size) == expected
    recovered = expected.decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape")
    assert recovered == expected


@pytest.mark.parametrize(
    ("data", "encoding", "found"),
    [
        pytest.param(
            b"thirdPartyId,a\n1,\xe9\n2,\x81\n3,\x80\n",
            "windows-1252",
            [(3, "a", r"\x81")],
            id="Windows-1252",
        ),
        pytest.param(
            "\ufeffthirdPartyId,a\n1,\ud83d\n2,é\n".encode("utf-16-le", "surrogatepass"),
            "utf-16-le",
            [(2, "a", r"\xed\xa0\xbd")],
            id="UTF-16, half a pair",
        ),
        pytest.param(
            "\ufeffthirdPartyId,a\n1,é\n2,x".encode("utf-16-be") + b"\n",
            "utf-16-be",
            [(3, "a", r"x\xed\xb0\x8a")],
            id="UTF-16, an odd byte",
        ),
        pytest.param(b"thirdPartyId,a\n1,\xe9\n2,x\n", "utf-8", [(2, "a", r"\xe9")], id="UTF-8"),
    ],
)
def test_undecodable_bytes_are_a_problem_of_their_row(tmp_path, data, encoding, found):
    result = check_bytes(data, tmp_path, encoding=encoding)
    assert [(p.line, p.column, p.value) for p in result.problems] == found
    assert {p.code for p in result.problems} == {"undecodable"}
    assert (result.summary.rejected, result.summary.size) == (1, len(data))


# The encoding to propose --------------------------------------------------------------------------

ACCENTS = "thirdPartyId,name\n1,Peña\n2,€uro “quoted”\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "windows-1252"])
def test_detection_tells_the_encoding(tmp_path, encoding):
    data = encoded(ACCENTS, encoding)
    found = detect(io.BytesIO(data))
    assert found.reading.encoding == encoding
    assert (found.confirmed, found.rows) == (True, [["1", "Peña"], ["2", "€uro “quoted”"]])
    assert check_bytes(data, tmp_path).rows == found.rows


def test_without_a_mark_text_that_can_be_utf8_is_utf8():
    assert detect(io.BytesIO(ACCENTS.encode())).reading.encoding == "utf-8"


def test_a_mark_decides_whatever_follows():
    assert detect(io.BytesIO(codecs.BOM_UTF8 + b"thirdPartyId,a\n1,\xe9\n")).reading.encoding == "utf-8"


@pytest.mark.parametrize("before", range(1, 4))
def test_a_character_cut_by_the_end_of_the_look_does_not_matter(before):
    start = b"thirdPartyId,a\n"
    data = start + b"1,x\n" * ((LOOK_BYTES - len(start) - before) // 4)
    data += b"y" * (LOOK_BYTES - before - len(data)) + "😀".encode() + b",x\n"
    assert detect(io.BytesIO(data)).reading.encoding == "utf-8"


def test_the_reading_can_say_latin_1(tmp_path):
    result = check_bytes(b"thirdPartyId,a\n1,\xa4\n2,\x80\n", tmp_path, encoding="iso-8859-1")
    assert result.rows == [["1", "¤"]]
    assert result.found == [(3, "a", "control-character")]


def test_a_batch_file_may_have_any_encoding(tmp_path):
    data = encoded("batch=thirdPartyId,a%20b\n1,%C3%A9\n", "utf-16-le")
    result = check_bytes(data, tmp_path)
    assert (detect(io.BytesIO(data)).reading.format, result.rows) == ("batch", [["1", "é"]])


# Excel's first line -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        pytest.param(b"sep=;\nthirdPartyId;a\n1;x\n", ";", id="semicolon"),
        pytest.param(b"sep=|\r\nthirdPartyId|a\r\n1|x\r\n", "|", id="pipe, CRLF"),
        pytest.param(b"sep=\t\rthirdPartyId\ta\r1\tx\r", "\t", id="tab, lone CR"),
        pytest.param(b"\xef\xbb\xbfSEP=,\nthirdPartyId,a\n1,x\n", ",", id="mark in front, upper case"),
        pytest.param(b'"sep=;"\nthirdPartyId;a\n1;x\n', ";", id="quoted"),
        pytest.param(b"sep=^\nthirdPartyId;a\n1;x\n", ";", id="one that nobody can choose"),
        pytest.param("\ufeffsep=;\nthirdPartyId;a\n1;x\n".encode("utf-16-le"), ";", id="UTF-16"),
    ],
)
def test_excels_separator_line_is_no_row(tmp_path, data, delimiter):
    assert detect(io.BytesIO(data)).reading.delimiter == delimiter
    result = check_bytes(data, tmp_path)
    assert (result.found, result.rows) == ([], [["1", "x"]])
    assert (result.summary.rows, result.summary.skipped) == (1, 0)


def test_excels_separator_line_is_counted_as_a_line(tmp_path):
    assert check_bytes(b"sep=;\nthirdPartyId;a\n1;x\n2;\n", tmp_path).found == [(4, "", "no-values")]


def test_excels_separator_line_wins_over_how_the_file_looks():
    found = detect(io.BytesIO(b"sep=;\nthirdPartyId,a\n1,x\n"))
    assert (found.reading.delimiter, found.header) == (";", ["thirdPartyId,a"])


def test_a_separator_line_further_down_is_a_row(tmp_path):
    result = check_bytes(b"thirdPartyId,a\nsep=;\n1,x\n", tmp_path)
    assert result.found == [(2, "", "no-values")]


def test_a_header_that_only_begins_like_one_is_a_header():
    assert detect(io.BytesIO(b"sep=;a,thirdPartyId\nx,1\n")).header == ["sep=;a", "thirdPartyId"]
