"""Fixing rows in words: one row with what is wrong with it, and what was changed so far."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uploads import access, batchfile, workflow
from uploads.access import Action
from uploads.models import Batch, BatchState, User

from .checking import how_far
from .problems import ProblemLine, problem_lines
from .words import number

_REFUSALS = {
    "too-late": gettext_lazy(
        "This batch is no longer waiting to be sent, so its rows cannot be changed any more. "
        "If approval was asked for, take the request back first."
    ),
    "row-gone": gettext_lazy("No row with a problem begins on this line any more."),
    "row-changed": gettext_lazy(
        "Somebody has changed this row meanwhile, so your change was not kept. The row is shown as it is now."
    ),
    "not-writable": gettext_lazy(
        "The row cannot stand in the file like this: it would have more line breaks than before, or be too "
        "long. Shorten it, or fix it in Excel."
    ),
    "too-many": gettext_lazy(
        "That would be more changes than can be kept here. Use “Fix in Excel”: download the rows, correct "
        "them, and upload the file again."
    ),
    "file-missing": gettext_lazy("The uploaded file cannot be read on the server. Tell your admin."),
}


@dataclass(frozen=True)
class Changed:
    """One changed cell: its column, what stood there and what does now."""

    column: str
    was: str
    now: str


@dataclass(frozen=True)
class FixedRow:
    """What was made of one row; `cells` is empty for one that was left out."""

    line: int
    is_left_out: bool
    cells: list[Changed]


@dataclass(frozen=True)
class RowPage:
    """One row to be fixed, and what is wrong with it; `of_cells`: the sentences by the cell's position."""

    row: batchfile.OpenRow
    problems: list[ProblemLine]
    of_cells: dict[int, list[str]]
    is_left_out: bool


def row_page(batch: Batch, line: int) -> RowPage | None:
    """The row that begins on the line; None where there is none to fix. Raises workflow.FixRefused."""
    row = workflow.open_row(batch, line)
    if row is None:
        return None
    try:
        with workflow.open_problems(batch) as store:
            found = store.on_line(line)
    except FileNotFoundError:
        found = []
    lines = problem_lines(found)
    of_cells: dict[int, list[str]] = {}
    for problem, said in zip(found, lines, strict=True):
        if problem.position:
            of_cells.setdefault(problem.position, []).append(f"{said.severity_label}: {said.title}.")
    return RowPage(row, lines, of_cells, row.change is not None and row.change.is_left_out)


def fixed_rows(batch: Batch) -> list[FixedRow]:
    """What was changed in the batch, by line. It quotes rows."""
    return [_fixed(change) for change in workflow.changes_of(batch)]


def _fixed(change: batchfile.Change) -> FixedRow:
    if change.cells is None:
        return FixedRow(change.line, True, [])
    columns = iter(change.columns)
    cells = []
    for index in range(max(len(change.cells), len(change.was))):
        was = change.was[index] if index < len(change.was) else ""
        now = change.cells[index] if index < len(change.cells) else ""
        if was != now:
            cells.append(Changed(next(columns, ""), batchfile.excerpt(was), batchfile.excerpt(now)))
    return FixedRow(change.line, False, cells)


def may_fix(user: User, batch: Batch) -> bool:
    """Whether the person may change single rows of the batch now."""
    return batch.may_be_fixed and access.may(user, batch, Action.CONFIRM_READING)


def refused_in_words(refused: workflow.FixRefused) -> str:
    """Why a row could not be changed, and what to do."""
    if refused.reason == "disturbs":
        return _(
            "The row on line %(line)s would be read differently then, because of a quotation mark that is "
            "not closed. Fix the rows with an open quotation mark first."
        ) % {"line": number(refused.line)}
    return str(_REFUSALS[refused.reason])


def checking_in_words(batch: Batch) -> str:
    """That the list is of an earlier check, while the batch is checked; else nothing."""
    if batch.state != BatchState.CHECKING:
        return ""
    return _("The file is being checked again: %(how_far)s. What stands below is from before.") % {
        "how_far": how_far(batch)
    }
