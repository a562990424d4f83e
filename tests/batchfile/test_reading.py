import pytest

from uploads.batchfile import Reading, ReadingError

FULL = {
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ";",
    "key": "pcId",
    "key_column": "TNT ID",
    "container": "xlsx",
    "sheet": "Feuil1",
    "trim": True,
    "blanks": ["NULL", "N/A"],
    "duplicates": "last",
    "dont_send": ["phone", ""],
    "mapping": {"Level": "level"},
    "clear": {"Level": "none"},
    "corrects": False,
}


def test_a_reading_survives_json():
    assert Reading.from_json(FULL).to_json() == FULL


def test_what_json_leaves_out_comes_from_the_defaults():
    assert Reading.from_json({"key": "pcId"}, Reading(delimiter="\t")) == Reading(delimiter="\t", key="pcId")


def test_an_empty_object_is_the_plain_reading():
    assert Reading.from_json({}) == Reading("csv", "utf-8", ",", None, None)


def test_batch_format_brings_its_comma_along():
    assert Reading.from_json({"format": "batch"}, Reading(delimiter=";")) == Reading(format="batch")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        pytest.param({"separator": ","}, "'separator'", id="unknown name"),
        pytest.param({"format": "xlsx"}, "'csv', 'batch'", id="unknown format"),
        pytest.param({"encoding": "latin-1"}, "'utf-8'", id="unknown encoding"),
        pytest.param({"delimiter": ":"}, "';'", id="unknown delimiter"),
        pytest.param({"delimiter": 1}, "';'", id="delimiter of another type"),
        pytest.param({"format": None}, "'csv', 'batch'", id="null format"),
        pytest.param({"format": ["csv"]}, "'csv', 'batch'", id="list of formats"),
        pytest.param({"key": "pcid"}, "'pcId', 'thirdPartyId'", id="key in other letter case"),
        pytest.param({"key": True}, "'pcId', 'thirdPartyId'", id="key of another type"),
        pytest.param({"key_column": 3}, "name of a column", id="column by number"),
        pytest.param({"format": "batch", "delimiter": ";"}, "commas", id="batch format with semicolons"),
        pytest.param({"trim": 1}, "True, False", id="trim by number"),
        pytest.param({"corrects": "yes"}, "True, False, null", id="corrects by word"),
        pytest.param({"blanks": "NULL"}, "list of texts", id="blanks as one text"),
        pytest.param({"blanks": [None]}, "list of texts", id="null among blanks"),
        pytest.param({"dont_send": {"a": 1}}, "list of texts", id="columns as an object"),
        pytest.param({"duplicates": "all"}, "'first', 'last', 'reject'", id="unknown way with duplicates"),
        pytest.param({"duplicates": None}, "'first', 'last', 'reject'", id="no way with duplicates"),
        pytest.param({"mapping": [["a", "b"]]}, "header names", id="mapping as a list"),
        pytest.param({"mapping": {"a": None}}, "header names", id="mapping to null"),
        pytest.param({"key_column": "a", "dont_send": ["a"]}, "always sent", id="key column not sent"),
        pytest.param({"clear": ["a"]}, "header names", id="clear values as a list"),
        pytest.param({"clear": {"a": None}}, "header names", id="clear by null"),
        pytest.param({"clear": {"a": ""}}, "1 to 256", id="clear by nothing"),
        pytest.param({"clear": {"a": " "}}, "spaces around", id="clear by a space"),
        pytest.param({"clear": {"a": "none "}}, "spaces around", id="clear with a space behind"),
        pytest.param({"clear": {"a": "x" * 257}}, "1 to 256", id="clear by a long text (F9)"),
        pytest.param({"clear": {"a": "no,ne"}}, "without commas", id="clear with a comma (F5)"),
        pytest.param({"clear": {"a": "no\nne"}}, "control characters", id="clear with a line break (F5)"),
        pytest.param({"clear": {"a": "\ud800"}}, "control characters", id="clear by half a character"),
        pytest.param(
            {"clear": {str(column): "x" * 256 for column in range(251)}}, "64000 encoded", id="too much (F8)"
        ),
        pytest.param({"key_column": "a", "clear": {"a": "none"}}, "never blank", id="key column cleared"),
        pytest.param([], "JSON object", id="list"),
        pytest.param(None, "JSON object", id="null"),
    ],
)
def test_a_wrong_reading_is_refused_with_what_is_allowed(value, says):
    with pytest.raises(ReadingError, match=says):
        Reading.from_json(value)
