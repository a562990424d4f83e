"""The check as a whole: against an oracle, against golden files, and in its memory."""

import csv
import hashlib
import io
import itertools
import json
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from uploads.batchfile import CODES, PartLimits, ProblemStore, Reading, check
from uploads.explanations import report_lines

from .checked import check_bytes

FILES = Path(__file__).parent.parent / "files"
ROOT = FILES.parent.parent

# The oracle: the rules as the contract states them, for a table in memory ------------------------


def oracle(names: list[str], rows: list[list[str]]):
    """(line, position, code) of every problem in the table, and the encoded rows that may go."""
    line = 2
    problems, good, skipped = [], [], 0
    key = names.index("thirdPartyId")
    ids = []
    for cells in rows:
        breaks = sum(len(re.findall("\r\n|\r|\n", cell)) for cell in cells)
        starts, line = line, line + 1 + breaks
        if "".join(cells) == "":
            skipped += 1
            continue
        found = list(problems_of_row(names, cells))
        problems += [(starts, position, code) for position, code in found]
        if all(CODES[code].severity == "warning" for _position, code in found):
            good.append((starts, cells))
        if key < len(cells) and cells[key]:
            ids.append((starts, cells[key]))
    emails = [line for line, id_ in ids if id_.strip() in ("a@b.c", "d@e.f")]
    if len(emails) * 2 < len(ids):
        problems += [(line, key + 1, "id-looks-like-email") for line in emails]
    first, sent = {}, []
    for starts, cells in good:
        if cells[key] in first:
            problems.append((starts, key + 1, "id-duplicate"))
            continue
        first[cells[key]] = starts
        declared = cells[: len(names)]
        sent.append(",".join(quote(cell, safe="") for cell in [declared.pop(key), *declared]))
    return sorted(problems), sent, skipped


def problems_of_row(names, cells):
    key = names.index("thirdPartyId")
    declared, surplus = cells[: len(names)], cells[len(names) :]
    id_ = cells[key] if key < len(cells) else ""
    if id_ == "":
        yield key + 1, "id-missing"
    if "+" in id_ or "/" in id_:
        yield key + 1, "id-forbidden-character"
    if len(id_) > 256:
        yield key + 1, "id-too-long"
    if len(id_) == 38 and all(character in "0123456789" for character in id_):
        yield key + 1, "id-looks-like-ecid"
    if id_ and (is_space(id_[0]) or is_space(id_[-1])):
        yield key + 1, "id-surrounding-spaces"
    if id_.strip() in ("1E+05", "4,89E+12"):
        yield key + 1, "id-mangled-by-excel"
    if not any(value for index, value in enumerate(declared) if index != key):
        yield 0, "no-values"
    filled = [index for index, value in enumerate(surplus) if value]
    if filled:
        yield len(names) + filled[0] + 1, "too-many-values"
    for index, value in enumerate(cells):
        if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in value):
            yield index + 1, "control-character"
        if index != key and index < len(names) and len(value) > 256:
            yield index + 1, "value-too-long"
    if len(",".join(quote(value, safe="") for value in declared)) > 64_000:
        yield 0, "row-too-big"


def is_space(character):
    return character.isspace() and (unicodedata.category(character) != "Cc" or character in "\t\r\n")


