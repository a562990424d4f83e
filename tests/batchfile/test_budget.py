"""How near a batch brings profiles to the 64 KB that Target keeps of each (F8)."""

from dataclasses import replace

import pytest

from uploads.batchfile import HeavyProfile, HeavyProfiles, OverlapStore, weigh
from uploads.batchfile.budget import MOST_LISTED, NEAR_LIMIT

from .checked import check_bytes
from .overlapping import Batch, compared, compared_again

HEADER = b"thirdPartyId,tier,visited\n"


def row(id_: str, weight: int) -> str:
    """A row that takes so many bytes of its profile; its name `tier` is blank."""
    return f"{id_},,{'v' * (weight - len('visited'))}"


def checked(tmp_path, *rows: str, row_by_row: bool = False, header: bytes = HEADER):
    return check_bytes(header + "\n".join([*rows, ""]).encode(), tmp_path, row_by_row=row_by_row)


def weighed(tmp_path, result):
    return weigh([tmp_path / "parts" / f"part-{n:04d}.csv" for n in range(1, len(result.parts) + 1)])


@pytest.mark.parametrize("row_by_row", [False, True], ids=["in bulk", "row by row"])
@pytest.mark.parametrize(
    ("line", "weight"),
    [
        pytest.param(row("1", NEAR_LIMIT - 1), None, id="below, all attributes counted"),
        pytest.param(row("1", NEAR_LIMIT), NEAR_LIMIT, id="at four fifths"),
        pytest.param(row("1" * 200, NEAR_LIMIT - 1), None, id="an id takes nothing"),
        pytest.param(f"1,é,{'v' * (NEAR_LIMIT - 13)}", NEAR_LIMIT, id="UTF-8, not as it is encoded"),
        pytest.param(f"1,, {'v' * (NEAR_LIMIT - 8)},", NEAR_LIMIT, id="a blank and nothing behind"),
        pytest.param(f"1,x,{'v' * 63_990}", 64_002, id="more than Target keeps, but not as a row"),
        pytest.param(f"1,x,{'v' * 64_000}", None, id="an error is no warning as well"),
        pytest.param(f"a/b,,{'v' * NEAR_LIMIT}", NEAR_LIMIT + 7, id="beside an error"),
    ],
)
def test_a_row_is_weighed_with_the_names_of_its_values(tmp_path, line, weight, row_by_row):
    result = checked(tmp_path, "0,gold,Lima", line, row_by_row=row_by_row)
    found = [(p.line, p.params) for p in result.problems if p.code == "row-near-limit"]
    assert found == ([] if weight is None else [(3, {"bytes": weight, "limit": 64_000})])


@pytest.mark.parametrize("row_by_row", [False, True], ids=["in bulk", "row by row"])
def test_names_of_many_columns_count_only_where_there_are_values(tmp_path, row_by_row):
    names = [f"{number:0100d}" for number in range(600)]
    full, sparse = "1" + ",x" * 600, "2,x" + "," * 599
    result = checked(
        tmp_path, full, sparse, header=f"thirdPartyId,{','.join(names)}\n".encode(), row_by_row=row_by_row
    )
    assert [(p.line, p.params["bytes"]) for p in result.problems] == [(2, 600 * 101)]
    assert weighed(tmp_path, result) == HeavyProfiles(1, 0, (HeavyProfile("1", 60_600, 60_600),))


@pytest.mark.parametrize("row_by_row", [False, True], ids=["in bulk", "row by row"])
def test_clear_values_and_what_a_batch_file_decodes_to_are_weighed(tmp_path, row_by_row):
    data = f"batch=thirdPartyId,tier,visited\n%C3%A9,,{'%C3%A9' * 10}{'v' * (NEAR_LIMIT - 35)}\n".encode()
    result = check_bytes(data, tmp_path, row_by_row=row_by_row, clear={"tier": "gold"})
    assert [problem.params["bytes"] for problem in result.problems if problem.code == "row-near-limit"] == [
        NEAR_LIMIT
    ]
    assert weighed(tmp_path, result).profiles == (HeavyProfile("é", NEAR_LIMIT, NEAR_LIMIT),)


def test_only_rows_that_are_sent_count_and_the_heaviest_come_first(tmp_path):
    heavy = [row("a", NEAR_LIMIT), row("b", 60_000), row("b", 61_000), row("c/d", 60_000), row("e", 10)]
    result = checked(tmp_path, *heavy)
    assert result.summary.problems_by_code["row-near-limit"] == 4
    found = weighed(tmp_path, result)
    assert found == HeavyProfiles(
        2, 0, (HeavyProfile("b", 60_000, 60_000), HeavyProfile("a", NEAR_LIMIT, NEAR_LIMIT))
    )
    assert HeavyProfiles.from_json(found.to_json()) == found


