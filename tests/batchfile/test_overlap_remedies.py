"""Carrying over what Target would lose, and leaving the rows out that would lose something (F12)."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploads.batchfile import (
    ROW_LIMIT,
    OtherParts,
    OversizedRows,
    PartLimits,
    carry_over,
    leave_out,
    left_out_lines,
)
from uploads.batchfile.parts import READ_BYTES

from .checked import check_bytes
from .overlapping import Batch, batches, compared, compared_again, content

MINE = Batch(["tier", "note"], [["1", "gold", ""], ["2", "", "x"], ["é 3"], ["4", "t", "y"], ["5", "t"]], 3)
NEWER = Batch(["note", "renewal,at"], [["1", "a, b", ""], ["é 3", "", "2027"], ["4", "old", ""], ["9", "z"]])
OLDER = Batch(["renewal,at", "city"], [["1", "2026", "Köln"], ["é 3", "2025", ""], ["4", "", ""]])


@pytest.fixture
def overlap(tmp_path):
    return compared(tmp_path, MINE, [NEWER, OLDER])


def test_rows_carry_the_newest_earlier_values_in_their_empty_and_missing_cells(overlap, tmp_path):  # F7
    carried = carry_over(overlap.mine.parts, overlap.store, tmp_path / "new", PartLimits(rows=4))
    header = b"batch=thirdPartyId,tier,note,renewal%2Cat,city"
    assert content(carried.parts) == [
        [header, b"1,gold,a%2C%20b,2026,K%C3%B6ln", b"2,,x", b"%C3%A9%203,,,2027", b"4,t,y", b""],
        [header, b"5,t", b""],
    ]
    assert (carried.rows, carried.cells) == (2, 4)
    assert carried.attributes == ["tier", "note", "renewal,at", "city"]


@pytest.fixture
def weighed(tmp_path):
    """Compares rows, more than are read at once, that have so many bytes with what they would lose."""

    def weighed(sizes: list[int]):
        own = "g" * 40_000
        mine = Batch(["tier"], [[f"{number:02}", own] for number in range(len(sizes))])
        assert len(sizes) * len(own) > READ_BYTES
        there_already = len(f"00,{own},")
        lost = [[f"{number:02}", "x" * (size - there_already)] for number, size in enumerate(sizes)]
        return compared(tmp_path, mine, [Batch(["note"], lost)])

    return weighed


def test_rows_as_long_as_target_takes_them_carry_their_values(weighed, tmp_path):  # F8
    overlap = weighed([ROW_LIMIT] * 10)
    [[_header, *rows, _end]] = content(carry_over(overlap.mine.parts, overlap.store, tmp_path / "new").parts)
    assert list(map(len, rows)) == [ROW_LIMIT] * 10


def test_rows_that_would_become_longer_are_counted_and_what_was_there_stays(weighed, tmp_path):  # F8
    new = tmp_path / "new"
    new.mkdir()
    (new / "part-0001.csv").write_bytes(b"of before")
    overlap = weighed([ROW_LIMIT + 1, *[ROW_LIMIT] * 8, ROW_LIMIT + 1])
    with pytest.raises(OversizedRows) as refusal:
        carry_over(overlap.mine.parts, overlap.store, new)
    assert refusal.value.count == 2
    assert [(path.name, path.read_bytes()) for path in new.iterdir()] == [("part-0001.csv", b"of before")]
    assert leave_out(overlap.mine.parts, overlap.store, new).rows == 10


def test_rows_that_would_lose_something_are_left_out_and_all_others_stay_as_they_are(overlap, tmp_path):
    left_out = leave_out(overlap.mine.parts, overlap.store, tmp_path / "new", PartLimits(rows=2))
    header = b"batch=thirdPartyId,tier,note"
    assert content(left_out.parts) == [[header, b"2,,x", b"4,t,y", b""], [header, b"5,t", b""]]
    assert left_out.rows == 2


def test_what_was_left_out_comes_as_a_file_that_can_be_uploaded_again(overlap, tmp_path):
    def explain(row):
        return f"Also in {row.batches}."

    lines = list(left_out_lines(overlap.mine.parts, overlap.store, explain, batch="77"))
    assert list(csv.reader(io.StringIO("".join(lines).removeprefix("\ufeff")))) == [
        ["thirdPartyId", "tier", "note", "_line", "_problem", "_column", "_explanation", "_batch"],
        ["1", "gold", "", "", "overlap", "note, renewal,at, city", "Also in (1, 2).", "77"],
        ["é 3", "", "", "", "overlap", "renewal,at", "Also in (1, 2).", "77"],
    ]
    checked = check_bytes("".join(lines).encode(), tmp_path)
    assert checked.rows == [["1", "gold", ""]]
    # Made up by this test: a check lets no row without a value through (F7).
    assert checked.found == [(3, "", "no-values")]
    assert checked.summary.corrects == "77"


def test_no_spreadsheet_takes_what_was_left_out_for_a_formula(tmp_path):
    overlap = compared(tmp_path, Batch(["a"], [["=1", "+2"]]), [Batch(["b"], [["=1", "x"]])])
    lines = list(left_out_lines(overlap.mine.parts, overlap.store, lambda _row: "@"))
    assert lines[1] == "'=1,'+2,,overlap,b,'@\r\n"
    assert check_bytes("".join(lines).encode(), tmp_path).rows == [["=1", "+2"]]


@settings(deadline=None, max_examples=30)
@given(mine=batches(least=1), earlier=st.lists(batches(), min_size=1, max_size=3))
def test_afterwards_nothing_would_be_lost_any_more(mine, earlier):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = compared(folder, mine, earlier)
        losing = before.summary.losing
        limits = PartLimits(rows=2)
        carried = carry_over(before.mine.parts, before.store, folder / "carried", limits)
        left_out = leave_out(before.mine.parts, before.store, folder / "rest", limits)
        assert (carried.rows, carried.cells, left_out.rows) == (losing, before.summary.cells, losing)
        assert sum(part.rows for part in carried.parts) == len(mine.rows)
        assert sum(part.rows for part in left_out.parts) == len(mine.rows) - losing
        for remedied in (carried, left_out):
            parts = [part.path for part in remedied.parts]
            assert compared_again(folder, before.mine, parts, before.earlier).summary.losing == 0


def test_parts_that_were_not_compared_are_refused_and_what_was_there_stays(overlap, tmp_path):
    turned = Batch(MINE.names, MINE.rows[::-1], 3).written(tmp_path / "turned").parts
    renamed = Batch(["tier", "Note"], MINE.rows).written(tmp_path / "renamed").parts
    new = tmp_path / "new"
    new.mkdir()
    (new / "part-0001.csv").write_bytes(b"of before")
    for parts in (turned, renamed, overlap.mine.parts[:1]):
        for remedy in (carry_over, leave_out):
            with pytest.raises(OtherParts):
                remedy(parts, overlap.store, new)
        with pytest.raises(OtherParts):
            list(left_out_lines(parts, overlap.store, lambda _row: ""))
    assert [(path.name, path.read_bytes()) for path in new.iterdir()] == [("part-0001.csv", b"of before")]
