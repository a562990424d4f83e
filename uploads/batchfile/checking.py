"""The check: one pass over the whole file that finds every problem and makes the batch files."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from .duplicates import DuplicateLog
from .encoding import decode_text
from .header import Header, read_header
from .lines import RECORD_LIMIT, Source
from .parts import PartFile, PartLimits, PartWriter, encoded_rows, publish
from .problems import ERROR, Problem, excerpt
from .reading import Reading
from .records import TOO_BIG, Record, read_records
from .rules import RowRules
from .store import ProblemWriter

_RECORDS_A_REPORT = 5_000
_BYTES_A_REPORT = 1_000_000
_ROWS_FOR_SUGGESTION = 50

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Summary:
    """What a check found.

    usable: whether the file can be used at all; if not, there are no rows and no parts.
    size, sha256: bytes and hexadecimal SHA-256 of the whole source, in any case.
    key, attributes: the kind of id and the other columns' names, as sent; None and [] if unusable.
    rows: content rows, accepted + rejected; skipped: rows without content, around and among them.
    skipped_columns: columns behind the last one that has a name.
    warnings: rows that have warnings and no errors (they are accepted).
    """

    usable: bool
    size: int
    sha256: str
    key: str | None
    attributes: list[str]
    rows: int
    accepted: int
    rejected: int
    skipped: int
    skipped_columns: int
    warnings: int
    problems_by_code: dict[str, int]
    parts: list[PartFile]

    def to_json(self) -> dict:
        """The summary as an object that JSON can hold; paths become strings."""
        parts = [asdict(part) | {"path": part.path and str(part.path)} for part in self.parts]
        return asdict(self) | {"parts": parts}


def check(
    stream: BinaryIO,
    reading: Reading,
    *,
    problems: ProblemWriter,
    parts_dir: Path | None = None,
    progress: Progress | None = None,
    limits: PartLimits | None = None,
) -> Summary:
    """Check the whole file and write its batch files.

    stream: seekable; read once from its start.
    problems: gets every problem, in no particular order.
    parts_dir: the folder for the batch files, made if need be; parts of an earlier check in it are
        replaced, other files are left alone. None: the parts are counted and hashed only.
    progress: called now and then with the bytes and the rows read so far; what it raises stops the
        check and passes through, and no parts are left behind.

    Raises OSError or sqlite3.Error where the disk fails; a file however broken raises nothing.
    """
    if parts_dir is not None:
        parts_dir.mkdir(parents=True, exist_ok=True)
    # Next to where the parts will be: publishing them is then a rename.
    with tempfile.TemporaryDirectory(dir=parts_dir, prefix=".checking-") as work:
        one_check = _Check(stream, reading, problems, progress or _no_progress, limits or PartLimits())
        summary = one_check.run(Path(work))
        if parts_dir is None:
            return replace(summary, parts=[replace(part, path=None) for part in summary.parts])
        return replace(summary, parts=publish(summary.parts, parts_dir))


class _Check:
    """The state of one check."""

    def __init__(
        self,
        stream: BinaryIO,
        reading: Reading,
        problems: ProblemWriter,
        progress: Progress,
        limits: PartLimits,
    ):
        self._reading = reading
        self._problems = problems
        self._progress = progress
        self._limits = limits
        self._rows = self._accepted = self._skipped = self._warnings = 0
        self._skipped_columns = 0
        self._reported = 0
        self._source = Source(stream, self._report_bytes)

    def run(self, work: Path) -> Summary:
        """Check the file; the parts are left in the folder `work`."""
        records = read_records(self._source, self._reading)
        header = self._read_header(records)
        if header is None:
            return self._unusable()
        passed = work / "passed"
        passed.mkdir()
        names = [header.key, *header.attributes]
        with PartWriter(passed, names, self._limits) as writer, DuplicateLog(work) as log:
            self._check_rows(records, header, writer, log)
        if not self._rows:
            self._problems.add(Problem(header.line, "", "no-rows"))
            return self._unusable()
        parts = self._leave_out_duplicates(work, header, names, log, writer.parts)
        return self._summary(usable=True, key=header.key, attributes=header.attributes, parts=parts)

    def _read_header(self, records) -> Header | None:
        """The header, or None if the file cannot be used; its problems are then noted."""
        for record in records:
            if not record.fault and not any(record.cells):
                self._skipped += 1
                continue
            rows = (record.cells for record in islice(records, _ROWS_FOR_SUGGESTION))
            header = read_header(record, self._reading, rows)
            self._skipped_columns = header.skipped_columns
            for problem in header.problems:
                self._problems.add(problem)
            return None if header.problems else header
        self._problems.add(Problem(1, "", "empty-file"))
        return None

    def _check_rows(self, records, header: Header, writer: PartWriter, log: DuplicateLog) -> None:
        rules = RowRules(header.names, header.key_index, header.key, self._reading.format == "batch")
        for number, record in enumerate(records):
            if number % _RECORDS_A_REPORT == 0:
                self._report()
            if record.fault:
                self._rows += 1
                self._problems.add(_faulty(record, header))
                continue
            if not any(record.cells):
                self._skipped += 1
                continue
            self._rows += 1
            verdict = rules.judge(record.line, record.cells)
            is_good = True
            for problem in verdict.problems:
                self._problems.add(problem)
                is_good = is_good and problem.severity != ERROR
            if is_good:
                warned = bool(verdict.problems)
                self._accepted += 1
                self._warnings += warned
                writer.add(verdict.encoded)
                log.add(verdict.id, record.line, warned)

    def _leave_out_duplicates(
        self, work: Path, header: Header, names: list[str], log: DuplicateLog, passed: list[PartFile]
    ) -> list[PartFile]:
        """The parts without the rows whose id an earlier row has; the same parts if there are none."""
        duplicates = log.duplicates()
        duplicate = next(duplicates, None)
        if duplicate is None:
            return passed
        final = work / "final"
        final.mkdir()
        with PartWriter(final, names, self._limits) as writer:
            for ordinal, row in enumerate(encoded_rows(passed)):
                if ordinal % _RECORDS_A_REPORT == 0:
                    self._report()
                if duplicate is None or ordinal != duplicate.ordinal:
                    writer.add(row)
                    continue
                self._accepted -= 1
                self._warnings -= duplicate.warned
                self._problems.add(
                    Problem(
                        duplicate.line,
                        excerpt(header.names[header.key_index]),
                        "id-duplicate",
                        excerpt(decode_text(row.partition(",")[0])),
                        {"first_line": duplicate.first_line},
                        header.key_index + 1,
                    )
                )
                duplicate = next(duplicates, None)
        return writer.parts

    def _unusable(self) -> Summary:
        self._source.read_to_end()
        return self._summary(usable=False, key=None, attributes=[], parts=[])

    def _summary(self, **rest) -> Summary:
        self._report()
        return Summary(
            size=self._source.size,
            sha256=self._source.sha256,
            rows=self._rows,
            accepted=self._accepted,
            rejected=self._rows - self._accepted,
            skipped=self._skipped,
            skipped_columns=self._skipped_columns,
            warnings=self._warnings,
            problems_by_code=dict(sorted(self._problems.counts.items())),
            **rest,
        )

    def _report_bytes(self) -> None:
        if self._source.size - self._reported >= _BYTES_A_REPORT:
            self._report()

    def _report(self) -> None:
        self._reported = self._source.size
        self._progress(self._source.size, self._rows)


def _faulty(record: Record, header: Header) -> Problem:
    """The problem of a record that could not be read to its end."""
    if record.fault == TOO_BIG:
        params = {"limit": RECORD_LIMIT}
        return Problem(record.line, "", "row-too-big", excerpt(record.cells[0]), params)
    index = len(record.cells) - 1
    column = excerpt(header.names[index]) if index < len(header.names) else ""
    return Problem(record.line, column, record.fault, excerpt(record.cells[index]), {}, index + 1)


def _no_progress(_bytes_read: int, _rows: int) -> None:
    pass
