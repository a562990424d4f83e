"""The check in bulk says of every file what the reference says; `tests.bench.agreement` asks of more."""

import pytest

from tests.bench.agreement import disagree

_FILES = 600
_GROUPS = 12


@pytest.mark.parametrize("group", range(_GROUPS))
def test_the_check_in_bulk_agrees_with_the_reference_on_nasty_files(group):
    assert [number for number in range(group, _FILES, _GROUPS) if disagree(number)] == []
