"""What a batch would make Target lose of earlier ones (F12)."""

import json
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from uploads.batchfile import BatchOverlap, OverlapSummary
from uploads.batchfile.overlap import Portions

from .overlapping import batches, compared, foretold

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
