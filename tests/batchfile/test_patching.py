"""Patches: single rows changed or left out, read the same by everything that reads the file."""

import gzip
import io
import random
from dataclasses import replace

import pytest

from tests.bench.agreement import NastyFile, said_of
from tests.support.workbooks import number, rows, text, workbook
from uploads import batchfile
from uploads.batchfile import NotWritable, Patch, ProblemStore, Reading
from uploads.batchfile.lines import Source
from uploads.batchfile.records import read_records

READING = Reading(key="thirdPartyId", key_column="thirdPartyId")
CONTENT = b"thirdPartyId,tier,city\nA/1,gold,Oslo\nA2,silver,Lima\nA3,,Rome\n"


def records_of(content, reading, patch=None):
    """Every row with content behind the header."""
    found = [
        record
        for record in read_records(Source(io.BytesIO(content)), reading, patch=patch)
        if record.fault or any(record.cells)
    ]
    return found[1:]


def opened(content, line, reading=READING, patch=None):
    return batchfile.open_row(io.BytesIO(content), reading, line, patch)


def fixed(content, changes, reading=READING):
    """The patch that puts texts into cells by line and place, or, for None, leaves the row out."""
    patch = Patch.begun("", reading)
    for line, texts in changes.items():
        row = opened(content, line, reading, patch)
        patch = patch.with_change(row.left_out() if texts is None else row.edited(texts))
    return patch


def checked(content, patch, tmp_path, reading=READING, *, row_by_row=False):
    with ProblemStore.create(tmp_path / "problems") as problems:
        summary = batchfile.check(
            io.BytesIO(content),
            reading,
            problems=problems,
            parts_dir=tmp_path / "parts",
            patch=patch,
            row_by_row=row_by_row,
        )
    with ProblemStore.open(tmp_path / "problems") as store:
        return summary, b"".join(part.path.read_bytes() for part in summary.parts), list(store)


@pytest.mark.parametrize("row_by_row", [False, True], ids=["bulk", "rows"])
def test_an_edited_row_goes_and_one_left_out_stays(tmp_path, row_by_row):
    patch = fixed(CONTENT, {2: {0: "A1"}, 3: None})
    summary, sent, problems = checked(CONTENT, patch, tmp_path, row_by_row=row_by_row)
    assert sent == b"batch=thirdPartyId,tier,city\nA1,gold,Oslo\nA3,,Rome\n"
    assert (summary.rows, summary.accepted, summary.skipped, patch.left_out) == (2, 2, 0, 1)
    assert problems == []


@pytest.mark.parametrize("group", range(6))
def test_whatever_is_changed_in_nasty_files_every_other_row_stays_and_both_ways_agree(tmp_path, group):
    patched = 0
    for seed in range(group, 240, 6):
        file = NastyFile(seed)
        dice = random.Random(seed)
        patch = Patch.begun("", file.reading)
        rows = records_of(file.data, file.reading)
        expected = {row.line: row for row in rows}
        for row in dice.sample(rows, min(len(rows), 5)):
            open_row = opened(file.data, row.line, file.reading, patch)
            change = open_row.left_out()
            if open_row.cells and dice.random() < 0.6:
                cell = dice.choice(open_row.cells)
                change = open_row.edited({cell.index: dice.choice(("x", 'a"b', "ü,;|\t", '"', "="))})
            if change is None:
                continue
            wanted = patch.with_change(change)
            if batchfile.disturbed_row(io.BytesIO(file.data), file.reading, wanted) is not None:
                continue
            patch = wanted
            expected.pop(row.line)
            if change.cells is not None:
                expected[row.line] = row._replace(cells=list(change.cells), fault=None)
        patched += len(patch.changes)
        assert {row.line: row for row in records_of(file.data, file.reading, patch)} == expected
        file.choices["patch"] = patch
        bulk, by_row = tmp_path / f"{seed}-bulk", tmp_path / f"{seed}-rows"
        assert said_of(file, bulk, row_by_row=False) == said_of(file, by_row, row_by_row=True)
    assert patched > 30


