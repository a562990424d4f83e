"""What the rules say of one cell or row holds for all of its kind: only the line and the value differ."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.batchfile.cells import Look
from uploads.batchfile.keys import ECID_DIGITS
from uploads.batchfile.likeness import groups, kinds_of_cells, kinds_of_surplus
from uploads.batchfile.reading import Reading
from uploads.batchfile.records import Record
from uploads.batchfile.rules import RowRules
from uploads.batchfile.tables import table_of
from uploads.batchfile.treatment import Treatment

SIGNS = st.sampled_from(
    ["+", "/", ",", "\n", " ", "\u00a0", "\x00", "\x07", "\x1b", "\x85", "é", "7", "E+05", "e-12", "x"]
)
CELLS = st.one_of(
    st.lists(SIGNS, min_size=1, max_size=5).map("".join),
    st.sampled_from(
        ["4.89E+12", " 4E+05 ", "1367320065048-801944.01_00", "1514187733806-729395", "7" * ECID_DIGITS]
    ),
    st.builds("{}{}".format, SIGNS, st.sampled_from(["x" * size for size in (198, 199, 200, 255, 256, 257)])),
)


def rules(key: str, width: int) -> RowRules:
    names = [key, *"abcdefgh"][:width]
    return RowRules(names, range(width), names[1:], key, Treatment(Reading()), rejects_unproven=True)


def table(rows):
    made = table_of([Record(line, row, None) for line, row in enumerate(rows, 2)])
    return made, Look.at(made)


@pytest.mark.parametrize("key", ["thirdPartyId", "pcId"])
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=2), min_size=1, max_size=60))
def test_the_rules_find_the_same_in_cells_of_one_kind(key, rows):
    made, look = table(rows)
    columns = np.array([column for row in rows for column in range(len(row))])
    cells = list(chain.from_iterable(rows))
    judge = rules(key, width=2).problems_of_cell
    for members in groups(
        kinds_of_cells(
            made, look, np.arange(len(cells)), columns, key=0, is_third_party=key == "thirdPartyId"
        )
    ):
        first, *others = members.tolist()
        for other in others:
            expected = [
                problem._replace(value=cells[other]) for problem in judge(2, columns[first], cells[first])
            ]
            assert judge(2, columns[other], cells[other]) == expected


@given(rows=st.lists(st.lists(st.just("") | CELLS, max_size=5), min_size=1, max_size=60))
def test_the_rules_find_the_same_in_surplus_values_of_one_kind(rows):
    rows = [["id", *row] for row in rows if any(row)]
    made, look = table(rows)
    kinds, shown = kinds_of_surplus(made, look, np.arange(len(rows)), width=1)
    judge = rules("thirdPartyId", width=1).surplus
    values = made.texts(shown)
    for members in groups(kinds):
        first, *others = members.tolist()
        for other in others:
            expected = judge(2, rows[first][1:])._replace(value=values[other])
            assert judge(2, rows[other][1:]) == expected


def test_usual_bad_ids_are_of_few_kinds():
    """Not to be fast would go unnoticed: what is of no kind is only judged by itself."""
    ids = [f"crm/{number:05d}" for number in range(50)] + [f"crm+{number:05d} " for number in range(50)]
    made, look = table([[id_] for id_ in ids])
    kinds = kinds_of_cells(made, look, np.arange(100), np.zeros(100, np.intp), key=0, is_third_party=True)
    assert {len(members) for members in groups(kinds)} == {50}
