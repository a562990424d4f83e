"""What a batch would make Target lose of earlier ones (F12)."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploads.batchfile import BatchOverlap, EarlierBatch, ForeignFingerprints, OverlapSummary, fingerprint
from uploads.batchfile.overlap import Portions

from .checked import check_bytes
from .overlapping import KEY, Batch, Compared, batches, compared, compared_again, foretold

ROOT = Path(__file__).parent.parent.parent

portions = st.builds(Portions, st.integers(1, 4), st.integers(1, 40), st.integers(1, 99))


@settings(deadline=None, max_examples=50)
@given(mine=batches(least=1), earlier=st.lists(batches(), max_size=4), portions=portions)
def test_each_value_is_found_that_a_plain_reading_of_the_rule_names(mine, earlier, portions):
    with tempfile.TemporaryDirectory() as folder:
        result = compared(Path(folder), mine, earlier, portions=portions)
        assert result.found == foretold(mine, earlier)
    assert result.summary == summary_of(foretold(mine, earlier))
    assert OverlapSummary.from_json(json.loads(json.dumps(result.summary.to_json()))) == result.summary


def summary_of(rows):
    visitors = Counter(number for _ordinal, _id, batches, _lost in rows for number in batches)
    cells = Counter((number, name) for *_rest, lost in rows for name, _value, number in lost)
    overlaps = [
        BatchOverlap(number, count, {name: lost for (of, name), lost in cells.items() if of == number})
        for number, count in sorted(visitors.items())
    ]
    return OverlapSummary(len(rows), sum(1 for row in rows if row[3]), cells.total(), tuple(overlaps))


@pytest.mark.parametrize(
    ("earlier", "lost"),
    [
        pytest.param([Batch(["a"], [["1", "x"]])], [], id="an attribute that the row has"),
        pytest.param([Batch(["b"], [["1", "x"]])], [("b", "x", 1)], id="one that it leaves blank"),
        pytest.param([Batch(["c"], [["1", "x"]])], [("c", "x", 1)], id="one that the batch does not have"),
        pytest.param([Batch(["A"], [["1", "x"]])], [("A", "x", 1)], id="upper and lower case differ"),
        pytest.param([Batch(["b"], [["1", ""]]), Batch(["b"], [["1"]])], [], id="blank there, too"),
        pytest.param(
            [Batch(["b"], [["1", "new"]]), Batch(["b"], [["1", "old"]])], [("b", "new", 1)], id="the newest"
        ),
        pytest.param(
            [Batch(["b"], [["1", ""]]), Batch(["b"], [["1", "old"]])],
            [("b", "old", 2)],
            id="the newest that is not blank",
        ),
    ],
)
def test_a_value_would_be_lost_that_the_row_does_not_replace(tmp_path, earlier, lost):  # F7, F12
    ((_ordinal, _id, _batches, found),) = compared(
        tmp_path, Batch(["a", "b"], [["1", "y", ""]]), earlier
    ).found
    assert found == lost


def test_ids_of_a_checked_file_are_found_however_they_are_written(tmp_path):
    data = 'thirdPartyId,a\né 1,x\n"a,b",x\na%2Cb,x\n'.encode()
    summary = check_bytes(data, tmp_path, fingerprint_key=KEY).summary
    mine = Batch(["b"], [["a,b", "y"], ["é 1", "y"], ["a%2Cb", "y"], ["e\u0301 1", "y"]]).written(
        tmp_path / "mine"
    )
    earlier = EarlierBatch(7, [part.path for part in summary.parts], summary.fingerprints)
    assert [row[:2] for row in compared_again(tmp_path, mine, mine.parts, [earlier]).found] == [
        (0, "a,b"),
        (1, "é 1"),
        (2, "a%2Cb"),
    ]


# Made for KEY: a lattice reduction finds such pairs for whoever knows the key, and for nobody else.
SAME_FINGERPRINT = ["iL81WgslGWEKPz1pgFbBDNY3", "kM62WeqhHWGHPy0ngFcEFOX1"]


@pytest.mark.parametrize(
    ("mine", "earlier"),
    [
        pytest.param([0], [1], id="another id"),
        pytest.param([0], [1, 0], id="both in the earlier batch"),
        pytest.param([1, 0], [0], id="both in the batch"),
        pytest.param([0, 1], [1, 0], id="both in both"),
    ],
)
def test_ids_that_share_a_fingerprint_are_told_apart(tmp_path, mine, earlier):
    assert len({fingerprint(id_, KEY) for id_ in SAME_FINGERPRINT}) == 1
    mine = Batch(["a"], [[SAME_FINGERPRINT[place], "x"] for place in mine])
    earlier = Batch(["b"], [[SAME_FINGERPRINT[place], f"of {place}"] for place in earlier])
    assert compared(tmp_path, mine, [earlier]).found == foretold(mine, [earlier])


def test_only_the_parts_that_are_named_count(tmp_path):
    first = compared(
        tmp_path, Batch(["a"], [["1", "x"], ["2", "x"]]), [Batch(["b"], [["1", "y"], ["2", "y"]], 1)]
    )
    (earlier,) = first.earlier
    arrived = replace(earlier, number=9, parts=earlier.parts[1:])
    again = compared_again(tmp_path, first.mine, first.mine.parts, [arrived])
    assert again.found == [(1, "2", [9], [("b", "y", 9)])]


def test_a_part_that_was_sent_again_counts_once(tmp_path):
    first = compared(tmp_path, Batch(["a"], [["1", "x"]]), [Batch(["b"], [["1", "y"]])])
    (earlier,) = first.earlier
    twice = replace(earlier, parts=earlier.parts * 2)
    again = compared_again(tmp_path, first.mine, first.mine.parts, [twice])
    assert (again.found, again.summary) == (first.found, first.summary)


@pytest.fixture
def overlap(tmp_path) -> Compared:
    mine, earlier = Batch(["a"], [["1", "x"], ["2", "x"]]), Batch(["b"], [["2", "y"]])
    return compared(tmp_path, mine, [earlier])


def test_fingerprints_of_another_key_are_refused_and_nothing_is_left(overlap, tmp_path):
    with pytest.raises(ForeignFingerprints):
        compared_again(tmp_path, overlap.mine, overlap.mine.parts, overlap.earlier, key=b"another")
    (earlier,) = overlap.earlier
    earlier.fingerprints.write_bytes(bytes(8))
    with pytest.raises(ForeignFingerprints):
        compared_again(tmp_path, overlap.mine, overlap.mine.parts, [earlier])
    assert not overlap.store.exists()


def test_batches_with_different_kinds_of_ids_are_not_compared(overlap, tmp_path):  # F2
    other = Batch(["b"], [["2", "y"]]).written(tmp_path / "other", 2, key="pcId")
    with pytest.raises(ValueError, match="kinds of ids"):
        compared_again(tmp_path, overlap.mine, overlap.mine.parts, [other])


@pytest.mark.parametrize("gone", ["part-0001.csv", "fingerprints.u64"])
def test_a_file_that_is_gone_is_no_silence(overlap, tmp_path, gone):
    (tmp_path / "1" / gone).unlink()
    with pytest.raises(FileNotFoundError):
        compared_again(tmp_path, overlap.mine, overlap.mine.parts, overlap.earlier)


@pytest.mark.parametrize("stop_at", [1, 2])
def test_what_progress_raises_stops_the_comparison_and_leaves_nothing(overlap, tmp_path, stop_at):
    told = []

    def progress(read, in_all):
        told.append((read, in_all))
        if len(told) == stop_at:
            raise KeyError

    before = sorted(path for path in tmp_path.rglob("*") if path != overlap.store)
    with pytest.raises(KeyError):
        compared_again(tmp_path, overlap.mine, overlap.mine.parts, overlap.earlier, progress=progress)
    assert sorted(tmp_path.rglob("*")) == before
    sizes = [batch.parts[0].stat().st_size for batch in (overlap.mine, *overlap.earlier)]
    assert all(0 < read <= in_all == sum(sizes) for read, in_all in told)


MEASURE = """
import pathlib, resource, sys
from uploads.batchfile import EarlierBatch, OverlapStore, compare, warm_up

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

warm_up()
idle = peak()
mine, earlier, work = map(pathlib.Path, sys.argv[1:])
parts = [EarlierBatch(n, [earlier / "part-0001.csv"], earlier / "fingerprints.u64") for n in range(20)]
found = compare([mine / "part-0001.csv"], mine / "fingerprints.u64", parts,
                key=b"a key of the test", output=work / "found", work=work)
print(found.visitors, found.cells, peak() - idle)
"""


def test_memory_does_not_grow_with_what_is_compared(tmp_path):
    """230 MB of rows for the same visitors, in a process of its own."""
    ids = [f"customer-{number:09d}" for number in range(60_000)]
    Batch(["tier"], [[id_, "gold"] for id_ in ids]).written(tmp_path / "mine")
    earlier = Batch(["tier", "note", "renewal"], [[id_, "tin", "v" * 150, "2027-01-01"] for id_ in ids])
    size = earlier.written(tmp_path / "earlier").parts[0].stat().st_size * 20
    command = [sys.executable, "-c", MEASURE, tmp_path / "mine", tmp_path / "earlier", tmp_path]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    visitors, cells, kilobytes = map(int, run.stdout.split())
    assert (visitors, cells) == (60_000, 120_000)
    assert kilobytes < 100_000 < size / 2_000
