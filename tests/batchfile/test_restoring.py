"""The file that undoes a batch: what it sends again, what it cannot, and that every value is counted (F7)."""

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploads.batchfile import EarlierBatch, Fate, ForeignFingerprints, RestoreSummary, restore
from uploads.batchfile.overlap import Portions

from .overlapping import KEY, Batch, batches

ROOT = Path(__file__).parent.parent.parent
AGAIN, CLEARED, LATER, SAME, UNKNOWN = Fate.AGAIN, Fate.CLEARED, Fate.LATER, Fate.SAME, Fate.UNKNOWN


@dataclass(frozen=True)
class Restored:
    """What was made of a batch: its rows by id, and what is said of it."""

    summary: RestoreSummary
    header: list[str]
    rows: dict[str, dict[str, str]]

    def of(self, attribute: str) -> dict[Fate, int]:
        """How many of the attribute's values have which fate, without those that none has."""
        return {fate: count for fate, count in self.summary.attributes[attribute].items() if count}


def restored(
    folder: Path, batch: Batch, earlier: Sequence[Batch] = (), later: Sequence[Batch] = (), **choices
) -> Restored:
    """Undo the batch; the earlier ones are 1, 2, … and the later ones 11, 12, …, newest first."""
    mine = batch.written(folder / "mine")
    before = [each.written(folder / f"{number}", number) for number, each in enumerate(earlier, start=1)]
    after = [each.written(folder / f"{number}", number) for number, each in enumerate(later, start=11)]
    return made(folder, mine, before, after, **choices)


def made(folder: Path, mine: EarlierBatch, before: list, after: list, **choices) -> Restored:
    """The same of batches that are written already."""
    output = folder / "restored.csv"
    choices = {"key": KEY, "clear": {}, "output": output, "work": folder} | choices
    summary = restore(mine.parts, mine.fingerprints, before, after, **choices)
    assert not list(folder.glob("*.sqlite3")), "what was found on the way is gone"
    if not summary.rows:
        assert not output.exists()
        return Restored(summary, [], {})
    content = output.read_bytes()
    assert (summary.bytes, summary.sha256) == (len(content), sha256(content).hexdigest())
    with output.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    found = {id_: {n: v for n, v in zip(header[1:], cells, strict=True) if v} for id_, *cells in rows}
    assert len(found) == len(rows) == summary.rows
    return Restored(summary, header, found)


WRONG = Batch(["tier", "renewal"], [["1", "wrong", "may"]])


@pytest.mark.parametrize(
    ("earlier", "later", "row", "tier"),
    [
        pytest.param([["tier"], ["1", "gold"]], None, {"tier": "gold"}, AGAIN, id="sent before"),
        pytest.param([["tier"], ["1", "wrong"]], None, None, SAME, id="the same before"),
        pytest.param([["tier"], ["2", "gold"]], None, None, UNKNOWN, id="another visitor's"),
        pytest.param([["tier"], ["1", ""]], None, None, UNKNOWN, id="blank before"),
        pytest.param([["Tier"], ["1", "gold"]], None, None, UNKNOWN, id="upper and lower case differ"),
        pytest.param([["tier"], ["1", "gold"]], [["tier"], ["1", "tin"]], None, LATER, id="set anew later"),
        pytest.param(None, [["tier"], ["1", "tin"]], None, LATER, id="set anew later, never before"),
        pytest.param(
            [["tier"], ["1", "gold"]], [["tier"], ["1", ""]], {"tier": "gold"}, AGAIN, id="blank later"
        ),
        pytest.param(
            [["city", "tier"], ["1", "Oslo", "gold"]], None, {"tier": "gold"}, AGAIN, id="and what it left"
        ),
    ],
)
def test_each_value_has_one_fate(tmp_path, earlier, later, row, tier):
    before, after = ([Batch(each[0], each[1:])] if each else [] for each in (earlier, later))
    found = restored(tmp_path, WRONG, before, after)
    assert found.rows == ({"1": row} if row else {})
    assert found.of("tier") == {tier: 1}
    assert found.of("renewal") == {UNKNOWN: 1}
    assert found.summary.visitors[tier] == 1


def test_the_newest_earlier_value_counts_whoever_sent_it(tmp_path):
    earlier = [Batch(["tier"], [["1", ""], ["2", "tin"]]), Batch(["tier"], [["1", "gold"], ["2", "gold"]])]
    found = restored(tmp_path, Batch(["tier"], [["1", "wrong"], ["2", "wrong"]]), earlier)
    assert found.rows == {"1": {"tier": "gold"}, "2": {"tier": "tin"}}
    assert [(each.number, each.attributes) for each in found.summary.earlier] == [
        (1, {"tier": 1}),
        (2, {"tier": 1}),
    ]


def test_only_what_the_batch_set_is_undone_and_only_columns_with_a_value_are_there(tmp_path):  # F7
    batch = Batch(["plan", "tier", "city"], [["1", "pro", "wrong", ""], ["2", "pro", "", "Lima"]])
    earlier = Batch(["tier", "city", "plan"], [["1", "gold", "Oslo", "pro"], ["2", "tin", "Bern", "pro"]])
    found = restored(tmp_path, batch, [earlier])
    assert found.header == ["thirdPartyId", "tier", "city"]
    assert found.rows == {"1": {"tier": "gold"}, "2": {"city": "Bern"}}


