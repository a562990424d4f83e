import pytest

from tests.batchfile.checked import check_bytes
from uploads.batchfile import CODES
from uploads.pages import problem_guide
from uploads.pages.guide_examples import EXAMPLES

#: What a destination has to say, for a problem to be one.
RULES = {"value-not-proven": {"unproven_values": "reject"}, "pcid-with-ecid": {"takes_pcids": False}}
WITH_FILES = {code: example for code, example in EXAMPLES.items() if example.after}


def found_in(data: bytes, folder, code: str):
    """What the check finds with this code, by (column, parameters)."""
    result = check_bytes(data, folder, **RULES.get(code, {}))
    return [
        (each.column, each.params)
        for each in (*result.problems, *result.summary.notices)
        if each.code == code
    ]


def test_the_guide_has_every_code_once():
    shown = [entry.code for group in problem_guide() for entry in group.entries]
    assert sorted(shown) == sorted(CODES)


@pytest.mark.parametrize("code", WITH_FILES)
def test_the_check_finds_in_an_example_what_the_guide_says(code, tmp_path):
    example = WITH_FILES[code]
    assert found_in(example.before, tmp_path, code) == [(example.found.column, example.found.params)]


@pytest.mark.parametrize("code", WITH_FILES)
def test_the_corrected_example_has_the_problem_no_more(code, tmp_path):
    assert found_in(WITH_FILES[code].after, tmp_path, code) == []


def test_an_example_shows_what_cannot_be_seen_and_cuts_what_is_long():
    entries = {entry.code: entry for group in problem_guide() for entry in group.entries}
    assert entries["control-character"].before.split("\n")[-1] == "C-1001,gold␋,Lima"
    assert entries["undecodable"].before.split("\n")[-1] == r"C-1003,Bogot\xe1"
    assert entries["id-too-long"].before.endswith("…")
