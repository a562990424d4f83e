import csv
import io
import re
from pathlib import Path

import pytest

from uploads import explanations
from uploads.batchfile import CODES, Notice, Problem
from uploads.batchfile.header import NAME_LIMIT

# One problem of each sentence that depends on parameters; the golden files show the others whole.
EXAMPLES = {
    "not-a-csv": {"kind": "pdf"},
    "wrong-container": {"found": "zip", "chosen": None},
    "sheet-missing": {"sheet": "Data", "found": ["Sheet1", "Sheet2"]},
    "unpacked-too-big": {"limit": 1_000_000_000},
    "workbook-too-big": {"cells": 3_000_000, "bytes": 300_000_000},
    "header-too-big": {"limit": 1_000_000},
    "too-many-columns": {"columns": 10_001, "limit": 10_000},
    "header-key": {"reason": "missing", "found": []},
    "header-name": {"reason": "too-long", "length": 129, "limit": NAME_LIMIT},
    "header-duplicate": {"name": "a", "first_position": 1},
    "header-without-column": {"name": "phone"},
    "null-words": {"words": ["NULL", "None"]},
    "control-character": {"characters": ["U+0000", "U+0007"]},
    "id-forbidden-character": {"characters": ["+"]},
    "id-too-long": {"length": 257, "limit": 256},
    "id-duplicate": {"first_line": 12345},
    "too-many-values": {"columns": 3, "surplus": 1},
    "row-too-big": {"bytes": 64_001, "limit": 64_000},
    "row-near-limit": {"bytes": 51_200, "limit": 64_000},
    "value-too-long": {"length": 257, "limit": 256},
}

SUGGESTED = {
    "reason": "missing",
    "found": [],
    "suggested_column": "crm",
    "suggested_key": "thirdPartyId",
}


def explained(code: str, params: dict | None = None, position: int = 4) -> str:
    params = params or EXAMPLES.get(code, {})
    if CODES[code].severity == "notice":
        return explanations.explain_notice(Notice(code, "a", 8_410, params=params))
    return explanations.explain(Problem(1, "a", code, "x", params, position))


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_title_an_advice_and_an_explanation(code):
    advice = str(explanations.advice(code))
    explanation = explained(code)
    assert str(explanations.title(code))[0].isupper()
    assert not str(explanations.title(code)).endswith(".")
    assert advice.endswith(".")
    assert explanation.endswith(advice)
    assert len(explanation) > len(advice)
    assert "{" not in explanation


@pytest.mark.parametrize(
    ("code", "params", "says"),
    [
        pytest.param("id-duplicate", {"first_line": 12345}, "line 12345 has the same id", id="first line"),
        pytest.param("row-too-big", {"limit": 1_000_000}, "longer than 1,000,000 bytes", id="not read whole"),
        pytest.param("unclosed-quote", {"header": True}, "opens this column name", id="quote in the header"),
        pytest.param(
            "header-key",
            SUGGESTED | {"suggested_by": "ends-in-id"},
            "Is it crm, as thirdPartyId? Its name ends like that of an id",
            id="suggestion",
        ),
        pytest.param(
            "header-key", SUGGESTED | {"suggested_by": "exact"}, "It has the right name.", id="exact name"
        ),
        pytest.param(
            "header-key", SUGGESTED | {"suggested_by": "spelling"}, "exactly this spelling", id="misspelt"
        ),
        pytest.param(
            "header-key",
            SUGGESTED | {"suggested_by": "page-parameter"},
            "pages call the same id; in a file its name is thirdPartyId",
            id="name of a page's parameter",
        ),
        pytest.param(
            "header-key", SUGGESTED | {"suggested_by": "target-id"}, "its name is pcId", id="TNT id"
        ),
        pytest.param("header-key", SUGGESTED | {"suggested_by": "values"}, "Its values", id="values"),
        pytest.param(
            "header-key",
            SUGGESTED | {"suggested_by": "customer-number"},
            "if your pages send the same as mbox3rdPartyId",
            id="customer number",
        ),
        pytest.param(
            "header-key",
            SUGGESTED | {"suggested_by": "ends-in-id", "ecid_column": "mcid"},
            "About the column mcid: these look like ECIDs",
            id="suggestion beside an ecid",
        ),
        pytest.param("id-duplicate", {"kept_line": 7}, "Only the last good row", id="last one wins"),
        pytest.param("id-duplicate", {"other_line": 7}, "None of the rows", id="none of them"),
        pytest.param(
            "header-key",
            {"reason": "several", "found": ["pcId", "thirdPartyId"]},
            "(pcId, thirdPartyId)",
            id="both",
        ),
        pytest.param(
            "header-key",
            {"reason": "repeated", "found": ["a"], "chosen": "a"},
            "more than once",
            id="repeated",
        ),
        pytest.param(
            "header-key",
            {"reason": "not-in-header", "found": [], "chosen": "b"},
            "no column b",
            id="not there",
        ),
        pytest.param(
            "header-key",
            {"reason": "ecid", "found": [], "ecid_column": "MCID"},
            "these look like ECIDs, which this API cannot take; use the id that your pages send as "
            "mbox3rdPartyId, or Customer Attributes, which also need a source id such as a CRM or loyalty id",
            id="ecid",
        ),
        pytest.param("header-name", {"reason": "empty"}, "Column 4 has no name", id="no name"),
        pytest.param(
            "header-name", {"reason": "profile-prefix", "bare": "level"}, "sent as “level”", id="prefix"
        ),
        pytest.param("header-name", {"reason": "control-character"}, "invisible", id="control character"),
        pytest.param(
            "header-duplicate",
            {"name": "{odd}", "first_position": 1},
            "Columns 1 and 4 would both be sent as {odd}",
            id="braces in a name",
        ),
    ],
)
def test_the_sentence_fits_the_case(code, params, says):
    assert says in explained(code, params)


def test_the_report_has_its_columns_in_order_and_one_line_a_problem():
    problems = [
        Problem(2, "a,b", "no-values"),
        Problem(3, "note", "value-too-long", 'two\r\n"lines"', {"length": 300, "limit": 256}, 2),
    ]
    text = "".join(explanations.report_lines(problems))
    header, first, second = csv.reader(io.StringIO(text, newline=""))
    assert header == ["line", "column", "code", "severity", "value", "message"]
    assert first[:5] == ["2", "a,b", "no-values", "error", ""]
    assert second[:5] == ["3", "note", "value-too-long", "warning", 'two\r\n"lines"']
    assert second[5] == explanations.explain(problems[1])
    assert text.endswith("\n") and not text.endswith("\r\n")


def test_the_documentation_names_every_code_with_its_severity_and_words():
    text = (Path(__file__).parents[1] / "docs" / "check-file.md").read_text()
    listed = re.findall(
        r"^\| `([a-z0-9-]+)` \| (error|warning|notice) \| (?:file|column|row) \| (.+?) \|", text, re.M
    )
    assert listed == [(code, about.severity, str(explanations.title(code))) for code, about in CODES.items()]
