"""Excel workbooks: every cell as the text that a CSV would hold had nothing been damaged."""

import hashlib
import io

import pytest

from tests.support.workbooks import (
    DATE,
    DATE_AND_TIME,
    DURATION,
    EIGHT_DIGITS,
    EMPTY,
    FIVE_DIGITS,
    TWO_PLACES,
    boolean,
    error,
    number,
    rows,
    text,
    workbook,
    zipped,
)
from uploads.batchfile import Reading, ReadingError, detect
from uploads.batchfile.lines import RECORD_LIMIT, Source
from uploads.batchfile.records import TOO_BIG, read_records
from uploads.batchfile.workbooks import CELL_LIMIT, UNPACKED_LIMIT

from .checked import check_bytes

HEADER = [text("thirdPartyId"), text("a")]
XLSX = Reading(container="xlsx")


def book(*content, **rest) -> bytes:
    return workbook({"Data": rows(*content)}, **rest)


def records(data: bytes, **reading):
    return list(read_records(Source(io.BytesIO(data)), Reading(container="xlsx", **reading)))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param(text("00123"), "00123", id="leading zeros in text"),
        pytest.param(text("1E+05"), "1E+05", id="text like a number"),
        pytest.param(text("3-4"), "3-4", id="text like a date"),
        pytest.param(text(" a\tb\nc & <d> "), " a\tb\nc & <d> ", id="spaces, breaks and signs of XML"),
        pytest.param(text("12345678901234567890"), "12345678901234567890", id="long digits in text"),
        pytest.param(text("Łódź 😀"), "Łódź 😀", id="letters beyond ASCII"),
        pytest.param(text("a_x000D_\nb"), "a\r\nb", id="a carriage return as Excel writes it"),
        pytest.param(number("42"), "42", id="whole number"),
        pytest.param(number("42.0"), "42", id="whole number written with a point"),
        pytest.param(number("-7"), "-7", id="negative"),
        pytest.param(number("-0"), "0", id="negative zero"),
        pytest.param(number("0.5"), "0.5", id="fraction"),
        pytest.param(number("0.30000000000000004"), "0.3", id="no more digits than Excel shows"),
        pytest.param(number("1E+05"), "100000", id="exponent"),
        pytest.param(number("1E-07"), "0.0000001", id="small"),
        pytest.param(number("123456789012345"), "123456789012345", id="15 digits"),
        pytest.param(number("45000", DATE), "2023-03-15", id="date"),
        pytest.param(number("45000", DATE_AND_TIME), "2023-03-15", id="midnight"),
        pytest.param(number("45000.5208333333", DATE_AND_TIME), "2023-03-15T12:30:00", id="date and time"),
        pytest.param(number("0.75", DATE_AND_TIME), "18:00:00", id="time"),
        pytest.param(number("1.5", DURATION), "36:00:00", id="duration"),
        pytest.param(boolean(True), "TRUE", id="true"),
        pytest.param(boolean(False), "FALSE", id="false"),
        pytest.param(error("#N/A"), "#N/A", id="error"),
        pytest.param(error("#DIV/0!"), "#DIV/0!", id="another error"),
        pytest.param(error("#SPILL!"), "#SPILL!", id="an error of newer versions"),
        pytest.param('<c t="str"><f>A1</f><v>x &amp; y</v></c>', "x & y", id="text of a formula"),
        pytest.param('<c r="A1" s="0" t=\'e\' ><v>#REF!</v></c>', "#REF!", id="error, written otherwise"),
    ],
)
def test_a_cell_is_its_text(cell, expected):
    (record,) = records(book([cell, text("end")]))
    assert (record.cells, record.long_numbers) == ([expected, "end"], ())


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param(number("123", FIVE_DIGITS), "00123", id="shown with leading zeros"),
        pytest.param(number("0", FIVE_DIGITS), "00000", id="nothing but zeros"),
        pytest.param(number("123456", FIVE_DIGITS), "123456", id="more digits than shown at least"),
        pytest.param(number("123.0", FIVE_DIGITS), "00123", id="written with a point"),
        pytest.param(
            number("123", EIGHT_DIGITS), "00000123", id="a format with a language and a second half"
        ),
        pytest.param(number("123", TWO_PLACES), "123", id="a format of places behind the point"),
        pytest.param(number("12.5", FIVE_DIGITS), "12.5", id="a fraction stays as it is"),
        pytest.param(number("-5", FIVE_DIGITS), "-5", id="a negative number stays as it is"),
        pytest.param(f'<c r="A1" t="n" s="{FIVE_DIGITS}"><v>7</v></c>', "00007", id="said to be a number"),
        pytest.param(f"<c s='{FIVE_DIGITS}' r='A1' ><v> 7 </v></c>", "00007", id="written otherwise"),
        pytest.param(f'<c s="{FIVE_DIGITS}"><f>A2+1</f><v>7</v></c>', "00007", id="made by a formula"),
        pytest.param(
            f'<c s="{FIVE_DIGITS}"><f t="shared" si="0"/><v>7</v></c>', "00007", id="by a shared one"
        ),
        pytest.param(f'<c s="{FIVE_DIGITS}" t="str"><f>A2</f><v>7</v></c>', "7", id="text is as it is"),
        pytest.param(f'<c s="{FIVE_DIGITS}" t="b"><v>1</v></c>', "TRUE", id="so is what is true"),
    ],
)
def test_a_number_shown_with_leading_zeros_keeps_them(cell, expected):
    (record,) = records(book([cell, text("end")]))
    assert (record.cells, record.long_numbers) == ([expected, "end"], ())


