"""The check: one pass over the whole file that finds every problem and makes the batch files."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, islice, tee
from pathlib import Path
from typing import BinaryIO

from .corrections import Correction
from .duplicates import Duplicate, DuplicateLog
from .emails import EmailLikeIds
from .encoding import decode_text
from .figures import FigureCounter
from .fingerprints import FINGERPRINTS_NAME, write_fingerprints
from .header import Header, pcid_refused, read_header
from .intake import EMAIL_LIKE, WARNED, Intake, RowCounts
from .lines import PIECE_BYTES, Source
from .parts import PartFile, PartLimits, PartWriter, publish, rows_without
from .patching import Patch
from .problems import UNPROVEN_NOTICES, Notice, Problem, excerpt
from .reading import Reading
from .records import Record, Records, opened_records
from .rules import RowRules
from .sent_blanks import SentBlanks
from .sources import UNPACKED_LIMIT, UnreadableFile
from .store import ProblemWriter
from .summary import Summary
from .tables import records_in
from .treatment import Treatment

_RECORDS_A_REPORT = 5_000
_BYTES_A_REPORT = 1_000_000
_ROWS_FOR_SUGGESTION = 50

UNPROVEN_VALUES = ("send", "notice", "reject")

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
    takes_pcids: bool = True,
    fingerprint_key: bytes | None = None,
    max_bytes: int = UNPACKED_LIMIT,
    patch: Patch | None = None,
    piece_bytes: int = PIECE_BYTES,
    row_by_row: bool = False,
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
    takes_pcids: whether a file by pcId can be used: not in version 2, where the account uses ECIDs (F11).
    fingerprint_key: if given, the fingerprints of the accepted ids are written beside the parts, keyed
        with these bytes (at most 64).
    max_bytes: how many bytes an archive may hold.
    patch: what people changed in single rows; for the caller to see to that it is of this file.
    piece_bytes: how much of the file is taken at a time, about.
    row_by_row: whether every row is judged by itself: the reference, slow, which says the same.

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
            takes_pcids,
            fingerprint_key,
            max_bytes,
            patch,
            None if row_by_row else piece_bytes,
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
        takes_pcids: bool,
        fingerprint_key: bytes | None,
        max_bytes: int,
        patch: Patch | None,
        piece_bytes: int | None,
    ):
        self._reading = reading
        self._problems = problems
        self._progress = progress
        self._limits = limits
        self._unproven_values = unproven_values
        self._takes_pcids = takes_pcids
        self._fingerprint_key = fingerprint_key
        self._max_bytes = max_bytes
        self._patch = patch
        self._piece_bytes = piece_bytes
        self._emails_stand_out = False
        self._correction: Correction | None = None
        self._forget_rows()
        self._reported = 0
        self._source = Source(stream, self._report_bytes)

    def run(self, work: Path) -> Summary:
        """Check the file; the parts are left in the folder `work`."""
        try:
            with opened_records(self._source, self._reading, self._max_bytes, self._patch) as records:
                return self._check_records(records, work)
        except UnreadableFile as unreadable:
            self._problems.add(unreadable.problem)
            self._forget_rows()
            return self._unusable()

    def _forget_rows(self) -> None:
        self._counts = RowCounts()
        self._skipped_columns = 0

    def _check_records(self, records: Records | Iterator[Record], work: Path) -> Summary:
        header = self._read_header(iter(records))
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
            SentBlanks(work / "blanks", list(header.clear_values)) as blanks,
            EmailLikeIds(work / "emails") as emails,
        ):
            rules = RowRules(
                header.names,
                sent,
                header.attributes,
                header.key,
                Treatment(self._reading),
                percent_encoded=self._reading.format == "batch",
                rejects_unproven=self._rejects_unproven,
                clear_values=header.clear_values,
            )
            intake = Intake(
                header,
                rules,
                self._counts,
                problems=self._problems,
                figures=figures,
                writer=writer,
                log=log,
                blanks=blanks,
                emails=emails,
            )
            self._take_rows(records, intake)
        if self._patch:
            # What people left out is no blank row of the file's.
            self._counts.skipped -= self._patch.blank_lines(self._reading)
        if not self._counts.rows:
            self._problems.add(Problem(header.line, "", "no-rows"))
            return self._unusable()
        self._warn_of_emails(header, emails)
        left_out = _LinesLeftOut(figures.example_lines())
        duplicates = map(blanks.without, map(left_out.noted, log.duplicates()))
        parts = self._leave_out_duplicates(work, header, names, duplicates, writer.parts)
        return self._summary(
            usable=True,
            key=header.key,
            attributes=header.attributes,
            parts=parts,
            columns=figures.figures(blanks.counts()),
            notices=self._proven(figures.notices(left_out)),
            fingerprints=self._keep_fingerprints(work, log),
        )

    def _read_header(self, records: Iterator[Record]) -> Header | None:
        """The header; None if the file cannot be used, and then its problems are noted."""
        for record in records:
            if not record.fault and not any(record.cells):
                self._counts.skipped += record.rows
                continue
            self._correction = Correction.of(record, self._reading)
            rows = (self._original(row).cells for row in islice(records, _ROWS_FOR_SUGGESTION))
            original = self._correction.header(record) if self._correction else record
            header = read_header(original, self._reading, rows)
            self._skipped_columns = header.skipped_columns
            problems = header.problems if self._takes_pcids else (*header.problems, *pcid_refused(header))
            for problem in (*problems, *header.warnings):
                self._problems.add(problem)
            return None if problems else header
        self._problems.add(Problem(1, "", "empty-file"))
        return None

    def _original(self, row: Record) -> Record:
        """The row as it was in the file that is corrected, if one is."""
        return self._correction.row(row) if self._correction else row

    def _take_rows(self, records: Records | Iterator[Record], intake: Intake) -> None:
        if self._piece_bytes is None:
            for number, record in enumerate(records):
                if number % _RECORDS_A_REPORT == 0:
                    self._report()
                intake.take(self._original(record))
            return
        # Here, so that only what checks files loads compiled loops: they take 75 MB and half a second.
        from .bulk import in_bulk  # noqa: PLC0415
        from .bulk_intake import BulkIntake  # noqa: PLC0415

        bulk = BulkIntake(intake, self._reading, rejects_unproven=self._rejects_unproven)
        for batch in in_bulk(records, self._reading, bulk.fitting(self._piece_bytes)):
            self._report()
            bulk.take([self._original(row) for row in records_in(batch)] if self._correction else batch)

    @property
    def _rejects_unproven(self) -> bool:
        return self._unproven_values == "reject"

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
        first = next(duplicates, None)
        if first is None:
            return passed
        final = work / "final"
        final.mkdir()
        column = excerpt(header.names[header.key_index])
        other_line = _OTHER_LINE[self._reading.duplicates]
        duplicates, ahead = tee(chain([first], duplicates))
        with PartWriter(final, names, self._limits) as writer:
            paths = [part.path for part in passed]
            for rows, count, left_out in rows_without(paths, (duplicate.ordinal for duplicate in ahead)):
                self._report()
                writer.add_rows(rows, count)
                for row, duplicate in zip(left_out, duplicates, strict=False):
                    self._counts.good[duplicate.mark] -= 1
                    id_ = excerpt(decode_text(row.partition(",")[0]))
                    params = {other_line: duplicate.other_line}
                    self._problems.add(
                        Problem(duplicate.line, column, "id-duplicate", id_, params, header.key_index + 1)
                    )
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
        good = self._counts.good
        accepted = sum(good)
        return Summary(
            size=self._source.size,
            unpacked_size=self._source.unpacked_size,
            sha256=self._source.sha256,
            rows=self._counts.rows,
            accepted=accepted,
            rejected=self._counts.rows - accepted,
            skipped=self._counts.skipped,
            skipped_columns=self._skipped_columns,
            warnings=good[WARNED] + (good[EMAIL_LIKE] if self._emails_stand_out else 0),
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
        self._progress(self._source.size, self._counts.rows)


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


def _no_progress(_bytes_read: int, _rows: int) -> None:
    pass
