"""The report for people: what it shows, and that it comes back as it was."""

import csv
import gzip
import io
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from uploads.batchfile import KEYS, Problem, ProblemStore, Reading, check, correction_lines, detect
from uploads.batchfile.corrections import Correction
from uploads.batchfile.lines import Source
from uploads.batchfile.records import read_records
from uploads.batchfile.report import MOST_SURPLUS_COLUMNS
from uploads.explanations import explain, explain_beside_row

from .checked import as_detected, check_bytes

FILES = Path(__file__).parent.parent / "files"
HELPERS = ["_line", "_problem", "_column", "_explanation"]


def reported(data: bytes, folder: Path, reading: Reading | None = None, **options) -> bytes:
    """The report on these bytes, as it is downloaded."""
    reading = reading or as_detected(data)
    store_path = folder / "problems.sqlite3"
    with ProblemStore.create(store_path) as problems:
        check(io.BytesIO(data), reading, problems=problems)
    with ProblemStore.open(store_path) as store:
        lines = correction_lines(io.BytesIO(data), reading, store, explain_beside_row, **options)
        return "".join(lines).encode()


def table(report: bytes, delimiter: str = ",") -> list[list[str]]:
    """The cells as a spreadsheet would show them."""
    text = report.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize("name", ["every-row-problem", "line-numbers", "batch-format", "column-notices"])
def test_the_report_for_people_is_as_printed(tmp_path, name):
    data = (FILES / f"{name}.csv").read_bytes()
    assert reported(data, tmp_path) == (FILES / f"{name}.correction.csv").read_bytes()


def test_a_row_with_several_problems_is_one_line_that_tells_them_all(tmp_path):
    report = reported(b"thirdPartyId;a;b\n1;x;y\n+;" + b"v" * 257 + b";\x01\n", tmp_path)
    assert report.startswith(b"\xef\xbb\xbfthirdPartyId;a;b;_line;_problem;_column;_explanation\r\n")
    assert report.endswith(b"\r\n")
    (row,) = csv.DictReader(io.StringIO(report.decode("utf-8-sig"), newline=""), delimiter=";")
    assert (row["thirdPartyId"], row["a"], row["b"]) == ("'+", "v" * 257, "\x01")
    assert row["_line"] == "3"
    assert row["_problem"] == "id-forbidden-character, value-too-long, control-character"
    assert row["_column"] == "thirdPartyId, a, b"
    for code, params in (
        ("id-forbidden-character", {"characters": ["+"]}),
        ("value-too-long", {"length": 257, "limit": 256}),
        ("control-character", {"characters": ["U+0001"]}),
    ):
        assert explain(Problem(3, "", code, params=params)) in row["_explanation"]


def test_rows_with_warnings_only_can_be_left_out(tmp_path):
    data = b"thirdPartyId,a\n 1,x\n2,\n"
    assert [row[2] for row in table(reported(data, tmp_path))] == ["_line", "2", "3"]
    assert [row[2] for row in table(reported(data, tmp_path, only_rejected=True))] == ["_line", "3"]


def test_short_rows_are_filled_up_and_surplus_values_get_columns_of_their_own(tmp_path):
    data = b"thirdPartyId,a\n,x,y,,z,\n1\n"
    assert [row[:6] for row in table(reported(data, tmp_path))] == [
        ["thirdPartyId", "a", "_surplus", "_surplus", "_surplus", "_line"],
        ["", "x", "y", "", "z", "2"],
        ["1", "", "", "", "", "3"],
    ]


def test_no_more_surplus_columns_than_a_spreadsheet_bears(tmp_path):
    header, row = table(reported(b"thirdPartyId,a\n1,x" + b",y" * 5_000 + b"\n", tmp_path))
    assert header.count("_surplus") == MOST_SURPLUS_COLUMNS
    assert len(row) == len(header) == 2 + MOST_SURPLUS_COLUMNS + len(HELPERS)


