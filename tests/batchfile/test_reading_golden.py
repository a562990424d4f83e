"""Files as people have them, byte for byte, each with everything that is to come of it."""

import io
import json
from pathlib import Path

import pytest

from uploads import explanations
from uploads.batchfile import Reading, detect

from .checked import as_detected, check_bytes

FILES = Path(__file__).parent.parent / "files" / "reading"
TOLD = ("format", "encoding", "delimiter", "container", "sheet", "key", "key_column")
AT_FIRST_SIGHT = ("encoding", "delimiter", "sheet")


def report_of(path: Path, folder: Path) -> dict:
    """How the file is read (with the choices beside it, if there are any), what is wrong, what is sent.

    The choices are those of a reading, and `unproven_values` and `takes_pcids`, which a destination makes.
    """
    data = path.read_bytes()
    chosen = path.with_name(f"{path.name}.choices.json")
    choices = json.loads(chosen.read_bytes()) if chosen.exists() else {}
    rules = {name: choices.pop(name) for name in ("unproven_values", "takes_pcids") if name in choices}
    reading = Reading.from_json(choices, as_detected(data))
    seen = detect(io.BytesIO(data), **{name: choices.get(name) for name in AT_FIRST_SIGHT})
    result = check_bytes(data, folder, reading, **rules)
    summary = result.summary.to_json()
    for part in summary["parts"]:
        del part["path"]
    return {
        "reading": {
            name: value for name, value in reading.to_json().items() if name in TOLD or name in choices
        },
        "seen_at_once": [problem.code for problem in seen.problems],
        "summary": {name: value for name, value in summary.items() if name != "fingerprints"},
        "problems": [
            [problem.line, problem.column, problem.code, problem.value, explanations.explain(problem)]
            for problem in result.problems
        ],
        "rows": result.rows,
    }


@pytest.mark.parametrize("report", sorted(path.name for path in FILES.glob("*.report.json")))
def test_the_file_is_read_as_written_beside_it(tmp_path, report):
    path = FILES / report.removesuffix(".report.json")
    assert report_of(path, tmp_path) == json.loads((FILES / report).read_bytes())


def test_every_file_has_its_report():
    files = {
        path.name for path in FILES.iterdir() if not path.name.endswith((".report.json", ".choices.json"))
    }
    assert {f"{name}.report.json" for name in files} == {path.name for path in FILES.glob("*.report.json")}
