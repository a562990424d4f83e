"""The command check_file, as a process: what it prints, what it writes, how it leaves."""

import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.workbooks import rows, text, workbook
from uploads.batchfile import Reading

MANAGE = Path(__file__).parent.parent / "manage.py"
COUNTS = ["rows", "accepted", "rejected", "skipped", "warnings", "problems_by_code", "parts"]
GOOD = b"thirdPartyId,note\n1,Beer & Ale\n2,caf\xc3\xa9\n"


@pytest.fixture
def run(tmp_path):
    """Runs check_file with the folder as working directory, in a process that was prepared."""

    def check_file(*arguments):
        return forked.manage(tmp_path, ["check_file", *map(str, arguments)])

    return check_file


@pytest.fixture
def run_anew(tmp_path):
    """The same as a person does, in a process that starts with nothing configured but the state folder."""
    environment = {"PATH": os.environ["PATH"], "BULKPROFILE_VAR": str(tmp_path / "var")}

    def check_file(*arguments):
        return subprocess.run(
            [sys.executable, MANAGE, "check_file", *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return check_file


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "in.csv") -> str:
        (tmp_path / name).write_bytes(data)
        return name

    return write


@pytest.mark.parametrize(
    ("data", "arguments", "status"),
    [
        pytest.param(GOOD, [], 0, id="every row may go"),
        pytest.param(b"thirdPartyId,a\n1," + b"v" * 257 + b"\n", [], 0, id="a warning"),
        pytest.param(b"thirdPartyId,a\n1,x\n2,\n", [], 1, id="a row with an error"),
        pytest.param(b"thirdPartyId,a\n1,x\n1,y\n", [], 1, id="a duplicate"),
        pytest.param(b"thirdPartyId,a\n1,\n", [], 1, id="every row has errors"),
        pytest.param(b"", [], 2, id="empty"),
        pytest.param(b"thirdPartyId,a\n", [], 2, id="no rows"),
        pytest.param(b"customerID,a\n1,x\n", [], 2, id="a suggested key is not taken"),
        pytest.param(b"customerID,a\n1,x\n", ["--key-column", "customerID"], 0, id="a chosen key is"),
        pytest.param(b"a,id\nx,1\n", ["--key", "pcId", "--key-column", "id"], 0, id="key and column"),
        pytest.param(b"pcId,thirdPartyId\n1,2\n", ["--key", "pcId"], 0, id="key alone"),
    ],
)
def test_the_exit_status_tells_how_much_may_go(run, file, data, arguments, status):
    name = file(data)
    for mode in ([], ["--json"]):
        done = run(name, *arguments, *mode)
        assert (done.returncode, done.stderr) == (status, "")
    result = json.loads(done.stdout)
    assert list(result)[:7] == COUNTS
    assert result["rows"] == result["accepted"] + result["rejected"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(GOOD, 0, id="every row may go"),
        pytest.param(GOOD + b"3,\n", 1, id="some rows have errors"),
        pytest.param(b"", 2, id="it cannot be used"),
    ],
)
def test_it_does_the_same_when_a_person_starts_it(run, run_anew, file, data, status):
    name = file(data)
    by_a_person = run_anew(name, "--json")
    assert (by_a_person.returncode, by_a_person.stderr) == (status, "")
    assert json.loads(by_a_person.stdout) == json.loads(run(name, "--json").stdout)


def test_the_json_object_has_all_that_was_found(run, file, tmp_path):
    done = run(file(GOOD + b"\n3,\n2,again\n"), "--parts", "out/parts", "--problems", "report.csv", "--json")
    sent = b"batch=thirdPartyId,note\n1,Beer%20%26%20Ale\n2,caf%C3%A9\n"
    result = json.loads(done.stdout)
    assert [column["name"] for column in result.pop("columns")] == ["thirdPartyId", "note"]
    assert result == {
        "rows": 4,
        "accepted": 2,
        "rejected": 2,
        "skipped": 1,
        "warnings": 0,
        "problems_by_code": {"id-duplicate": 1, "no-values": 1},
        "parts": [
            {
                "path": "out/parts/part-0001.csv",
                "rows": 2,
                "bytes": len(sent),
                "sha256": hashlib.sha256(sent).hexdigest(),
            }
        ],
        "usable": True,
        "size": len(GOOD) + 12,
        "unpacked_size": None,
        "sha256": hashlib.sha256(GOOD + b"\n3,\n2,again\n").hexdigest(),
        "key": "thirdPartyId",
        "attributes": ["note"],
        "skipped_columns": 0,
        "duplicates": 1,
        "notices": [],
        "fingerprints": None,
        "is_correction": False,
        "corrects": None,
        "reading": Reading(corrects=False).to_json(),
    }
    assert (tmp_path / "out/parts/part-0001.csv").read_bytes() == sent
    report = list(csv.reader((tmp_path / "report.csv").read_text("utf-8").splitlines()))
    assert report[0] == ["line", "column", "code", "severity", "value", "message"]
    assert [row[:5] for row in report[1:]] == [
        ["5", "", "no-values", "error", ""],
        ["6", "thirdPartyId", "id-duplicate", "error", "2"],
    ]


