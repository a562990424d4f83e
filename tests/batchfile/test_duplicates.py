import random

import pytest

from uploads.batchfile.duplicates import Duplicate, DuplicateLog
from uploads.batchfile.fingerprints import fingerprint

from .checked import check_bytes

KEY = b"a key of the test"
WAYS = ("first", "last", "reject")


def found(folder, ids, ids_a_partition, keep="first"):
    """The rows to leave out, and the fingerprints of the ids that stay."""
    with DuplicateLog(folder, keep, KEY, ids_a_partition) as log:
        for line, id_ in enumerate(ids, start=2):
            log.add(id_, line, mark=line % 3)
    duplicates = list(log.duplicates())
    return duplicates, [int(number) for run in log.kept_fingerprints() for number in run]


def expected(ids, keep="first"):
    lines = {}
    for line, id_ in enumerate(ids, start=2):
        lines.setdefault(id_, []).append(line)
    left_out = {}
    for same in lines.values():
        kept = {"first": same[0], "last": same[-1], "reject": None}[keep]
        for line in same:
            if len(same) > 1 and line != kept:
                first_of_others = same[1] if line == same[0] else same[0]
                left_out[line] = kept or first_of_others
    duplicates = [Duplicate(line - 2, line, other, line % 3) for line, other in sorted(left_out.items())]
    stay = [id_ for id_, same in lines.items() if keep != "reject" or len(same) == 1]
    return duplicates, sorted(fingerprint(id_, KEY) for id_ in stay)


@pytest.mark.parametrize("keep", WAYS)
@pytest.mark.parametrize("ids_a_partition", [1, 7, 100, 10_000])
@pytest.mark.parametrize("different", [1, 40, 3_000], ids=["all the same", "many of each", "a few repeated"])
def test_the_rows_to_leave_out_are_found_however_the_ids_are_dealt_out(
    tmp_path, ids_a_partition, different, keep
):
    choose = random.Random(different)
    ids = [f"id-{choose.randrange(different)}" for _ in range(2_000)]
    assert found(tmp_path, ids, ids_a_partition, keep) == expected(ids, keep)


@pytest.mark.parametrize("keep", WAYS)
def test_without_rows_there_are_no_duplicates(tmp_path, keep):
    assert found(tmp_path, [], 10, keep) == ([], [])


def test_ids_are_the_same_only_letter_by_letter(tmp_path):
    duplicates, stay = found(tmp_path, ["a", "A", "a ", " a", "é", "e\u0301", "\u00c9"], 10)
    assert (duplicates, len(stay)) == ([], 7)


def test_the_first_good_row_goes_and_the_later_ones_name_its_line(tmp_path):
    result = check_bytes(b"thirdPartyId,a\n1,x\n2,y\n1,z\n\n1,w\n", tmp_path)
    assert result.rows == [["1", "x"], ["2", "y"]]
    assert result.found == [(4, "thirdPartyId", "id-duplicate"), (6, "thirdPartyId", "id-duplicate")]
    assert [(p.value, p.params) for p in result.problems] == [("1", {"first_line": 2})] * 2
    assert (result.summary.rows, result.summary.accepted, result.summary.rejected) == (4, 2, 2)


def test_the_last_good_row_goes_where_the_reading_says_so(tmp_path):
    data = b"thirdPartyId,a\n1,x\n2,y\n1,z\n1,w\n1,\n"
    result = check_bytes(data, tmp_path, duplicates="last")
    assert result.rows == [["2", "y"], ["1", "w"]]
    assert [(p.line, p.code, p.params) for p in result.problems] == [
        (2, "id-duplicate", {"kept_line": 5}),
        (4, "id-duplicate", {"kept_line": 5}),
        (6, "no-values", {}),
    ]


def test_no_row_of_a_repeated_id_goes_where_the_reading_says_so(tmp_path):
    data = b"thirdPartyId,a\n1,x\n2,y\n1,z\n1,w\n"
    result = check_bytes(data, tmp_path, duplicates="reject")
    assert result.rows == [["2", "y"]]
    assert [(p.line, p.params) for p in result.problems] == [
        (2, {"other_line": 4}),
        (4, {"other_line": 2}),
        (5, {"other_line": 2}),
    ]
    assert (result.summary.accepted, result.summary.duplicates) == (1, 3)


def test_a_row_that_stays_out_for_another_reason_takes_no_part(tmp_path):
    result = check_bytes(b"thirdPartyId,a\n1,\n1,x\n1,y,z\n1,w\n", tmp_path)
    assert result.found == [
        (2, "", "no-values"),
        (4, "", "too-many-values"),
        (5, "thirdPartyId", "id-duplicate"),
    ]
    assert result.problems[-1].params == {"first_line": 3}
    assert result.rows == [["1", "x"]]


@pytest.mark.parametrize("keep", WAYS)
def test_a_duplicate_with_a_warning_is_no_longer_a_row_with_warnings_only(tmp_path, keep):
    long = b"x" * 257
    result = check_bytes(b"thirdPartyId,a\n1," + long + b"\n1," + long + b"\n", tmp_path, duplicates=keep)
    left = 0 if keep == "reject" else 1
    assert (result.summary.accepted, result.summary.warnings) == (left, left)
    assert result.summary.problems_by_code == {"id-duplicate": 2 - left, "value-too-long": 2}


def test_a_duplicates_value_is_its_id_in_clear(tmp_path):
    result = check_bytes("a,customer\nx,Ünï 1\ny,Ünï 1\n".encode(), tmp_path, key_column="customer")
    assert [(p.column, p.value, p.position) for p in result.problems] == [("customer", "Ünï 1", 2)]


def test_ids_that_differ_only_by_spaces_are_the_same_once_trimmed(tmp_path):
    data = b"thirdPartyId,a\n1,x\n 1,y\n"
    assert check_bytes(data, tmp_path).summary.duplicates == 0
    assert check_bytes(data, tmp_path, trim=True).summary.duplicates == 1
