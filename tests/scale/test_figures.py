"""What the bench of scale makes of its numbers, and what it foretells of its files."""

import csv

import pytest

from tests.scale import made
from tests.scale.figures import expected_gain, page_lines, percentile
from tests.scale.made import MadeFile
from tests.scale.rig import _error_in


@pytest.mark.parametrize(
    ("numbers", "share", "found"),
    [
        ([], 0.95, 0.0),
        ([3.0], 0.95, 3.0),
        ([2.0, 1.0], 0.5, 1.0),
        (list(range(1, 101)), 0.95, 95),
        (list(range(1, 101)), 1.0, 100),
    ],
    ids=["none", "one", "unsorted", "hundred", "all"],
)
def test_a_percentile_is_one_of_the_numbers(numbers, share, found):
    assert percentile(numbers, share) == found


def test_pages_are_told_as_multiples_of_the_unit_and_those_above_the_aim_named():
    seconds = {"sign-in": [0.01, 0.01, 0.02], "home": [0.03, 0.04, 0.05], "log": [0.09], "gone": []}
    lines, short = page_lines(seconds, "sign-in", 5)
    assert [line.split()[0] for line in lines] == ["page", "sign-in", "home", "log"]
    assert lines[2].split()[1:] == ["40", "4.0", "50", "2.5", "3"]
    assert short == ["log takes 9.0 x sign-in, the aim is 5", "gone was never shown"]


@pytest.mark.parametrize(
    ("number", "cores", "busy", "best"),
    [
        (1, 2, 1.0, 1.0),
        (2, 2, 1.0, 2.0),
        (4, 2, 1.0, 2.0),
        (4, 8, 1.5, 4.0),
        (2, 2, 1.6, 1.25),
        (2, 2, 2.5, 1.0),
    ],
)
def test_more_workers_can_do_no_more_than_the_cores_leave_to_them(number, cores, busy, best):
    assert expected_gain(number, cores, busy) == pytest.approx(best)


def test_what_is_foretold_of_a_file_is_what_stands_in_it(tmp_path):
    file = MadeFile("stem-1", rows=40, bad_every=7)
    with file.write(tmp_path).open(encoding="utf-8", newline="") as written:
        header, *rows = csv.reader(written)
    assert header == ["thirdPartyId", *made.ATTRIBUTES]
    good = [row for row in rows if "/" not in row[0]]  # F3
    assert (len(rows), len(good), file.accepted) == (40, 35, 35)
    for visitor, *cells in good:
        stem, number = made.place_of(visitor)
        held = {name: cell for name, cell in zip(made.ATTRIBUTES, cells, strict=True) if cell}
        assert (stem, file.has(number), held) == ("stem-1", True, made.profile(number))
    assert not file.has(6)
    assert not file.has(40)


@pytest.mark.parametrize(
    ("line", "errors"),
    [
        ('{"level": "INFO", "message": "job"}', []),
        (
            '{"level": "ERROR", "message": "broke", "exception": ["ValueError"], "place": ["a:1 f", "b:2"]}',
            ["broke ValueError b:2"],
        ),
        ('{"level": "CRITICAL"}', [""]),
        ("Traceback (most recent call last):", ["Traceback (most recent call last):"]),
        ("waiting for jobs from 127.0.0.1:6379", []),
        ("17", []),
    ],
)
def test_errors_are_found_in_the_log(line, errors):
    assert _error_in(line) == errors