def test_the_report_can_be_corrected_and_checked_again(run, file, tmp_path):
    file(b"id;phone\n1;+49 1\n2;\n;x\n", "upload.csv")
    choice = ("--key-column", "id", "--json")
    assert run("upload.csv", "--report", "report.csv", *choice).returncode == 1
    report = (tmp_path / "report.csv").read_text("utf-8-sig")
    assert [line.split(";")[:4] for line in report.splitlines()] == [
        ["id", "phone", "_line", "_problem"],
        ["2", "", "3", "no-values"],
        ["", "x", "4", "id-missing"],
    ]
    file(report.replace("2;;3", "2;'+49 2;3").replace(";x;4", "3;x;4").encode(), "report.csv")
    result = json.loads(run("report.csv", "--parts", "parts", *choice).stdout)
    assert (result["accepted"], result["is_correction"], result["attributes"]) == (2, True, ["phone"])
    sent = (tmp_path / "parts" / "part-0001.csv").read_bytes()
    assert sent == b"batch=thirdPartyId,phone\n2,%2B49%202\n3,x\n"


def test_unproven_values_are_noticed_or_rejected(run, file):
    name = file(b'thirdPartyId,a\n1,"x,y"\n')
    noticed = json.loads(run(name, "--json").stdout)
    assert [(notice["code"], notice["count"]) for notice in noticed["notices"]] == [("comma-in-value", 1)]
    assert "Values with a comma in the column a: 1." in run(name).stdout
    rejected = json.loads(run(name, "--unproven-values", "reject", "--json").stdout)
    assert (rejected["problems_by_code"], rejected["notices"]) == ({"value-not-proven": 1}, [])
    sent = json.loads(run(name, "--unproven-values", "send", "--json").stdout)
    assert (sent["accepted"], sent["notices"]) == (1, [])


def test_ids_that_version_2_does_not_take_where_ecids_are_used_are_refused(run, file):
    name = file(b"pcId,a\n1514187733806-729395,x\n")
    assert run(name).returncode == 0
    refused = run(name, "--ecid", "--json")
    assert (refused.returncode, json.loads(refused.stdout)["problems_by_code"]) == (
        2,
        {"pcid-with-ecid": 1},
    )  # F11


def test_without_a_folder_for_them_parts_have_no_path(run_anew, file, tmp_path):
    done = run_anew(file(GOOD), "--json")
    assert [part["path"] for part in json.loads(done.stdout)["parts"]] == [None]
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "var"}


