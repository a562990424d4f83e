"""Rows of a batch file picked to be looked up."""

import io
from collections import Counter
from itertools import pairwise

import pytest

from uploads.batchfile import draw, row_of, rows_at, sample_rows


def batch_file(rows: int) -> io.BytesIO:
    lines = b"".join(b"A%d,v%d\n" % (number, number) for number in range(rows))
    return io.BytesIO(b"batch=thirdPartyId,tier\n" + lines)


def test_rows_are_given_in_clear_without_what_is_blank_or_missing():
    body = b"batch=pcId,tier,home%20town,age\n1%2F2.01,gold,K%C3%B6ln%2C%20Nord,\n7.01,,Lima\n8.01\n"
    sample = sample_rows(io.BytesIO(body), rows=3, count=10, seed="")
    assert sample.key == "pcId"
    assert [(row.identifier, row.values) for row in sample.rows] == [
        ("1/2.01", {"tier": "gold", "home town": "Köln, Nord"}),
        ("7.01", {"home town": "Lima"}),
        ("8.01", {}),
    ]


@pytest.mark.parametrize("rows", [10, 11, 99, 1000])
def test_one_row_comes_from_each_stretch_of_the_file(rows):
    sample = sample_rows(batch_file(rows), rows, count=10, seed="seed")
    picked = [int(row.identifier[1:]) for row in sample.rows]
    edges = [rows * stretch // 10 for stretch in range(11)]
    assert all(low <= one < high for one, (low, high) in zip(picked, pairwise(edges), strict=True))


def test_the_same_seed_picks_the_same_rows_and_another_one_others():
    first, again, other = (sample_rows(batch_file(5000), 5000, 10, seed) for seed in ("a", "a", "b"))
    assert first == again != other


def test_what_is_picked_stays_out_of_representations():
    sample = sample_rows(batch_file(3), 3, count=3, seed="")
    assert "A1" not in repr(sample)
    assert "v1" not in repr(sample)


def test_a_draw_takes_every_row_as_often_as_any_other():
    taken = Counter(row for seed in range(3000) for row in draw(20, 5, seed=str(seed)))
    assert set(taken) == set(range(20))
    # 750 each are expected; 24 is the standard deviation.
    assert all(abs(count - 750) < 5 * 24 for count in taken.values())


def test_a_draw_has_no_row_twice_and_all_where_there_are_too_few():
    assert sorted(draw(8, 50, seed="a")) == list(range(8))
    assert len(set(draw(10**7, 500, seed="a"))) == 500


def test_rows_are_found_by_their_places():
    sample = rows_at(batch_file(100), [41, 7])
    assert [row.identifier for row in sample.rows] == ["A7", "A41"]


@pytest.mark.parametrize(
    ("identifier", "found"),
    [("A1", {"tier": "v"}), ("A", None), ("a/1", {"tier": "w"}), ("short", {}), ("A11", None)],
    ids=["whole", "beginning of another", "encoded", "without values", "longer than another"],
)
def test_a_row_is_found_by_its_identifier(identifier, found):
    body = b"batch=pcId,tier\nA1,v\na%2F1,w\nshort\n"
    row = row_of(io.BytesIO(body), identifier)
    assert (row and (row[0], row[1].values)) == (found if found is None else ("pcId", found))
