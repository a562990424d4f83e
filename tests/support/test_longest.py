"""The order of the test files."""

from pathlib import Path

from tests.support.longest import FILES

ROOT = Path(__file__).resolve().parents[2]


def test_the_longest_files_are_there():
    """One that was renamed would wait for its turn behind all others."""
    assert [path for path in FILES if not (ROOT / path).exists()] == []


def test_each_file_about_the_browser_has_its_place():
    """One without would start the whole product and a browser for itself."""
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "browser").glob("test_*.py")}
    assert found == {path for path in FILES if path.startswith("tests/browser/")}
