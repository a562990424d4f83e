"""Lists as files, line by line: as a CSV that no spreadsheet takes for formulas, and as JSON Lines."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence

from uploads.batchfile import protect


def csv_file(header: Sequence[str], records: Iterable[dict]) -> Iterator[str]:
    """The records, each with the keys of the header in its order; what is no plain value becomes JSON."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield "\ufeff" + writer.writerow(header)
    for record in records:
        yield writer.writerow(_cell(value) for value in record.values())


def json_file(records: Iterable[dict]) -> Iterator[str]:
    """The records, each one JSON object a line."""
    for record in records:
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else protect(str(value))


class _Echo:
    """A file for csv.writer that gives every line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line
