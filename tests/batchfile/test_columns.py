"""Columns behind the last name, which spreadsheets leave by the thousand, and columns without number."""

import io

import pytest

from uploads.batchfile import detect
from uploads.batchfile.header import COLUMN_LIMIT
from uploads.batchfile.lines import RECORD_LIMIT

from .checked import check_bytes


@pytest.mark.parametrize(
    ("data", "skipped"),
    [
        pytest.param(b"thirdPartyId,a\n1,x\n", 0, id="none"),
        pytest.param(b"thirdPartyId,a,,,\n1,x,,,\n", 3, id="three"),
        pytest.param(b"thirdPartyId,a,,,\n1,x\n", 3, id="of the header alone"),
        pytest.param(b"thirdPartyId,a\n1,x,,,\n", 0, id="of the rows alone"),
        pytest.param(b'thirdPartyId,a,"",\n1,x,"",\n', 2, id="quoted"),
        pytest.param(
            b"thirdPartyId,a" + b"," * 16_382 + b"\n1,x" + b"," * 16_382 + b"\n", 16_382, id="Excel's"
        ),
        pytest.param(b"thirdPartyId,a" + b"," * 900_000 + b"\n1,x\n", 900_000, id="beyond the cap"),
        pytest.param(b"batch=thirdPartyId,a,,\n1,x,,\n", 2, id="batch format"),
    ],
)
def test_columns_behind_the_last_name_are_skipped_and_counted(tmp_path, data, skipped):
    result = check_bytes(data, tmp_path)
    assert result.found == []
    assert result.parts == [b"batch=thirdPartyId,a\n1,x\n"]
    assert result.summary.skipped_columns == skipped


def test_content_behind_the_last_name_is_surplus(tmp_path):
    result = check_bytes(b"thirdPartyId,a,,\n1,x,,\n2,y,,z\n", tmp_path)
    assert [(p.line, p.code, p.position, p.value) for p in result.problems] == [
        (3, "too-many-values", 4, "z")
    ]
    assert (result.summary.accepted, result.summary.skipped_columns) == (1, 2)


def test_a_column_without_a_name_before_the_last_one_is_a_problem(tmp_path):
    result = check_bytes(b"thirdPartyId,,a,,\n1,x,y\n", tmp_path)
    assert [(p.code, p.position) for p in result.problems] == [("header-name", 2)]


def test_detection_shows_the_columns_up_to_the_last_name():
    assert detect(io.BytesIO(b"thirdPartyId,a,,\n1,x,,\n")).header == ["thirdPartyId", "a"]


def wide(columns: int) -> bytes:
    return b"thirdPartyId" + b"".join(b",c%d" % n for n in range(1, columns)) + b"\n1,x\n"


def test_as_many_columns_as_the_cap_allows_are_read(tmp_path):
    result = check_bytes(wide(COLUMN_LIMIT), tmp_path)
    assert (result.found, len(result.summary.attributes)) == ([], COLUMN_LIMIT - 1)


@pytest.mark.parametrize(
    ("make", "code", "params"),
    [
        pytest.param(
            lambda: wide(COLUMN_LIMIT + 1),
            "too-many-columns",
            {"columns": COLUMN_LIMIT + 1, "limit": COLUMN_LIMIT},
            id="one more than the cap",
        ),
        pytest.param(
            lambda: b"a," * 499_999 + b"a\n1,x\n",
            "too-many-columns",
            {"columns": 500_000, "limit": COLUMN_LIMIT},
            id="half a million",
        ),
        pytest.param(lambda: wide(1_000_000), "header-too-big", {"limit": RECORD_LIMIT}, id="a million"),
        pytest.param(
            lambda: b"," * 25_000_000, "header-too-big", {"limit": RECORD_LIMIT}, id="25 million, all empty"
        ),
    ],
)
def test_a_header_of_too_many_columns_is_one_problem_that_names_our_cap(tmp_path, make, code, params):
    data = make()
    result = check_bytes(data, tmp_path)
    assert [(p.line, p.column, p.code, p.value, p.params) for p in result.problems] == [
        (1, "", code, "", params)
    ]
    assert not result.summary.usable
    found = detect(io.BytesIO(data))
    assert ([p.code for p in found.problems], found.header, found.rows) == ([code], [], [])
