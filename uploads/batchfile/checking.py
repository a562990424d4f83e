"""The check: one pass over the whole file that finds every problem and makes the batch files."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from .corrections import Correction
from .duplicates import Duplicate, DuplicateLog
from .emails import EmailLikeIds
from .encoding import decode_text
from .figures import FigureCounter
from .fingerprints import FINGERPRINTS_NAME, write_fingerprints
from .header import Header, read_header
from .lines import RECORD_LIMIT, Source
from .parts import PartFile, PartLimits, PartWriter, encoded_rows, publish
from .problems import ERROR, UNPROVEN_NOTICES, Notice, Problem, excerpt
from .reading import Reading
from .records import TOO_BIG, Record, read_records
from .rules import RowRules
from .sources import UNPACKED_LIMIT, UnreadableFile
from .store import ProblemWriter
from .summary import Summary
from .treatment import Treatment

_RECORDS_A_REPORT = 5_000
_BYTES_A_REPORT = 1_000_000
_ROWS_FOR_SUGGESTION = 50

UNPROVEN_VALUES = ("send", "notice", "reject")

# How a good row counts among the rows with warnings: not, anyway, or only if e-mail-like ids stand out.
_PLAIN, _WARNED, _EMAIL_LIKE = range(3)
# The parameter of a duplicate's problem that names the other line, by the reading's way with duplicates.
_OTHER_LINE = {"first": "first_line", "last": "kept_line", "reject": "other_line"}

Progress = Callable[[int, int], None]


def check(
    stream: BinaryIO,
    reading: Reading,
    *,
    problems: ProblemWriter,
    parts_dir: Path | None = None,
    progress: Progress | None = None,
    limits: PartLimits | None = None,
    unproven_values: str = "notice",
    fingerprint_key: bytes | None = None,
    max_bytes: int = UNPACKED_LIMIT,
) -> Summary:
    """Check the whole file and write its batch files.

    stream: seekable; read once from its start.
    problems: gets every problem, in no particular order.
    parts_dir: the folder for the batch files, made if need be; parts of an earlier check in it are
        replaced, other files are left alone. None: the parts are counted and hashed only.
    progress: called now and then with the bytes and the rows read so far; what it raises stops the
        check and passes through, and no parts are left behind.
    unproven_values: what becomes of values with a comma or a line break (F5): ``send`` them without a
        word, with a ``notice`` for each column, or ``reject`` their rows.
    fingerprint_key: if given, the fingerprints of the accepted ids are written beside the parts, keyed
        with these bytes (at most 64).
    max_bytes: how many bytes an archive may hold.

    Raises OSError or sqlite3.Error where the disk fails; a file however broken raises nothing.
    """
    if unproven_values not in UNPROVEN_VALUES:
        raise ValueError(f"unproven_values must be one of {UNPROVEN_VALUES}, not {unproven_values!r}.")
    if parts_dir is not None:
        parts_dir.mkdir(parents=True, exist_ok=True)
    # Next to where the parts will be: publishing them is then a rename.
    with tempfile.TemporaryDirectory(dir=parts_dir, prefix=".checking-") as work:
        one_check = _Check(
            stream,
            reading,
            problems,
            progress or _no_progress,
            limits or PartLimits(),
            unproven_values,
            fingerprint_key,
            max_bytes,
        )
        summary = one_check.run(Path(work))
        if parts_dir is None:
            counted = [replace(part, path=None) for part in summary.parts]
            return replace(summary, parts=counted, fingerprints=None)
        (parts_dir / FINGERPRINTS_NAME).unlink(missing_ok=True)
        fingerprints = summary.fingerprints and summary.fingerprints.replace(parts_dir / FINGERPRINTS_NAME)
        return replace(summary, parts=publish(summary.parts, parts_dir), fingerprints=fingerprints)


class _Check:
    """The state of one check."""

    def __init__(
        self,
        stream: BinaryIO,
        reading: Reading,
        problems: ProblemWriter,
        progress: Progress,
        limits: PartLimits,
        unproven_values: str,
        fingerprint_key: bytes | None,
        max_bytes: int,
    ):
        self._reading = reading
        self._problems = problems
        self._progress = progress
        self._limits = limits
        self._unproven_values = unproven_values
        self._fingerprint_key = fingerprint_key
        self._max_bytes = max_bytes
        self._emails_stand_out = False
        self._correction: Correction | None = None
        self._forget_rows()
        self._reported = 0
        self._source = Source(stream, self._report_bytes)

    def run(self, work: Path) -> Summary:
        """Check the file; the parts are left in the folder `work`."""
        try:
            with closing(read_records(self._source, self._reading, self._max_bytes)) as records:
                return self._check_records(records, work)
        except UnreadableFile as unreadable:
            self._problems.add(unreadable.problem)
            self._forget_rows()
            return self._unusable()

    def _forget_rows(self) -> None:
        self._rows = self._skipped = self._skipped_columns = 0
        self._good = [0, 0, 0]

    def _check_records(self, records: Iterator[Record], work: Path) -> Summary:
        header, records = self._read_header(records)
        if header is None:
            return self._unusable()
        passed = work / "passed"
        passed.mkdir()
        sent = header.order
        figures = FigureCounter(header, sent)
        names = [header.sent[index] for index in sent]
        with (
            PartWriter(passed, names, self._limits) as writer,
            DuplicateLog(work, self._reading.duplicates, self._fingerprint_key) as log,
            EmailLikeIds(work / "emails") as emails,
        ):
            self._check_rows(records, header, figures, writer, log, emails)
        if not self._rows:
            self._problems.add(Problem(header.line, "", "no-rows"))
            return self._unusable()
        self._warn_of_emails(header, emails)
        left_out = _LinesLeftOut(figures.example_lines())
        parts = self._leave_out_duplicates(
            work, header, names, map(left_out.noted, log.duplicates()), writer.parts
        )
        return self._summary(
            usable=True,
            key=header.key,
            attributes=header.attributes,
            parts=parts,
            columns=figures.figures(),
            notices=self._proven(figures.notices(left_out)),
            fingerprints=self._keep_fingerprints(work, log),
        )

    def _read_header(self, records: Iterator[Record]) -> tuple[Header | None, Iterator[Record]]:
        """The header and the rows; None if the file cannot be used, and then its problems are noted."""
        for record in records:
            if not record.fault and not any(record.cells):
                self._skipped += 1
                continue
            self._correction = Correction.of(record, self._reading)
            if self._correction:
                records = map(self._correction.row, records)
            rows = (row.cells for row in islice(records, _ROWS_FOR_SUGGESTION))
            original = self._correction.header(record) if self._correction else record
            header = read_header(original, self._reading, rows)
            self._skipped_columns = header.skipped_columns
            for problem in (*header.problems, *header.warnings):
                self._problems.add(problem)
            return (None if header.problems else header), records
        self._problems.add(Problem(1, "", "empty-file"))
        return None, records

    def _check_rows(
        self,
        records: Iterator[Record],
        header: Header,
        figures: FigureCounter,
        writer: PartWriter,
        log: DuplicateLog,
        emails: EmailLikeIds,
    ) -> None:
        rules = RowRules(
            header.names,
            header.order,
            header.key,
            Treatment(self._reading),
            percent_encoded=self._reading.format == "batch",
            rejects_unproven=self._unproven_values == "reject",
        )
        for number, record in enumerate(records):
            if number % _RECORDS_A_REPORT == 0:
                self._report()
            if record.fault:
                self._rows += 1
                self._problems.add(_faulty(record, header))
                continue
            has_text = any(record.cells)
            verdict = rules.judge(record.line, record.cells, record.long_numbers) if has_text else None
            if verdict is None:
                self._skipped += 1
                continue
            self._rows += 1
            is_good = True
            for problem in verdict.problems:
                self._problems.add(problem)
                is_good = is_good and problem.severity != ERROR
            figures.add(record.line, verdict.cells, verdict.encoded, is_good)
            is_email = header.key == "thirdPartyId" and emails.add(record.line, verdict.id)
            if is_good:
                mark = _WARNED if verdict.problems else _EMAIL_LIKE if is_email else _PLAIN
                self._good[mark] += 1
                writer.add(verdict.encoded)
                log.add(verdict.id, record.line, mark)

    def _warn_of_emails(self, header: Header, emails: EmailLikeIds) -> None:
        """Note the e-mail-like ids if most ids are not such, which only the whole file tells."""
        self._emails_stand_out = emails.stand_out
        if not emails.stand_out:
            return
        column = excerpt(header.names[header.key_index])
        for line, id_ in emails:
            position = header.key_index + 1
            self._problems.add(Problem(line, column, "id-looks-like-email", id_, position=position))

    def _leave_out_duplicates(
        self,
        work: Path,
        header: Header,
        names: list[str],
        duplicates: Iterator[Duplicate],
        passed: list[PartFile],
    ) -> list[PartFile]:
        """The parts without the rows that other rows of the same id push out; the same if there are none."""
        duplicate = next(duplicates, None)
        if duplicate is None:
            return passed
        final = work / "final"
        final.mkdir()
        column = excerpt(header.names[header.key_index])
        other_line = _OTHER_LINE[self._reading.duplicates]
        with PartWriter(final, names, self._limits) as writer:
            for ordinal, row in enumerate(encoded_rows(passed)):
                if ordinal % _RECORDS_A_REPORT == 0:
                    self._report()
                if duplicate is None or ordinal != duplicate.ordinal:
                    writer.add(row)
                    continue
                self._good[duplicate.mark] -= 1
                id_ = excerpt(decode_text(row.partition(",")[0]))
                params = {other_line: duplicate.other_line}
                self._problems.add(
                    Problem(duplicate.line, column, "id-duplicate", id_, params, header.key_index + 1)
                )
                duplicate = next(duplicates, None)
        return writer.parts

    def _proven(self, notices: list[Notice]) -> list[Notice]:
        """The notices without those of values that the destination takes anyway or has already rejected."""
        if self._unproven_values == "notice":
            return notices
        return [notice for notice in notices if notice.code not in UNPROVEN_NOTICES]

    def _keep_fingerprints(self, work: Path, log: DuplicateLog) -> Path | None:
        if self._fingerprint_key is None:
            return None
        path = work / FINGERPRINTS_NAME
        write_fingerprints(path, log.kept_fingerprints())
        return path

    def _unusable(self) -> Summary:
        nothing = {"attributes": [], "parts": [], "columns": [], "notices": []}
        return self._summary(usable=False, key=None, fingerprints=None, **nothing)

    def _summary(self, **rest) -> Summary:
        # Also of a file that was read as far as its rows go: an archive's directory stands behind them.
        self._source.read_to_end()
        self._report()
        accepted = sum(self._good)
        return Summary(
            size=self._source.size,
            unpacked_size=self._source.unpacked_size,
            sha256=self._source.sha256,
            rows=self._rows,
            accepted=accepted,
            rejected=self._rows - accepted,
            skipped=self._skipped,
            skipped_columns=self._skipped_columns,
            warnings=self._good[_WARNED] + (self._good[_EMAIL_LIKE] if self._emails_stand_out else 0),
            duplicates=self._problems.counts["id-duplicate"],
            problems_by_code=dict(sorted(self._problems.counts.items())),
            is_correction=self._correction is not None,
            corrects=self._correction and self._correction.reference,
            **rest,
        )

    def _report_bytes(self) -> None:
        if self._source.size - self._reported >= _BYTES_A_REPORT:
            self._report()

    def _report(self) -> None:
        self._reported = self._source.size
        self._progress(self._source.size, self._rows)


class _LinesLeftOut:
    """Which of some lines belong to duplicates."""

    def __init__(self, lines: set[int]):
        self._lines = lines
        self._left_out: set[int] = set()

    def noted(self, duplicate: Duplicate) -> Duplicate:
        """The duplicate itself, its line noted."""
        if duplicate.line in self._lines:
            self._left_out.add(duplicate.line)
        return duplicate

    def __call__(self, line: int) -> bool:
        return line in self._left_out


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
