import random

import pytest

from uploads.batchfile.duplicates import Duplicate, DuplicateLog

from .checked import check_bytes


def found(folder, ids, ids_a_partition):
    with DuplicateLog(folder, ids_a_partition) as log:
        for line, id_ in enumerate(ids, start=2):
            log.add(id_, line, warned=line % 3 == 0)
    return list(log.duplicates())


def expected(ids):
    first = {}
    duplicates = []
    for ordinal, id_ in enumerate(ids):
        if id_ in first:
            duplicates.append(Duplicate(ordinal, ordinal + 2, first[id_], (ordinal + 2) % 3 == 0))
        first.setdefault(id_, ordinal + 2)
    return duplicates


@pytest.mark.parametrize("ids_a_partition", [1, 7, 100, 10_000])
@pytest.mark.parametrize("different", [1, 40, 3_000], ids=["all the same", "many of each", "a few repeated"])
def test_every_repetition_is_found_however_the_ids_are_dealt_out(tmp_path, ids_a_partition, different):
    choose = random.Random(different)
    ids = [f"id-{choose.randrange(different)}" for _ in range(2_000)]
    assert found(tmp_path, ids, ids_a_partition) == expected(ids)


def test_without_rows_there_are_no_duplicates(tmp_path):
    assert found(tmp_path, [], 10) == []


def test_ids_are_the_same_only_letter_by_letter(tmp_path):
    assert found(tmp_path, ["a", "A", "a ", " a", "é", "e\u0301", "\u00c9"], 10) == []


def test_the_first_good_row_goes_and_the_later_ones_name_its_line(tmp_path):
    result = check_bytes(b"thirdPartyId,a\n1,x\n2,y\n1,z\n\n1,w\n", tmp_path)
    assert result.rows == [["1", "x"], ["2", "y"]]
    assert result.found == [(4, "thirdPartyId", "id-duplicate"), (6, "thirdPartyId", "id-duplicate")]
    assert [(p.value, p.params) for p in result.problems] == [("1", {"first_line": 2})] * 2
    assert (result.summary.rows, result.summary.accepted, result.summary.rejected) == (4, 2, 2)


def test_a_row_that_stays_out_for_another_reason_takes_no_part(tmp_path):
    result = check_bytes(b"thirdPartyId,a\n1,\n1,x\n1,y,z\n1,w\n", tmp_path)
    assert result.found == [
        (2, "", "no-values"),
        (4, "", "too-many-values"),
        (5, "thirdPartyId", "id-duplicate"),
    ]
    assert result.problems[-1].params == {"first_line": 3}
    assert result.rows == [["1", "x"]]


def test_a_duplicate_with_a_warning_is_no_longer_a_row_with_warnings_only(tmp_path):
    long = b"x" * 257
    result = check_bytes(b"thirdPartyId,a\n1," + long + b"\n1," + long + b"\n", tmp_path)
    assert (result.summary.accepted, result.summary.warnings) == (1, 1)
    assert result.summary.problems_by_code == {"id-duplicate": 1, "value-too-long": 2}


def test_a_duplicates_value_is_its_id_in_clear(tmp_path):
    result = check_bytes("a,customer\nx,Ünï 1\ny,Ünï 1\n".encode(), tmp_path, key_column="customer")
    assert [(p.column, p.value, p.position) for p in result.problems] == [("customer", "Ünï 1", 2)]
