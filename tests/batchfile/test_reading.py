import pytest

from uploads.batchfile import Reading, ReadingError

FULL = {"format": "csv", "encoding": "utf-8", "delimiter": ";", "key": "pcId", "key_column": "TNT ID"}


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
        pytest.param({"delimiter": "|"}, "';'", id="unknown delimiter"),
        pytest.param({"delimiter": 1}, "';'", id="delimiter of another type"),
        pytest.param({"format": None}, "'csv', 'batch'", id="null format"),
        pytest.param({"format": ["csv"]}, "'csv', 'batch'", id="list of formats"),
        pytest.param({"key": "pcid"}, "'pcId', 'thirdPartyId'", id="key in other letter case"),
        pytest.param({"key": True}, "'pcId', 'thirdPartyId'", id="key of another type"),
        pytest.param({"key_column": 3}, "name of a column", id="column by number"),
        pytest.param({"format": "batch", "delimiter": ";"}, "commas", id="batch format with semicolons"),
        pytest.param([], "JSON object", id="list"),
        pytest.param(None, "JSON object", id="null"),
    ],
)
def test_a_wrong_reading_is_refused_with_what_is_allowed(value, says):
    with pytest.raises(ReadingError, match=says):
        Reading.from_json(value)