@pytest.mark.parametrize(
    ("content", "line", "texts", "patched"),
    [
        (b"thirdPartyId,a\nA/,1\nB,2", 2, {0: "A"}, b"thirdPartyId,a\nA,1\r\nB,2"),
        (b"thirdPartyId,a\nA/,1\nB,2", 3, None, b"thirdPartyId,a\nA/,1\n\r\n"),
        (b"thirdPartyId,a\rA/,1\rB,2\r", 2, None, b"thirdPartyId,a\r\r\nB,2\r"),
        (b'thirdPartyId,a\nA/,"1\n\n2"\nB,2\n', 2, {0: "A"}, b'thirdPartyId,a\nA,"1\n\n2"\r\nB,2\n'),
        (b'thirdPartyId,a\nA/,"1\n\n2"\nB,2\n', 2, {1: "1"}, b"thirdPartyId,a\nA/,1\r\n\r\n\r\nB,2\n"),
        (b"thirdPartyId,a\nA/,\xff\nB,2\n", 2, {0: "A"}, b"thirdPartyId,a\nA,\xff\r\nB,2\n"),
        (b"thirdPartyId,a\nA/,1\nB,2\n", 2, {1: 'x,"y"'}, b'thirdPartyId,a\nA/,"x,""y"""\r\nB,2\n'),
        (b"thirdPartyId,a\nA,1\nB,2\n", 2, {0: "", 1: ""}, b"thirdPartyId,a\n\r\nB,2\n"),
        (b"thirdPartyId,a,b\nA\nB,2\n", 2, {2: "x"}, b"thirdPartyId,a,b\nA,,x\r\nB,2\n"),
        (b'thirdPartyId,a,b\nA,"1,2\nB,2\n', 2, {1: "1"}, b"thirdPartyId,a,b\nA,1,2\r\nB,2\n"),
        (b'thirdPartyId,a,b\nA,"1,2\nB,2\n', 2, {}, b'thirdPartyId,a,b\nA,"""1",2\r\nB,2\n'),
    ],
    ids=[
        "edit", "last without end", "lone CR", "line breaks stay", "fewer lines", "a broken byte stays",
        "quoted", "nothing left", "short row", "open quote", "open quote kept",
    ],
)  # fmt: skip
@pytest.mark.parametrize("block", [1, 2, 3, 1_000])
def test_no_line_moves(content, line, texts, patched, block):
    blocks = (content[at : at + block] for at in range(0, len(content), block))
    assert b"".join(fixed(content, {line: texts}).over(blocks, READING)) == patched


@pytest.mark.parametrize(
    ("content", "reading"),
    [
        (gzip.compress(CONTENT), replace(READING, container="gzip")),
        (CONTENT.replace(b"Oslo", b"K\xf6ln").replace(b",", b";"),
         replace(READING, encoding="windows-1252", delimiter=";")),
        (("\ufeff" + CONTENT.decode()).encode("utf-16-le"), replace(READING, encoding="utf-16-le")),
        (workbook({"a": rows(*(map(text, line.split(",")) for line in CONTENT.decode().splitlines()))}),
         replace(READING, container="xlsx")),
        (b"batch=" + CONTENT, replace(READING, format="batch")),
    ],
    ids=["gzip", "windows-1252", "utf-16", "workbook", "batch file"],
)  # fmt: skip
def test_a_patch_fits_every_packing_and_encoding(tmp_path, content, reading):
    patch = fixed(content, {2: {0: "A1", 2: "Århus, Syd"}, 4: None}, reading)
    summary, sent, _problems = checked(content, patch, tmp_path, reading)
    assert sent == b"batch=thirdPartyId,tier,city\nA1,gold,%C3%85rhus%2C%20Syd\nA2,silver,Lima\n"
    assert (summary.rows, summary.skipped, patch.left_out) == (2, 0, 1)