def test_of_very_many_the_heaviest_are_named_and_all_are_counted(tmp_path):
    part = tmp_path / "part"
    rows = [row(f"{number}", NEAR_LIMIT + number) for number in range(MOST_LISTED + 5)]
    part.write_text("batch=thirdPartyId,tier,visited\n" + "\n".join([*rows, ""]))
    found = weigh([part])
    assert found.count == MOST_LISTED + 5
    assert [profile.in_all - NEAR_LIMIT for profile in found.profiles] == list(range(MOST_LISTED + 4, 4, -1))


def heavy_in(found) -> HeavyProfiles:
    with OverlapStore.open(found.store) as store:
        return store.heavy


HALF = NEAR_LIMIT // 2


@pytest.mark.parametrize(
    ("mine", "earlier", "heavy"),
    [
        pytest.param(
            Batch(["a"], [["1", "x" * (HALF - 1)]]),
            [Batch(["b"], [["1", "x" * (HALF - 1)]])],
            HeavyProfiles(0, 1, (HeavyProfile("1", HALF, NEAR_LIMIT),)),
            id="only with what an earlier batch set",
        ),
        pytest.param(
            Batch(["a"], [["1", "x" * (HALF - 1)]]),
            [Batch(["b"], [["1", "x" * (HALF - 2)]])],
            HeavyProfiles(),
            id="one byte less",
        ),
        pytest.param(
            Batch(["a"], [["1", "x" * (NEAR_LIMIT - 1)]]),
            [Batch(["a", "b"], [["1", "y" * 60_000, "é"]])],
            HeavyProfiles(1, 0, (HeavyProfile("1", NEAR_LIMIT, NEAR_LIMIT + 3),)),
            id="alone already, and what it overwrites does not count",
        ),
        pytest.param(
            Batch(["a", "b"], [["1", "x", ""]]),
            [
                Batch(["b"], [["1", ""]]),
                Batch(["b"], [["1", "é" * 25_600]]),
                Batch(["b", "é"], [["1", "z" * 60_000, ""]]),
            ],
            HeavyProfiles(0, 1, (HeavyProfile("1", 2, 2 + 1 + NEAR_LIMIT),)),
            id="the newest value that is not blank",
        ),
        pytest.param(
            Batch(["a"], [["1", "x"], ["2", "x"]]),
            [Batch(["b"], [["2", "y" * NEAR_LIMIT], ["12", "y" * NEAR_LIMIT]])],
            HeavyProfiles(0, 1, (HeavyProfile("2", 2, NEAR_LIMIT + 3),)),
            id="of these visitors",
        ),
    ],
)
@pytest.mark.parametrize("may_lose", [True, False])
def test_a_profile_is_weighed_with_the_newest_value_of_each_attribute(
    tmp_path, mine, earlier, heavy, may_lose
):
    first = compared(tmp_path, mine, earlier)
    batches = [replace(batch, may_lose=may_lose) for batch in first.earlier]
    again = compared_again(tmp_path, first.mine, first.mine.parts, batches)
    assert heavy_in(again) == heavy
    assert again.summary == (first.summary if may_lose else replace(first.summary, **NOTHING))


NOTHING = {"visitors": 0, "losing": 0, "cells": 0, "batches": ()}


def test_a_batch_of_which_nothing_is_lost_takes_nothing_from_what_is(tmp_path):
    first = compared(
        tmp_path,
        Batch(["a"], [["1", "x"]]),
        [Batch(["b"], [["1", "newer"]]), Batch(["b"], [["1", "y" * NEAR_LIMIT]])],
    )
    newer, older = first.earlier
    again = compared_again(tmp_path, first.mine, first.mine.parts, [replace(newer, may_lose=False), older])
    assert again.found == [(0, "1", [2], [("b", "y" * NEAR_LIMIT, 2)])]
    assert heavy_in(again) == HeavyProfiles()


def test_of_a_batch_and_its_comparison_each_profile_counts_once():
    alone = HeavyProfiles(2, 0, (HeavyProfile("1", 60_000, 60_000), HeavyProfile("2", 55_000, 55_000)))
    compared = HeavyProfiles(1, 1, (HeavyProfile("3", 5, 70_000), HeavyProfile("2", 55_000, 69_000)))
    assert alone.beside(compared) == HeavyProfiles(
        2,
        1,
        (HeavyProfile("3", 5, 70_000), HeavyProfile("2", 55_000, 69_000), HeavyProfile("1", 60_000, 60_000)),
    )
