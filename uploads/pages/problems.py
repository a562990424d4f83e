"""Problems in words: grouped by cause, and one by one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from uploads import batchfile, explanations, workflow
from uploads.models import Batch

from .columns import MOST_COLUMNS

#: In fewer rows chance alone makes something stand everywhere.
_ROWS_TO_TELL = 10
_NEARLY_ALL = 0.9
SEVERITIES = {"error": _("Error"), "warning": _("Warning")}


@dataclass(frozen=True)
class Cause:
    """All problems of one code in a batch.

    columns: those of which nearly every cell has it; it is then a fault of the column, not of rows.
    share: how many there are, in hundredths of the most frequent one's; any at all can be seen.
    """

    code: str
    title: str
    advice: str
    severity: str
    severity_label: str
    count: int
    url: str
    columns: tuple[str, ...]
    share: int


@dataclass(frozen=True)
class ProblemLine:
    """One problem as a page shows it."""

    line: int
    column: str
    severity: str
    severity_label: str
    code: str
    title: str
    explanation: str
    value: str


def causes(batch: Batch) -> list[Cause]:
    """The batch's problems by code: faults of columns, errors, warnings; the most frequent first."""
    most = max(batch.problems_by_code.values(), default=0)
    wide = _faults_of_columns(batch)
    counted = [
        Cause(
            code=code,
            title=explanations.title(code),
            advice=explanations.advice(code),
            severity=batchfile.CODES[code].severity,
            severity_label=SEVERITIES[batchfile.CODES[code].severity],
            count=count,
            url=f"{reverse('batch-problems', args=[batch.pk])}?code={code}",
            columns=wide.get(code, ()),
            share=max(1, round(100 * count / most)),
        )
        for code, count in batch.problems_by_code.items()
    ]
    return sorted(
        counted, key=lambda cause: (not cause.columns, cause.severity != "error", -cause.count, cause.code)
    )


def _faults_of_columns(batch: Batch) -> dict[str, tuple[str, ...]]:
    """By code the columns that have it in nearly every row."""
    if not batch.rows or batch.rows < _ROWS_TO_TELL or not batch.problems_by_code:
        return {}
    if max(batch.problems_by_code.values()) < _NEARLY_ALL * batch.rows:
        return {}
    try:
        with workflow.open_problems(batch) as store:
            counted = store.by_column()
    except FileNotFoundError:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for (code, column), count in counted.items():
        if column and count >= _NEARLY_ALL * batch.rows:
            found[code] = (*found.get(code, ()), column)
    return found


def columns_with_problems(store: batchfile.ProblemStore) -> list[str]:
    """The columns that a problem is about, by name, as far as a page lists columns."""
    return sorted({column for _code, column in store.by_column() if column}, key=str.lower)[:MOST_COLUMNS]


class FoundProblems:
    """A batch's problems that fit a filter, for Django's Paginator: each page is read from the file alone."""

    def __init__(self, store: batchfile.ProblemStore, *, code: str = "", column: str = "", text: str = ""):
        self._store = store
        self._wanted = {"code": code or None, "column": column or None, "text": text.strip() or None}

    def count(self) -> int:
        """How many fit; of those that a text is in, at most batchfile.MOST_FOUND."""
        return self._store.count(**self._wanted)

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than are counted."""
        return bool(self._wanted["text"]) and self.count() >= batchfile.MOST_FOUND

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> list[ProblemLine]:
        found = self._store.page(**self._wanted, offset=wanted.start, limit=wanted.stop - wanted.start)
        return problem_lines(found)


def problem_lines(problems: Iterable[batchfile.Problem]) -> list[ProblemLine]:
    """The problems in words."""
    return [_line(problem) for problem in problems]


def _line(problem: batchfile.Problem) -> ProblemLine:
    return ProblemLine(
        line=problem.line,
        column=problem.column,
        severity=problem.severity,
        severity_label=SEVERITIES[problem.severity],
        code=problem.code,
        title=explanations.title(problem.code),
        explanation=explanations.explain(problem),
        value=problem.value,
    )
