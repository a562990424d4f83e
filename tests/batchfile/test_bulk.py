"""The reading in bulk finds the records that the reference finds, whatever the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.batchfile.bulk import in_bulk
from uploads.batchfile.reading import Reading
from uploads.batchfile.records import Record, records_of
from uploads.batchfile.tables import records_in

NASTY = [b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"a", b" ", b"\xc3\xa9", b"\xff", b"\x00", b"\x1e", b'","']


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