def test_every_number_of_a_long_sheet_keeps_its_zeros():
    # Of so many, some are cut by the ends of the blocks in which the sheet is unpacked.
    found = records(book(*[[number(n, FIVE_DIGITS), EMPTY] for n in range(90_000)]))
    assert [record.cells[0] for record in found] == [f"{n:05}" for n in range(90_000)]


def test_every_error_of_a_long_sheet_is_text():
    # Of so many, some are cut by the ends of the blocks in which the sheet is unpacked.
    found = records(book(*[[error("#N/A"), error("#REF!")]] * 60_000))
    assert {tuple(record.cells) for record in found} == {("#N/A", "#REF!")}
    assert len(found) == 60_000


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("1000000000000000", "1000000000000000", id="16 digits"),
        pytest.param("1234567890123456789", "1234567890123460000", id="19 digits"),
        pytest.param("4.89123456789012E+18", "4891234567890120000", id="as Excel writes it"),
        pytest.param("-1234567890123456", "-1234567890123460", id="negative"),
    ],
)
def test_a_number_of_more_digits_than_excel_keeps_is_noted(written, expected):
    (record,) = records(book([text("x"), number(written)]))
    assert (record.cells, record.long_numbers) == (["x", expected], (1,))


def test_an_id_stored_as_such_a_number_is_an_error_a_value_is_not(tmp_path):
    long = number("1234567890123456789")
    data = book([*HEADER, text("b")], [long, text("x"), text("y")], [text("1"), long, EMPTY])
    result = check_bytes(data, tmp_path)
    assert result.found == [(2, "thirdPartyId", "id-number-too-long")]
    assert result.problems[0].value == "1234567890123460000"
    assert result.rows == [["1", "1234567890123460000", ""]]


def test_lines_are_the_sheets_rows(tmp_path):
    data = workbook({"Data": rows(HEADER, first=3) + rows([text("1"), text("x\ny")], [text("2")], first=6)})
    result = check_bytes(data, tmp_path)
    assert result.found == [(7, "", "no-values")]
    assert result.rows == [["1", "x\ny"]]
    assert (result.summary.rows, result.summary.skipped) == (2, 4)


def test_columns_before_the_first_cell_and_behind_the_last_name_do_not_count(tmp_path):
    sheet = (
        '<row r="2"><c r="C2" t="str"><v>thirdPartyId</v></c><c r="D2" t="str"><v>a</v></c></row>'
        '<row r="3"><c r="C3"><v>1</v></c><c r="D3"><v>2</v></c><c r="F3" t="str"><v></v></c></row>'
    )
    result = check_bytes(workbook({"Data": sheet}), tmp_path)
    assert (result.found, result.rows) == ([], [["1", "2"]])
    assert result.summary.skipped_columns == 2


def test_size_and_hash_are_those_of_the_workbook(tmp_path):
    data = book(HEADER, [number(1), text("x")])
    summary = check_bytes(data, tmp_path).summary
    assert (summary.size, summary.unpacked_size) == (len(data), None)
    assert summary.sha256 == hashlib.sha256(data).hexdigest()


# Sheets -------------------------------------------------------------------------------------------

TWO = {"First": rows(HEADER, [number(1), text("x")]), "Second": rows(HEADER, [number(2), text("y")])}


@pytest.mark.parametrize(
    ("sheet", "hidden", "expected"),
    [
        pytest.param(None, [], [["1", "x"]], id="the first"),
        pytest.param("Second", [], [["2", "y"]], id="a chosen one"),
        pytest.param(None, ["First"], [["2", "y"]], id="the first that is visible"),
        pytest.param("First", ["First"], [["1", "x"]], id="a hidden one, chosen"),
        pytest.param(None, ["First", "Second"], [["1", "x"]], id="nothing is visible"),
    ],
)
def test_the_sheet_is_the_chosen_one_or_the_first(tmp_path, sheet, hidden, expected):
    assert check_bytes(workbook(TWO, hidden=hidden), tmp_path, sheet=sheet).rows == expected


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tmp_path):
    (problem,) = check_bytes(workbook(TWO), tmp_path, sheet="first").problems
    assert (problem.code, problem.params) == (
        "sheet-missing",
        {"sheet": "first", "found": ["First", "Second"]},
    )