def test_a_number_that_a_workbook_does_not_hold_whole_can_be_typed(tmp_path):
    content = workbook(
        {"a": rows([text("thirdPartyId"), text("a")], [number("12345678901234567890"), text("x")])}
    )
    reading = replace(READING, container="xlsx")
    assert [problem.code for problem in checked(content, None, tmp_path, reading)[2]] == [
        "id-number-too-long"
    ]
    patch = fixed(content, {2: {0: "12345678901234567890"}}, reading)
    sent = checked(content, patch, tmp_path, reading)[1]
    assert sent == b"batch=thirdPartyId,a\n12345678901234567890,x\n"


def test_the_cells_of_a_batch_file_are_changed_in_clear():
    content = b"batch=thirdPartyId,a\nA1,x%20y,%zz\n"
    reading = replace(READING, format="batch")
    row = opened(content, 2, reading)
    assert [(cell.name, cell.text) for cell in row.cells] == [
        ("thirdPartyId", "A1"), ("a", "x y"), ("", "%zz"),
    ]  # fmt: skip
    assert row.edited({1: "50 %", 2: ""}).cells == ("A1", "50%20%25", "")


def test_a_row_of_a_report_is_changed_without_its_helpers_and_protected_again():
    content = b"thirdPartyId,a,_line,_problem,_column,_explanation\nA/1,'=1,2,x,y,z\n"
    row = opened(content, 2)
    assert [(cell.name, cell.text, cell.position) for cell in row.cells] == [
        ("thirdPartyId", "A/1", 1),
        ("a", "=1", 2),
    ]
    assert row.edited({0: "A1", 1: "=2"}).cells == ("A1", "'=2", "2", "x", "y", "z")


def test_a_cell_that_cannot_be_typed_keeps_its_bytes_as_long_as_it_stays_as_shown():
    content = b'thirdPartyId,a,b\nA,\xff\x07,"x\r\ny"\n'
    row = opened(content, 2)
    assert [cell.text for cell in row.cells] == ["A", "\ufffd\ufffd", "x\r\ny"]
    assert row.edited({1: "\ufffd\ufffd", 2: "x\ny"}) is None
    assert row.edited({0: "B", 2: "x\ny"}).cells == ("B", "\udcff\x07", "x\r\ny")


def test_a_change_names_the_columns_that_differ_from_the_file():
    patch = fixed(CONTENT, {2: {0: "A1", 1: "iron"}})
    assert patch.on(2).columns == ("thirdPartyId", "tier")
    again = opened(CONTENT, 2, patch=patch).edited({0: "A1", 1: "gold"})
    assert (again.was, again.cells, again.columns) == (
        ("A/1", "gold", "Oslo"), ("A1", "gold", "Oslo"), ("thirdPartyId",),
    )  # fmt: skip


def test_a_row_that_was_left_out_comes_back_when_it_is_edited_or_saved():
    patch = fixed(CONTENT, {2: None})
    row = opened(CONTENT, 2, patch=patch)
    assert row.edited({}).cells == ("A/1", "gold", "Oslo")
    assert row.edited({0: "A1"}).cells == ("A1", "gold", "Oslo")


@pytest.mark.parametrize("typed", ["x\ny", "x" * 1_000_001], ids=["one line more", "too long"])
def test_what_does_not_fit_into_the_lines_of_the_row_is_refused(typed):
    with pytest.raises(NotWritable):
        opened(CONTENT, 2).edited({1: typed})


@pytest.mark.parametrize("line", [1, 3, 5, 6], ids=["header", "blank", "behind the end", "far behind"])
def test_there_is_no_row_to_open(line):
    assert opened(b"thirdPartyId,a\nA,1\n\nB,2\n", line) is None


