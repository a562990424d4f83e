"""Which rows are meant by the ids that Target lists as failed."""

import gzip
import io

import pytest

from uploads.batchfile import ProblemStore, Reading, check, find_refused

KEYED = Reading(key="thirdPartyId", key_column="thirdPartyId")


def lines_of(listed, content, tmp_path, reading=KEYED):
    """The lines of the rows found, after a check that tells which rows were sent."""
    with ProblemStore.create(tmp_path / "problems") as problems:
        check(io.BytesIO(content), reading, problems=problems)
    with (
        ProblemStore.open(tmp_path / "problems") as problems,
        ProblemStore.create(tmp_path / "found") as found,
    ):
        find_refused(io.BytesIO(content), reading, listed, problems, found)
    with ProblemStore.open(tmp_path / "found") as found:
        return [(problem.line, problem.value) for problem in found]


PLAIN = b"thirdPartyId,tier\nA 1,x\nB%2,x\nC,x\n"


@pytest.mark.parametrize(
    ("listed", "content", "changes", "expected"),
    [
        pytest.param([], PLAIN, {}, [], id="none"),
        pytest.param([("C",), ("A 1",)], PLAIN, {}, [(2, "A 1"), (4, "C")], id="in the file's order"),
        pytest.param([("A%201", "A 1")], PLAIN, {}, [(2, "A 1")], id="percent-encoded"),
        pytest.param([("B%2",)], PLAIN, {}, [(3, "B%2")], id="as it stands, with a percent sign"),
        pytest.param([("c",), ("Z",)], PLAIN, {}, [], id="F4: case counts"),
        pytest.param([("C",), ("C",)], PLAIN, {}, [(4, "C")], id="listed twice"),
        pytest.param(
            [("A1",)],
            b"thirdPartyId,tier\nA1,x\nA1,y\nA1,\n",
            {},
            [(2, "A1")],
            id="only the row that was sent",
        ),
        pytest.param(
            [("A1",)],
            b"thirdPartyId,tier\nA1,x\nA1,y\n",
            {"duplicates": "last"},
            [(3, "A1")],
            id="the last one was sent",
        ),
        pytest.param([("A1",)], b"thirdPartyId,tier\n A1 ,x\n", {"trim": True}, [(2, "A1")], id="trimmed"),
        pytest.param(
            [("A1",)],
            b'tier;thirdPartyId\n"two\nlines";Z\n;\nx;A1\n',
            {"delimiter": ";"},
            [(5, "A1")],
            id="physical lines",
        ),
        pytest.param(
            [("A 1",)],
            b"batch=thirdPartyId,tier\nA%201,x\n",
            {"format": "batch"},
            [(2, "A 1")],
            id="a batch file",
        ),
        pytest.param([("C",)], gzip.compress(PLAIN), {"container": "gzip"}, [(4, "C")], id="packed"),
        pytest.param(
            [("=A1",)],
            b"thirdPartyId,tier,_line,_problem,_column,_explanation\n'=A1,x,7,p,c,e\n",
            {},
            [(2, "=A1")],
            id="a corrected report",
        ),
    ],
)
def test_a_listed_id_is_found_on_the_line_of_its_row(tmp_path, listed, content, changes, expected):
    reading = Reading.from_json(changes, KEYED)
    assert lines_of(listed, content, tmp_path, reading) == expected
