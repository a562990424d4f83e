"""Lists as files, line by line: as a CSV that no spreadsheet takes for formulas, and as JSON Lines."""

import json
from collections.abc import Iterable, Iterator, Sequence

from uploads.batchfile import line_writer, protect


def csv_file(header: Sequence[str], records: Iterable[dict]) -> Iterator[str]:
    """The records, each with the keys of the header in its order; what is no plain value becomes JSON."""
    line_of = line_writer()
    yield "\ufeff" + line_of(header)
    for record in records:
        yield line_of(_cell(value) for value in record.values())


def json_file(records: Iterable[dict]) -> Iterator[str]:
    """The records, each one JSON object a line."""
    for record in records:
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else protect(str(value))