def test_visitors_are_counted_once_by_what_matters_most_for_them(tmp_path):
    batch = Batch(["a", "b"], [["1", "x", "x"], ["2", "x", "x"], ["3", "x", "x"], ["4", "x", "x"]])
    earlier = Batch(["a", "b"], [["1", "old", "x"], ["2", "", "old"], ["3", "x"]])
    later = Batch(["b"], [["1", "new"], ["2", "new"]])
    found = restored(tmp_path, batch, [earlier], [later])
    assert found.summary.visitors == {AGAIN: 1, CLEARED: 0, LATER: 1, SAME: 1, UNKNOWN: 1}
    assert [(each.number, each.attributes) for each in found.summary.later] == [(11, {"b": 2})]


def test_a_clear_value_goes_where_no_earlier_value_is_known_and_nowhere_else(tmp_path):  # F7
    batch = Batch(["a"], [["1", "x"], ["2", "x"], ["3", "x"], ["4", ""], ["5", "none"], ["6", "x"]])
    earlier, later = Batch(["a"], [["1", "old"], ["6", "x"]]), Batch(["a"], [["3", "new"]])
    found = restored(tmp_path, batch, [earlier], [later], clear={"a": "none", "elsewhere": "no"})
    assert found.rows == {"1": {"a": "old"}, "2": {"a": "none"}}
    assert found.of("a") == {AGAIN: 1, CLEARED: 1, LATER: 1, SAME: 2}


def test_only_the_parts_that_are_named_count(tmp_path):
    mine = Batch(["a"], [["1", "x"], ["2", "x"]], 1).written(tmp_path / "mine")
    earlier = Batch(["a"], [["1", "old"], ["2", "old"]], 1).written(tmp_path / "1", 1)
    found = made(tmp_path, replace(mine, parts=mine.parts[1:]), [earlier], [])
    assert found.rows == {"2": {"a": "old"}}
    found = made(tmp_path, mine, [replace(earlier, parts=earlier.parts[:1])], [])
    assert found.rows == {"1": {"a": "old"}}


def test_what_raises_leaves_no_file(tmp_path):
    mine, earlier = (WRONG.written(tmp_path / name, number) for number, name in enumerate(("mine", "1")))
    with pytest.raises(ForeignFingerprints):
        made(tmp_path, mine, [earlier], [], key=b"another")
    assert not (tmp_path / "restored.csv").exists()


portions = st.builds(Portions, st.integers(1, 4), st.integers(1, 40), st.integers(1, 99))


@settings(deadline=None, max_examples=60)
@given(
    sequence=st.lists(batches(least=1), min_size=1, max_size=5),
    at=st.integers(0, 4),
    clear=st.dictionaries(st.sampled_from(["tier", "a,b"]), st.sampled_from(["none", "gold"])),
    portions=portions,
)
def test_any_batch_of_any_sequence_is_undone_as_dictionaries_say(sequence, at, clear, portions):
    at %= len(sequence)
    batch, earlier, later = sequence[at], sequence[:at][::-1], sequence[at + 1 :][::-1]
    with tempfile.TemporaryDirectory() as folder:
        found = restored(Path(folder), batch, earlier, later, clear=clear, portions=portions)
    assert found.rows == foretold(batch, earlier, later, clear)
    json.dumps(found.summary.to_json())
    assert sum(found.summary.visitors.values()) == len(batch.rows)
    for place, name in enumerate(batch.names):
        assert sum(found.of(name).values()) == sum(any(row[place + 1 : place + 2]) for row in batch.rows)
    sent = sum(count for name in batch.names for count in (found.of(name).get(AGAIN, 0),))
    assert sent == sum(sum(each.attributes.values()) for each in found.summary.earlier)


def foretold(batch: Batch, earlier: list[Batch], later: list[Batch], clear: dict) -> dict:
    """The rows by the rule itself."""
    before, after = [values_of(each) for each in earlier], [values_of(each) for each in later]
    expected = {}
    for (id_, name), value in values_of(batch).items():
        if any((id_, name) in each for each in after):
            continue
        old = next((each[id_, name] for each in before if (id_, name) in each), clear.get(name, value))
        if old != value:
            expected.setdefault(id_, {})[name] = old
    return expected


def values_of(batch: Batch) -> dict[tuple[str, str], str]:
    return {
        (id_, name): value
        for id_, *values in batch.rows
        for name, value in zip(batch.names, values, strict=False)
        if value
    }


MEASURE = """
import pathlib, resource, sys
from uploads.batchfile import EarlierBatch, restore, warm_up

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

warm_up()
idle = peak()
mine, earlier, work = map(pathlib.Path, sys.argv[1:])
before = [EarlierBatch(1, sorted(earlier.glob("part-*")), earlier / "fingerprints.u64")]
found = restore(sorted(mine.glob("part-*")), mine / "fingerprints.u64", before, [],
                key=b"a key of the test", clear={}, output=work / "restored.csv", work=work)
print(found.rows, found.bytes, peak() - idle)
"""


def test_memory_does_not_grow_with_what_is_restored(tmp_path):
    """In a process of its own; either batch has 48 MB in two parts, and so has the file."""
    ids = [f"customer-{number:09d}" for number in range(30_000)]
    names = ["a", "b", "c", "d"]
    for folder, value in (("mine", "w" * 400), ("earlier", "r" * 400)):
        Batch(names, [[id_, *[value] * 4] for id_ in ids], 15_000).written(tmp_path / folder)
    command = [sys.executable, "-c", MEASURE, tmp_path / "mine", tmp_path / "earlier", tmp_path]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    rows, size, kilobytes = map(int, run.stdout.split())
    assert (rows, size > 48_000_000) == (30_000, True)
    assert kilobytes < 80_000