ids = st.one_of(
    st.sampled_from(["a@b.c", "d@e.f", "1E+05", "4,89E+12", " 1", "1\u00a0", "\n"]),
    st.sampled_from(["1", "2", "3", "", "a+b", "a/b", "9" * 37, "9" * 38, "9" * 39, "i" * 256, "i" * 257]),
    st.text(max_size=5),
)
values = st.one_of(
    st.sampled_from(["", "", "x", "v" * 256, "v" * 257, "é" * 10_667, "\x00", "\x85", 'a"b', "a,b;c\td"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.text('\r\n", %', max_size=5),
)
HEADERS = [["thirdPartyId", "a", "b"], ["a", "thirdPartyId", "b"], ["a b", "ü&", "thirdPartyId"]]


@st.composite
def tables(draw):
    names = draw(st.sampled_from(HEADERS))
    key = names.index("thirdPartyId")
    rows = []
    for _ in range(draw(st.integers(1, 8))):
        row = draw(st.lists(values, min_size=1, max_size=5))
        if key < len(row):
            row[key] = draw(ids)
        rows.append(row)
    return names, rows


def as_csv(names, rows, delimiter, end, mark) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    return mark + out.getvalue().encode()


@given(
    tables(),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from([1, 2, 500_000]),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example((HEADERS[0], [["1", "x"], ["", "", ""], ["1", "\n"], ["1", ""]]), ",", "\n", b"", 1)
def test_problems_and_parts_are_those_of_the_oracle(table, delimiter, end, mark, rows_a_part):
    names, rows = table
    problems, sent, skipped = oracle(names, rows)
    data = as_csv(names, rows, delimiter, end, mark)
    with tempfile.TemporaryDirectory() as folder:
        result = check_bytes(data, Path(folder), Reading(delimiter=delimiter), PartLimits(rows=rows_a_part))
    content = len(rows) - skipped
    if content == 0:
        assert result.found == [(1, "", "no-rows")]
        return
    assert sorted((p.line, p.position, p.code) for p in result.problems) == problems
    assert [row for part in result.parts for row in part.decode().split("\n")[1:-1]] == sent
    assert all(part.count(b"\n") <= rows_a_part + 1 for part in result.parts)
    summary = result.summary
    assert (summary.rows, summary.accepted, summary.skipped) == (content, len(sent), skipped)
    assert (summary.size, summary.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    with_errors = {line for line, _position, code in problems if CODES[code].severity == "error"}
    assert summary.rejected == len(with_errors)
    assert summary.warnings == len({line for line, _position, _code in problems} - with_errors)


@given(tables())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_batch_file_of_ours_is_taken_unchanged(table):
    names, rows = table
    with tempfile.TemporaryDirectory() as folder:
        once = check_bytes(as_csv(names, rows, ",", "\n", b""), Path(folder))
        for part in once.parts:
            again = check_bytes(part, Path(folder))
            assert again.parts == [part]
            assert {CODES[problem.code].severity for problem in again.problems} <= {"warning"}


# Golden files ------------------------------------------------------------------------------------


def golden(kind: str) -> list[str]:
    """The names of the CSV files that have such a golden file."""
    names = (path.name.removesuffix(f".{kind}") for path in FILES.glob(f"*.{kind}"))
    return sorted(name for name in names if (FILES / f"{name}.csv").exists())


@pytest.mark.parametrize("name", golden("report.csv"))
def test_the_report_is_as_printed(tmp_path, name):
    result = check_bytes((FILES / f"{name}.csv").read_bytes(), tmp_path)
    assert "".join(report_lines(result.problems)).encode() == (FILES / f"{name}.report.csv").read_bytes()


@pytest.mark.parametrize("name", golden("summary.json"))
def test_the_summary_is_as_printed(tmp_path, name):
    summary = check_bytes((FILES / f"{name}.csv").read_bytes(), tmp_path).summary.to_json()
    for part in summary["parts"]:
        del part["path"]
    assert summary == json.loads((FILES / f"{name}.summary.json").read_bytes())


# What no plain file with the proposed reading shows, and the tests that do.
SHOWN_ELSEWHERE = {
    "empty-file",
    "no-rows",
    "header-too-big",
    "too-many-columns",
    "not-a-csv",
    "wrong-container",
    "sheet-missing",
    "unpacked-too-big",
    "workbook-too-big",
    "id-number-too-long",
    "header-without-column",
    "value-not-proven",
    "pcid-with-ecid",
}


def test_the_golden_files_show_every_code():
    shown = set(SHOWN_ELSEWHERE)
    for path in FILES.glob("*.report.csv"):
        shown |= {row["code"] for row in csv.DictReader(path.read_text("utf-8").splitlines(keepends=True))}
    for path in FILES.glob("*.summary.json"):
        shown |= {notice["code"] for notice in json.loads(path.read_bytes())["notices"]}
    assert shown == set(CODES)


# The course of a check ---------------------------------------------------------------------------


def test_the_source_is_hashed_whole_even_if_it_cannot_be_used(tmp_path):
    data = b"no,key\n" + b"1,x\n" * 100_000
    summary = check_bytes(data, tmp_path).summary
    assert (summary.usable, summary.size, summary.sha256) == (
        False,
        len(data),
        hashlib.sha256(data).hexdigest(),
    )


def test_a_file_whose_every_row_is_wrong_is_usable_and_has_no_parts(tmp_path):
    result = check_bytes(b"thirdPartyId,a\n1,\n", tmp_path)
    assert (result.summary.usable, result.summary.rejected, result.parts) == (True, 1, [])


def test_unreadable_records_are_rejected_rows(tmp_path):
    result = check_bytes(b'thirdPartyId,a\n1,x\n2,"y\n3,z\n' + b"4" * 1_500_000 + b"\n5,v\n", tmp_path)
    assert result.found == [(3, "a", "unclosed-quote"), (5, "", "row-too-big")]
    assert (result.summary.rows, result.summary.accepted) == (5, 3)
    assert result.problems[0].value == "y\n"


def test_without_a_folder_parts_are_counted_and_hashed_only(tmp_path):
    data = b"thirdPartyId,a\n1,x\n1,y\n"
    written = check_bytes(data, tmp_path).summary.parts
    with ProblemStore.create(tmp_path / "p") as problems:
        counted = check(io.BytesIO(data), Reading(), problems=problems).parts
    assert [(p.rows, p.bytes, p.sha256) for p in counted] == [(p.rows, p.bytes, p.sha256) for p in written]
    assert [part.path for part in counted] == [None]


def test_the_summary_fits_into_json(tmp_path):
    shown = check_bytes(b"thirdPartyId,a\n1,x\n2,\n", tmp_path).summary.to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert shown.pop("sha256")
    assert shown.pop("columns")
    assert shown == {
        "usable": True,
        "size": 22,
        "unpacked_size": None,
        "key": "thirdPartyId",
        "attributes": ["a"],
        "rows": 2,
        "accepted": 1,
        "rejected": 1,
        "skipped": 0,
        "skipped_columns": 0,
        "warnings": 0,
        "duplicates": 0,
        "problems_by_code": {"no-values": 1},
        "parts": [
            {
                "path": str(tmp_path / "parts" / "part-0001.csv"),
                "rows": 1,
                "bytes": 25,
                "sha256": hashlib.sha256(b"batch=thirdPartyId,a\n1,x\n").hexdigest(),
            }
        ],
        "notices": [],
        "fingerprints": None,
        "is_correction": False,
        "corrects": None,
    }


def test_progress_is_told_at_least_every_megabyte(tmp_path):
    told = []
    data = b"thirdPartyId,a\n" + b"".join(b"%d,x\n" % n for n in range(30_000)) + b"v" * 5_000_000
    check_bytes(data, tmp_path, progress=lambda *now: told.append(now))
    assert told == sorted(told)
    assert told[-1] == (len(data), 30_001)
    steps = list(itertools.pairwise(told))
    assert max(after[0] - before[0] for before, after in steps) <= 1_200_000


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4, 5])
def test_what_progress_raises_stops_the_check_and_leaves_nothing(tmp_path, stop_at):
    calls = []

    def progress(_bytes_read, _rows):
        calls.append(1)
        if len(calls) == stop_at:
            raise KeyError

    rows = (b"%d,%s\n" % (n % 9_000, b"x" * 200) for n in range(10_000))
    data = b"thirdPartyId,a\n" + b"".join(rows)
    with pytest.raises(KeyError):
        check_bytes(data, tmp_path, progress=progress)
    assert [path.name for path in tmp_path.rglob("*")] == ["parts"]


MEASURE = """
import resource, sys, pathlib
from uploads.batchfile import ProblemStore, Reading, check
source, work = map(pathlib.Path, sys.argv[1:])
with source.open("rb") as stream, ProblemStore.create(work / "problems") as problems:
    summary = check(stream, Reading(), problems=problems, parts_dir=work / "parts")
print(summary.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_kilobytes(tmp_path: Path, rows: int) -> int:
    source = tmp_path / "source.csv"
    with source.open("wb") as file:
        file.write(b"thirdPartyId,note\n")
        for start in range(0, rows, 1_000):
            # One row in ten has a problem, one in a hundred an id used before.
            file.writelines(
                b"id-%d,%s\n" % (n - n % 100 if n % 100 == 1 else n, b"" if n % 10 == 0 else b"v" * 150)
                for n in range(start, start + 1_000)
            )
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, source, tmp_path],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    checked, peak = map(int, run.stdout.split())
    assert checked == rows
    return peak


def test_memory_does_not_grow_with_the_file(tmp_path):
    """10 MB and 100 MB, in processes of their own."""
    assert peak_kilobytes(tmp_path, 600_000) - peak_kilobytes(tmp_path, 60_000) < 30_000