def test_a_row_too_big_to_be_read_can_only_be_left_out(tmp_path):
    content = b"thirdPartyId,a\nA," + b"x" * 1_000_001 + b"\nB,2\n"
    row = opened(content, 2)
    assert row.cells == ()
    patch = Patch.begun("", READING).with_change(row.left_out())
    summary, sent, _problems = checked(content, patch, tmp_path)
    assert sent == b"batch=thirdPartyId,a\nB,2\n"
    assert (summary.rejected, summary.skipped) == (0, 0)


def test_a_change_that_would_let_another_row_swallow_rows_is_noticed():
    content = b'thirdPartyId,a\nA,"open\nB,"x" y\nC,z"\n'
    assert [row.line for row in records_of(content, READING)] == [2, 3, 4]
    patch = fixed(content, {3: None})
    assert batchfile.disturbed_row(io.BytesIO(content), READING, patch) == 4
    both = fixed(content, {2: {1: "open"}, 3: None})
    assert batchfile.disturbed_row(io.BytesIO(content), READING, both) is None


def test_a_patch_is_of_one_file_read_in_one_way():
    patch = Patch.begun("abc", READING)
    assert patch.fits("abc", replace(READING, trim=True, key_column="tier"))
    assert not patch.fits("abd", READING)
    assert not patch.fits("abc", replace(READING, delimiter=";"))


def test_a_patch_comes_back_from_json_and_never_twice_with_the_same_nonce():
    patch = fixed(b"thirdPartyId,a\nA,\xff\nB,2\n", {2: {0: "C"}, 3: None})
    assert Patch.from_json(patch.to_json()) == patch
    assert patch.without(3).with_change(patch.on(3)).nonce != patch.nonce


def test_a_patch_holds_two_hundred_rows():
    content = b"thirdPartyId,a\n" + b"".join(b"%d,x\n" % number for number in range(201))
    patch = fixed(content, dict.fromkeys(range(2, 202)))
    with pytest.raises(batchfile.TooManyChanges):
        patch.with_change(opened(content, 202).left_out())
    assert len(patch.with_change(opened(content, 201).edited({0: "y"})).changes) == 200


def test_the_report_to_correct_and_the_rows_target_refused_are_of_the_patched_file(tmp_path):
    content = CONTENT.replace(b"A3", b"A/3")
    patch = fixed(content, {2: {0: "A-1"}, 4: {1: "iron"}})
    _summary, _sent, problems = checked(content, patch, tmp_path)
    assert [(problem.line, problem.code) for problem in problems] == [(4, "id-forbidden-character")]
    with ProblemStore.open(tmp_path / "problems") as store:
        lines = batchfile.correction_lines(
            io.BytesIO(content), READING, store, lambda _problem: "", patch=patch
        )
        assert list(lines)[1].startswith("A/3,iron,Rome,4")
        with ProblemStore.create(tmp_path / "refused") as refused:
            batchfile.find_refused(io.BytesIO(content), READING, [["A-1"]], store, refused, patch=patch)
    with ProblemStore.open(tmp_path / "refused") as store:
        assert [problem.line for problem in store] == [2]


@pytest.mark.parametrize("id_", ["A/1", "A1"], ids=["as it was", "as it is now"])
def test_the_rows_of_an_id_are_those_before_and_after_a_change(id_):
    patch = fixed(CONTENT, {2: {0: "A1"}})
    spans = batchfile.rows_of(io.BytesIO(CONTENT), READING, id_, patch=patch)
    assert [span.line for span in spans] == [2]
    assert batchfile.changes_of(patch, READING, id_) == list(patch.changes)


def test_a_file_of_which_every_row_is_left_out_has_no_rows(tmp_path):
    summary, _sent, problems = checked(CONTENT, fixed(CONTENT, dict.fromkeys((2, 3, 4))), tmp_path)
    assert not summary.usable
    assert [problem.code for problem in problems] == ["no-rows"]
    assert (summary.rows, summary.skipped) == (0, 0)