def test_detection_reads_the_workbook_and_lists_its_sheets():
    found = detect(io.BytesIO(workbook(TWO)))
    assert found.reading == Reading(
        container="xlsx", key="thirdPartyId", key_column="thirdPartyId", corrects=False
    )
    assert (found.confirmed, found.header, found.rows) == (True, ["thirdPartyId", "a"], [["1", "x"]])
    assert (found.sheets, found.problems) == (["First", "Second"], [])


def test_detection_looks_at_the_chosen_sheet():
    found = detect(io.BytesIO(workbook(TWO)), sheet="Second")
    assert (found.reading.sheet, found.rows) == ("Second", [["2", "y"]])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param([], "empty-file", id="nothing"),
        pytest.param([[text(""), EMPTY]], "empty-file", id="no content"),
        pytest.param([HEADER], "no-rows", id="only a header"),
    ],
)
def test_a_sheet_without_rows_is_told_at_first_sight(tmp_path, content, code):
    data = book(*content)
    assert [problem.code for problem in detect(io.BytesIO(data)).problems] == [code]
    assert [problem.code for problem in check_bytes(data, tmp_path).problems] == [code]


@pytest.mark.parametrize(
    "value",
    [{"sheet": "Data"}, {"container": "gzip", "sheet": "Data"}, {"container": "xlsx", "format": "batch"}],
)
def test_a_reading_says_of_workbooks_only_what_fits(value):
    with pytest.raises(ReadingError):
        Reading.from_json(value)


# Workbooks that cannot be read --------------------------------------------------------------------

SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(book('<c t="s"><v>99</v></c>'), "broken-workbook", id="text that is not there"),
        pytest.param(workbook({"Data": rows(HEADER) + "<row><c>"}), "broken-workbook", id="tags left open"),
        pytest.param(
            book(HEADER, **{SHEET: b"<worksheet><sheetData><row>"}), "broken-workbook", id="XML cut off"
        ),
        pytest.param(book(HEADER, **{STYLES: b"<styleSheet>"}), "broken-workbook", id="styles cut off"),
        pytest.param(
            book(HEADER, **{STYLES: b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
            "broken-workbook",
            id="styles that declare entities",
        ),
        pytest.param(zipped({"xl/workbook.xml": b""}), "broken-workbook", id="nothing but its name"),
        pytest.param(workbook({}), "workbook-without-sheets", id="no sheets"),
        pytest.param(book(HEADER)[:-30], "broken-archive", id="cut off"),
    ],
)
def test_a_damaged_workbook_is_one_problem(tmp_path, data, kind):
    result = check_bytes(data, tmp_path)
    found = [(problem.code, problem.params.get("kind")) for problem in result.problems]
    assert found == [("not-a-csv", kind)]
    assert (result.summary.usable, result.summary.size) == (False, len(data))


def test_a_row_with_more_text_than_a_record_may_have_is_not_read_to_its_end():
    data = book(HEADER, [text("1"), *[text("v" * 32_000)] * 40], [text("2"), text("x")])
    found = records(data)
    assert [(record.line, record.fault) for record in found] == [(1, None), (2, TOO_BIG), (3, None)]
    assert sum(map(len, found[1].cells)) < RECORD_LIMIT
    assert found[1].cells == ["1"]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda: workbook(
                {"Data": rows(HEADER) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'}
            ),
            id="two cells, the sheet's last one among them",
        ),
        pytest.param(
            lambda: workbook(
                {
                    "Data": rows(HEADER)
                    + f'<row r="{CELL_LIMIT // 10}"><c r="M{CELL_LIMIT // 10}"><v>1</v></c></row>'
                }
            ),
            id="more cells than the cap",
        ),
        pytest.param(
            lambda: workbook({"Data": rows(HEADER), "Other": " " * (UNPACKED_LIMIT + 1)}),
            id="a sheet beyond the cap",
        ),
    ],
)
def test_a_workbook_beyond_our_caps_is_one_problem_that_names_them(tmp_path, make):
    data = make()
    assert len(data) < 1_000_000
    (problem,) = check_bytes(data, tmp_path, XLSX).problems
    assert (problem.code, problem.params) == (
        "workbook-too-big",
        {"cells": CELL_LIMIT, "bytes": UNPACKED_LIMIT},
    )


def test_what_is_not_part_of_the_sheets_does_not_count(tmp_path):
    picture = {"xl/media/image1.png": bytes(UNPACKED_LIMIT // 1_000), "docProps/app.xml": b"<a></b>"}
    assert check_bytes(book(HEADER, [text("1"), text("x")], **picture), tmp_path).rows == [["1", "x"]]
