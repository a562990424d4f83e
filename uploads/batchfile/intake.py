"""What becomes of the rows of one file, one by one: the way of a check that is easy to follow."""

from dataclasses import dataclass, field

from .duplicates import DuplicateLog
from .emails import EmailLikeIds
from .figures import FigureCounter
from .header import Header
from .lines import RECORD_LIMIT
from .parts import PartWriter
from .problems import ERROR, Problem, excerpt
from .records import TOO_BIG, Record
from .rules import RowRules, Verdict
from .sent_blanks import SentBlanks
from .store import ProblemWriter

# How a good row counts among the rows with warnings: not, anyway, or only if e-mail-like ids stand out.
PLAIN, WARNED, EMAIL_LIKE = range(3)


@dataclass
class RowCounts:
    """Rows with content, rows without, and the good ones by their mark."""

    rows: int = 0
    skipped: int = 0
    good: list[int] = field(default_factory=lambda: [0, 0, 0])


class Intake:
    """Takes the rows of one file in their order and gives each its place.

    header: of the file; rules: for its rows; counts: to be kept.
    problems, figures, writer, log, blanks and emails: where what the rows hold goes to.
    """

    def __init__(
        self,
        header: Header,
        rules: RowRules,
        counts: RowCounts,
        *,
        problems: ProblemWriter,
        figures: FigureCounter,
        writer: PartWriter,
        log: DuplicateLog,
        blanks: SentBlanks,
        emails: EmailLikeIds,
    ):
        self.header = header
        self.rules = rules
        self.counts = counts
        self.problems = problems
        self.figures = figures
        self.writer = writer
        self.log = log
        self.blanks = blanks
        self.emails = emails
        self.has_customers_ids = header.key == "thirdPartyId"

    def take(self, record: Record) -> None:
        """Take the next row."""
        if record.fault:
            self.take_faulty(record)
            return
        has_text = any(record.cells)
        verdict = self.rules.judge(record.line, record.cells, record.long_numbers) if has_text else None
        if verdict is None:
            self.counts.skipped += record.rows
            return
        mark = self.note(record.line, verdict)
        self.figures.add(record.line, verdict.cells, verdict.encoded, mark is not None)
        if mark is not None:
            self.writer.add(verdict.encoded)
            self.log.add(verdict.id, record.line, mark)
            self.blanks.add(self.blanks.blank_in([verdict.cells]))

    def take_faulty(self, record: Record) -> None:
        """Take a row that could not be read to its end."""
        self.counts.rows += 1
        self.problems.add(_faulty(record, self.header))

    def note(self, line: int, verdict: Verdict) -> int | None:
        """Count a row and note its problems; its mark, or None if it stays out."""
        self.counts.rows += 1
        is_good = True
        for problem in verdict.problems:
            self.problems.add(problem)
            is_good = is_good and problem.severity != ERROR
        is_email = self.has_customers_ids and self.emails.add(line, verdict.id)
        if not is_good:
            return None
        mark = WARNED if verdict.problems else EMAIL_LIKE if is_email else PLAIN
        self.counts.good[mark] += 1
        return mark


def _faulty(record: Record, header: Header) -> Problem:
    """The problem of a record that could not be read to its end."""
    if record.fault == TOO_BIG:
        params = {"limit": RECORD_LIMIT}
        return Problem(record.line, "", "row-too-big", excerpt(record.cells[0]), params)
    index = len(record.cells) - 1
    column = excerpt(header.names[index]) if index < len(header.names) else ""
    return Problem(record.line, column, record.fault, excerpt(record.cells[index]), {}, index + 1)
