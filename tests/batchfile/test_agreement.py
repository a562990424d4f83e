"""The check in bulk says of every file what the reference says; `tests.bench.agreement` asks of more."""

from types import SimpleNamespace

import pytest

from tests.bench.agreement import disagree, said_of
from uploads.batchfile import Reading

_FILES = 600
_GROUPS = 12


@pytest.mark.parametrize("group", range(_GROUPS))
def test_the_check_in_bulk_agrees_with_the_reference_on_nasty_files(group):
    assert [number for number in range(group, _FILES, _GROUPS) if disagree(number)] == []


@pytest.mark.parametrize(
    "choice", [{"trim": True}, {"blanks": ("NULL",)}, {"trim": True, "blanks": ("NULL",)}], ids=str
)
@pytest.mark.parametrize("surplus", [b" ", b"NULL", b" NULL ", b"x"])
def test_the_ways_agree_on_what_stands_only_behind_the_columns(tmp_path, surplus, choice):
    file = SimpleNamespace(
        data=b"thirdPartyId,a\n1,x\n,," + surplus + b"\nNULL, ," + surplus + b"\n",
        reading=Reading(**choice),
        choices={},
        piece_bytes=1_000,
    )
    assert said_of(file, tmp_path / "bulk", row_by_row=False) == said_of(
        file, tmp_path / "rows", row_by_row=True
    )