@pytest.mark.parametrize(
    ("row", "shown", "says"),
    [
        pytest.param(b"1,caf\xe9,x", ["1", "", "x"], r"it was read as: caf\xe9", id="undecodable"),
        pytest.param(b'1,"never closed', ["1", "", ""], "it was read as: never closed", id="unclosed quote"),
        pytest.param(b"1," + b"y" * 1_000_001, ["", "", ""], "not read to its end", id="row not read"),
    ],
)
def test_what_could_not_be_read_whole_is_not_sent_later_by_mistake(tmp_path, row, shown, says):
    data = b"thirdPartyId,a,b\n2,x,y\n" + row
    report = table(reported(data, tmp_path, as_detected(b"thirdPartyId,a,b\n")))
    assert report[1][:3] == shown
    assert says in report[1][-1]


def test_a_batch_files_values_are_shown_in_clear(tmp_path):
    data = b"batch=thirdPartyId,first%20name\n,%C3%A9\n2,100%\n,%3D1\n"
    assert [row[:2] for row in table(reported(data, tmp_path))] == [
        ["thirdPartyId", "first name"],
        ["", "é"],
        ["2", ""],
        ["", "'=1"],
    ]


def test_the_report_on_a_file_that_cannot_be_used_tells_why(tmp_path):
    report = table(reported(b"name,thirdPartyId,thirdPartyId\nx,1,2\n", tmp_path))
    assert report[0] == ["name", "thirdPartyId", "thirdPartyId", *HELPERS]
    assert [row[:-1] for row in report[1:]] == [
        ["", "", "", "1", "header-key, header-duplicate", "thirdPartyId"]
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"%PDF-1.7\n", "not-a-csv", id="a PDF"),
        pytest.param(gzip.compress(b"thirdPartyId,a\n1,\n2,\n")[:-9], "not-a-csv", id="a cut archive"),
    ],
)
def test_the_report_on_a_file_that_cannot_be_read_ends_with_its_reason(tmp_path, data, code):
    report = table(reported(data, tmp_path))
    assert [dict(zip(report[0], row, strict=True))["_problem"] for row in report[1:]] == [code]


@pytest.mark.parametrize("data", [b"", b"\n\n"], ids=["no bytes", "no content"])
def test_the_report_on_an_empty_file_says_so(tmp_path, data):
    assert [row[:2] for row in table(reported(data, tmp_path))] == [
        ["_line", "_problem"],
        ["1", "empty-file"],
    ]


def test_the_batch_is_named_where_a_reference_is_given(tmp_path):
    report = reported(b"thirdPartyId,a\n1,\n", tmp_path, batch="B-2024-7")
    assert [row[-1] for row in table(report)] == ["_batch", "B-2024-7"]
    assert check_bytes(report, tmp_path).summary.corrects == "B-2024-7"


# There and back ----------------------------------------------------------------------------------

names = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5).filter(
        lambda name: not name.startswith("_") and name not in KEYS
    ),
    min_size=1,
    max_size=3,
    unique=True,
)
# What Excel takes for formulas, quotes and separators more often than chance would have it.
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.text(
    "'=+-@ \t\r\n;,|x", max_size=6
)


rows = st.lists(st.lists(cells, min_size=1, max_size=6).filter(any), min_size=1, max_size=4)


@given(names, rows, st.sampled_from(",;\t|"))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(["'=a"], [["''=1", "'", " @x"]], ",")
def test_what_comes_back_are_exactly_the_cells_that_were_uploaded(header, rows, delimiter):
    # Without an id every row is reported.
    uploaded = [["thirdPartyId", *header], *(["", *row] for row in rows)]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(uploaded)
    with tempfile.TemporaryDirectory() as folder:
        report = reported(out.getvalue().encode(), Path(folder), Reading(delimiter=delimiter))
    reading = replace(detect(io.BytesIO(report)).reading, delimiter=delimiter)
    assert reading.corrects is True
    first, *others = read_records(Source(io.BytesIO(report)), reading)
    correction = Correction.of(first, reading)
    came_back = [correction.header(first).cells, *(correction.row(other).cells for other in others)]
    assert [without_empty_end(row) for row in came_back] == [without_empty_end(row) for row in uploaded]


def without_empty_end(row: list[str]) -> list[str]:
    """The row is as long as its last value: what is missing at its end is empty (F7)."""
    return row[: max((index + 1 for index, cell in enumerate(row) if cell), default=0)]