def test_neither_database_nor_queue_is_used(run_anew, file, tmp_path):
    run_anew(file(GOOD), "--parts", "parts")
    # Secrets are made on first use, whatever is run first.
    assert {path.suffix for path in (tmp_path / "var").rglob("*") if path.is_file()} <= {".key"}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["missing.csv"], id="no such file"),
        pytest.param(["."], id="a folder"),
        pytest.param(["/dev/null/x"], id="below a file"),
        pytest.param(["in.csv", "--reading", "missing.json"], id="no such reading"),
        pytest.param(["in.csv", "--reading", "in.csv"], id="a reading that is not JSON"),
        pytest.param(["in.csv", "--reading", "bad.json"], id="a reading with an unknown name"),
        pytest.param(["in.csv", "--problems", "missing/out.csv"], id="problems to nowhere"),
        pytest.param(["in.csv", "--problems", "in.csv"], id="problems over the file itself"),
        pytest.param(
            ["in.csv", "--problems", "./parts/part-0001.csv", "--parts", "parts"], id="problems as a part"
        ),
        pytest.param(["in.csv", "--report", "in.csv"], id="the report over the file itself"),
        pytest.param(["in.csv", "--report", "o.csv", "--problems", "./o.csv"], id="both to one file"),
        pytest.param(["in.csv", "--unproven-values", "maybe"], id="an unknown way with unproven values"),
        pytest.param(["in.csv", "--parts", "bad.json"], id="parts to a file"),
        pytest.param(["in.csv", "--key", "ecid"], id="an unknown key"),
        pytest.param(["in.csv", "--nonsense"], id="an unknown argument"),
        pytest.param([], id="no path"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_in_2(run, file, tmp_path, arguments):
    file(GOOD)
    file(b'{"separator": ";"}', "bad.json")
    plain = run(*arguments)
    assert plain.returncode == 2
    assert plain.stderr.strip()
    assert "Traceback" not in plain.stderr
    done = run(*arguments, "--json")
    assert done.returncode == 2
    result = json.loads(done.stdout)
    assert list(result)[:7] == COUNTS
    assert (result["rows"], result["problems_by_code"], result["parts"]) == (0, {}, [])
    assert result["error"]
    assert (tmp_path / "in.csv").read_bytes() == GOOD


def test_a_reading_says_how_to_read(run, file):
    file(b'{"delimiter": ";", "key": "pcId", "key_column": "TNT"}', "reading.json")
    done = run(file(b"a,b;TNT\nx,y;1\n"), "--reading", "reading.json", "--json")
    result = json.loads(done.stdout)
    assert (result["key"], result["attributes"], result["accepted"]) == ("pcId", ["a,b"], 1)


def test_the_arguments_go_before_the_reading(run, file):
    file(b'{"key": "pcId", "key_column": "a"}', "reading.json")
    arguments = ("--reading", "reading.json", "--key", "thirdPartyId", "--key-column", "b", "--json")
    result = json.loads(run(file(b"a,b\n1,2\n"), *arguments).stdout)
    assert (result["key"], result["attributes"]) == ("thirdPartyId", ["a"])


def test_a_reading_without_a_key_leaves_it_to_the_header(run, file):
    file(b'\xef\xbb\xbf{"format": "csv"}', "reading.json")
    result = json.loads(run(file(b"a;pcId\n1;2\n"), "--reading", "reading.json", "--json").stdout)
    assert (result["key"], result["reading"]["delimiter"]) == ("pcId", ";")


def test_parts_of_an_earlier_run_do_not_stay_behind(run, file, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "part-0001.csv").write_bytes(b"batch=pcId,a\n1,x\n")
    (tmp_path / "parts" / "part-0002.csv").write_bytes(b"batch=pcId,a\n2,x\n")
    (tmp_path / "parts" / "mine.csv").write_bytes(b"mine")
    assert run(file(GOOD), "--parts", "parts").returncode == 0
    assert {path.name for path in (tmp_path / "parts").iterdir()} == {"part-0001.csv", "mine.csv"}


@pytest.mark.parametrize(
    "source", ["parts/part-0001.csv", "in.csv"], ids=["the source itself", "another's file"]
)
def test_files_that_only_look_like_parts_are_not_overwritten(run, file, tmp_path, source):
    (tmp_path / "parts").mkdir()
    file(GOOD)
    file(GOOD, "parts/part-0001.csv")
    done = run(source, "--parts", "parts", "--json")
    assert done.returncode == 2
    assert "overwrite" in json.loads(done.stdout)["error"]
    assert (tmp_path / "parts" / "part-0001.csv").read_bytes() == GOOD


def test_people_get_a_summary_in_words(run, file):
    done = run(file(b"thirdPartyId,a\n1,x\n2,\n\n"), "--parts", "parts")
    for words in ("in.csv", "accepted", "1", "no-values", "No values to send", "parts/part-0001.csv"):
        assert words in done.stdout


def test_people_are_told_why_a_file_cannot_be_used(run, file):
    done = run(file(b"customerID,a,a\n1,x,y\n"))
    assert "Is it customerID, as thirdPartyId?" in done.stdout
    assert "header-duplicate" in done.stdout


def test_the_rest_is_detected_with_the_encoding_that_the_reading_names(run, file, tmp_path):
    chosen = tmp_path / "reading.json"
    chosen.write_text('{"encoding": "utf-16-le"}')
    path = file("thirdPartyId;tier\nA1;gold\n".encode("utf-16-le"))
    result = run(path, "--reading", chosen, "--json")
    assert json.loads(result.stdout)["accepted"] == 1


def test_a_reading_may_make_every_choice_and_comes_back_with_the_figures(run, file, tmp_path):
    choices = {
        "format": "csv",
        "encoding": "windows-1252",
        "delimiter": ";",
        "key": "thirdPartyId",
        "key_column": "Kunde",
        "container": "gzip",
        "sheet": None,
        "trim": True,
        "blanks": ["NULL"],
        "duplicates": "last",
        "dont_send": ["intern"],
        "mapping": {"Ort": "city"},
        "clear": {"tier": "none"},
        "corrects": False,
    }
    file(json.dumps(choices).encode(), "reading.json")
    packed = gzip.compress(
        "Kunde;Ort;intern;tier\n A1;Köln;x;NULL\nA1 ;Genève;y;gold\n".encode("windows-1252")
    )
    done = run(file(packed, "in.csv.gz"), "--reading", "reading.json", "--parts", "parts", "--json")
    result = json.loads(done.stdout)
    assert result["reading"] == choices
    assert (tmp_path / "parts" / "part-0001.csv").read_bytes() == (
        b"batch=thirdPartyId,city,tier\nA1,Gen%C3%A8ve,gold\n"
    )
    told = [
        (column["name"], column["sent_as"], column["filled"], column["empty"]) for column in result["columns"]
    ]
    assert told == [
        ("Kunde", "thirdPartyId", 2, 0),
        ("Ort", "city", 2, 0),
        ("intern", None, 2, 0),
        ("tier", "tier", 1, 1),
    ]


def test_a_reading_names_the_sheet_of_a_workbook(run, file):
    header = [text("thirdPartyId"), text("a")]
    book = workbook(
        {"One": rows(header, [text("1"), text("x")]), "Two": rows(header, [text("2"), text("y")])}
    )
    file(b'{"sheet": "Two"}', "reading.json")
    result = json.loads(run(file(book, "in.xlsx"), "--reading", "reading.json", "--json").stdout)
    assert (result["reading"]["container"], result["reading"]["sheet"]) == ("xlsx", "Two")
    assert result["columns"][0]["samples"] == ["2"]
