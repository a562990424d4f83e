"""The fast way says of every file what the reference says; `python -m tests.bench.agreement` asks more."""

import pytest

from tests.bench.agreement import disagree

_FILES = 600
_GROUPS = 12


@pytest.mark.parametrize("group", range(_GROUPS))
def test_the_fast_way_agrees_with_the_reference_on_nasty_files(group):
    assert [number for number in range(group, _FILES, _GROUPS) if disagree(number)] == []
