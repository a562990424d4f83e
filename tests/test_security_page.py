"""docs/security.md: every rule of the standard once, and no test that does not exist."""

import re
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
RULES = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if re.match(r"\| V\d+\.\d+\.\d+ ", line)
]
NOT_HERE = re.findall(r"^\| (V\d+\.\d+) \|", PAGE, re.MULTILINE)
#: How many rules of levels 1 and 2 each section of OWASP ASVS 5.0.0 has; they stand before those of level 3.
SECTIONS = {
    "V1": [2, 9, 11, 3, 2],
    "V2": [3, 3, 4, 1],
    "V3": [0, 2, 4, 6, 5, 0, 2],
    "V4": [3, 1, 2, 4],
    "V5": [1, 3, 2, 3],
    "V6": [3, 12, 4, 4, 5, 3, 0, 4],
    "V7": [3, 4, 2, 5, 2, 2],
    "V8": [2, 3, 1, 1],
    "V9": [3, 4],
    "V10": [2, 2, 4, 11, 5, 2, 3],
    "V11": [2, 3, 3, 4, 1, 1, 0],
    "V12": [3, 2, 4],
    "V13": [1, 5, 2, 5],
    "V14": [2, 4, 3],
    "V15": [3, 3, 7, 0],
    "V16": [1, 5, 4, 3, 3],
    "V17": [1, 4, 2],
}


def test_every_rule_stands_there_once_and_no_other():
    expected = [
        f"{chapter}.{section}.{number}"
        for chapter, counts in SECTIONS.items()
        for section, count in enumerate(counts, start=1)
        for number in range(1, count + 1)
        if f"{chapter}.{section}" not in NOT_HERE
    ]

    assert len(expected) + sum(_rules_of(section) for section in NOT_HERE) == 253
    assert Counter(row[0] for row in RULES) == Counter(expected)


def _rules_of(section: str) -> int:
    chapter, number = section.split(".")
    return SECTIONS[chapter][int(number) - 1]


def test_every_rule_says_whether_and_how_it_is_met():
    for rule, status, how, *_tests in RULES:
        assert status in {"met", "partly", "not met", "admin", "–"}, rule  # noqa: RUF001 (a dash is meant)
        assert how, rule


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`([\w/]+\.py(?:::\w+)?)`", PAGE))))
def test_what_is_named_exists(named):
    file, _separator, function = named.partition("::")
    if not function and not (TESTS / file).exists():
        assert (TESTS.parent / file).exists()
        return
    assert re.search(
        rf"^def {function}\(" if function else "^def test_", (TESTS / file).read_text(), re.MULTILINE
    )
