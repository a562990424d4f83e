"""The reading in bulk finds the records that the reference finds, whatever the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.batchfile.bulk import in_bulk
from uploads.batchfile.lines import PIECE_BYTES
from uploads.batchfile.reading import Reading
from uploads.batchfile.records import Record, records_of
from uploads.batchfile.tables import Table, records_in

NASTY = [
    b'"',
    b'""',
    b",",
    b"\n",
    b"\r",
    b"\r\n",
    b"a",
    b" ",
    b"\xc3\xa9",
    b"\xff",
    b"\xc3",
    b"\xa9",
    b"\x00",
    b"\x1e",
    b'","',
]
NASTY += [b'x"y', b'"x"y\n', b'\n"a', b'"\n']


def alike(records) -> tuple[list[Record], int]:
    """The records with content, and how many rows there are in all: those without may come in one."""
    records = list(records)
    with_content = [record for record in records if record.fault or any(record.cells)]
    return with_content, sum(record.rows for record in records)


def bulk_records(blocks: list[bytes], reading: Reading, piece_bytes: int) -> list[Record]:
    records = records_of(blocks, reading)
    first = next(iter(records), None)
    rest = [record for batch in in_bulk(records, reading, piece_bytes) for record in records_in(batch)]
    return [first, *rest] if first else rest


@pytest.mark.parametrize("reading", [Reading(), Reading(delimiter="\t"), Reading(format="batch")], ids=str)
@given(parts=st.lists(st.sampled_from(NASTY), max_size=40), cut=st.integers(1, 7), piece=st.integers(1, 20))
def test_the_records_in_bulk_are_those_of_the_reference(reading, parts, cut, piece):
    data = b"".join(parts).replace(b",", reading.delimiter.encode())
    blocks = [data[at : at + cut] for at in range(0, len(data), cut)]
    assert alike(bulk_records(blocks, reading, piece)) == alike(records_of([data] if data else [], reading))


@pytest.mark.parametrize(
    "stray",
    [
        pytest.param(b'7,"quoted" as they say', id="text behind a quoted value"),
        pytest.param(b'7,5" pipe', id="a quote in the midst of a value"),
        pytest.param(b'7,"a ""b"" c" d,"x"', id="doubled quotes as well"),
        pytest.param(b'7,"a,b"c,d', id="a delimiter within"),
    ],
)
def test_lines_with_stray_quotes_are_taken_in_bulk(stray):
    data = b"id,a,b\n" + (b'1,"x\ny",z\n2,x,y\n' + stray + b"\n") * 50
    records = records_of([data], Reading())
    first = next(iter(records))
    (table,) = in_bulk(records, Reading(), PIECE_BYTES)
    assert isinstance(table, Table)
    assert [first, *records_in(table)] == list(records_of([data], Reading()))
