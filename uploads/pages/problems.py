"""Problems in words: grouped by cause, and one by one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from uploads import batchfile, explanations
from uploads.models import Batch

from .columns import MOST_COLUMNS

SEVERITIES = {"error": _("Error"), "warning": _("Warning")}


@dataclass(frozen=True)
class Cause:
    """All problems of one code in a batch."""

    code: str
    title: str
    advice: str
    severity: str
    severity_label: str
    count: int
    url: str


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
    """The batch's problems by code: errors before warnings, the most frequent first."""
    counted = [
        Cause(
            code=code,
            title=explanations.title(code),
            advice=explanations.advice(code),
            severity=batchfile.CODES[code].severity,
            severity_label=SEVERITIES[batchfile.CODES[code].severity],
            count=count,
            url=f"{reverse('batch-problems', args=[batch.pk])}?code={code}",
        )
        for code, count in batch.problems_by_code.items()
    ]
    return sorted(counted, key=lambda cause: (cause.severity != "error", -cause.count, cause.code))


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
