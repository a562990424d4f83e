"""The order of the test files."""

from pathlib import Path

from tests.support.longest import LONGEST

ROOT = Path(__file__).resolve().parents[2]


def test_the_longest_files_are_there():
    """One that was renamed would wait for its turn behind all others."""
    assert [path for path in LONGEST if not (ROOT / path).exists()] == []
