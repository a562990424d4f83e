import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uploads.batchfile import Reading
from uploads.batchfile.corrections import Correction, is_correction, protect, unprotect
from uploads.batchfile.records import Record

from .checked import as_detected, check_bytes

HELPERS = ["_line", "_problem", "_column", "_explanation"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=1+1", id="equals"),
        pytest.param("+49 30 1234", id="plus"),
        pytest.param("-5", id="minus"),
        pytest.param("@SUM(A1)", id="at"),
        pytest.param("\tx", id="tab"),
        pytest.param("\rx", id="carriage return"),
        pytest.param("  =1", id="after spaces"),
        pytest.param("\u00a0\n=1", id="after other white space"),
        pytest.param("\ufeff=1", id="after a byte order mark"),
        pytest.param("\x00=1", id="after a control character"),
        pytest.param("＝1", id="full-width equals"),  # noqa: RUF001
        pytest.param("'=1", id="protected before"),
        pytest.param("''  -1", id="protected twice before"),
    ],
)
def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(text):
    assert protect(text) == "'" + text
    assert unprotect("'" + text) == text


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "'", "'tis", "O'Neil", "007", "' a", "(=1)"])
def test_other_text_stays_as_it_is(text):
    assert protect(text) == unprotect(text) == text


@given(st.text(st.sampled_from("'=+-@ \t\r\nax\ufeff"), max_size=8) | st.text())
@example("'=")
@example("''")
def test_protection_is_undone_exactly(text):
    assert unprotect(protect(text)) == text


@pytest.mark.parametrize(
    ("header", "corrects", "recognised"),
    [
        pytest.param(["id", *HELPERS], None, True, id="all helper columns"),
        pytest.param([*HELPERS, "id"], None, True, id="moved"),
        pytest.param(["id", *HELPERS[:3]], None, False, id="one is missing"),
        pytest.param(["id", *HELPERS[:3]], True, True, id="the reading says so"),
        pytest.param(["id", *HELPERS], False, False, id="the reading says it is not"),
    ],
)
def test_a_report_is_recognised_by_its_helper_columns(header, corrects, recognised):
    found = Correction.of(Record(1, header, None), Reading(corrects=corrects))
    assert (found is not None) == recognised
    if corrects is None:
        assert is_correction(header) == recognised


def test_helper_columns_go_and_surplus_values_go_behind_the_header_again():
    correction = Correction(["id", "_line", "a", "_surplus", "_surplus", "_batch", "'=b"])
    assert correction.header(
        Record(1, ["id", "_line", "a", "_surplus", "_surplus", "_batch", "'=b"], None)
    ) == (Record(1, ["id", "a", "=b"], None))
    rows = [
        (["1", "7", "x", "s", "'-t", "B-1", "y"], ["1", "x", "y", "s", "-t"]),
        (["1", "7", "x", "", "", "", "y"], ["1", "x", "y"]),
        (["1", "7", "x"], ["1", "x"]),
        (["1", "7", "x", "s"], ["1", "x", "", "s"]),
        (["1", "7", "x", "", "", "", "y", "z"], ["1", "x", "y", "", "", "z"]),
    ]
    for cells, original in rows:
        assert correction.row(Record(2, cells, None)).cells == original, cells
    assert correction.reference == "B-1"


def test_of_two_columns_with_a_helpers_name_the_last_is_ours():
    correction = Correction(["_line", "id", *HELPERS])
    assert correction.row(Record(2, ["9", "1", "2", "no-values", "", "…"], None)).cells == ["9", "1"]


def test_references_to_two_batches_are_none():
    correction = Correction(["id", "_batch"])
    for cells in (["1", "B-1"], ["2", "B-2"], ["3", "B-3"]):
        correction.row(Record(2, cells, None))
    assert correction.reference is None


def test_a_corrected_report_is_sent_without_its_helper_columns(tmp_path):
    data = (
        "\ufeffthirdPartyId;a;_batch;_line;_problem;_column;_explanation\r\n"
        "1;'=1+1;B-7;2;no-values;;There is nothing.\r\n;;B-7;4;no-rows;;\r\n"
    ).encode()
    assert as_detected(data).corrects is True
    result = check_bytes(data, tmp_path)
    assert result.rows == [["1", "=1+1"]]
    summary = result.summary
    assert (summary.attributes, summary.rows, summary.skipped) == (["a"], 1, 1)
    assert (summary.is_correction, summary.corrects) == (True, "B-7")
    # What detection found, the header alone tells as well.
    assert check_bytes(data, tmp_path, Reading(delimiter=";")).rows == result.rows


def test_any_other_file_is_no_correction(tmp_path):
    data = b"thirdPartyId,a,_line\n1,'=x,2\n"
    assert as_detected(data).corrects is False
    result = check_bytes(data, tmp_path)
    assert result.rows == [["1", "'=x", "2"]]
    assert (result.summary.is_correction, result.summary.corrects) == (False, None)
