"""The rows of a checked batch in figures."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from uploads.models import Batch, Overlap

from .words import number


@dataclass(frozen=True)
class Figure:
    """A number with its label; `name` is stable, for tests and scripts."""

    name: str
    label: str
    value: str
    tone: str = "neutral"
    help: str = ""


def row_figures(batch: Batch) -> list[Figure]:
    """The figures of the last check; none before the first."""
    if batch.rows is None:
        return []
    figures = [
        Figure("rows", _("rows with content"), number(batch.rows)),
        Figure("accepted", _("good rows"), number(batch.accepted), "done" if batch.accepted else "neutral"),
        Figure(
            "rejected",
            _("rows with errors"),
            number(batch.rejected),
            "error" if batch.rejected else "neutral",
        ),
        Figure(
            "warnings",
            _("rows with warnings"),
            number(batch.warnings),
            "warning" if batch.warnings else "neutral",
        ),
    ]
    if batch.edited:
        figures.append(Figure("edited", _("rows changed by hand"), number(batch.edited)))
    if batch.left_out:
        figures.append(Figure("left_out", _("rows left out by hand"), number(batch.left_out)))
    if kept_out := Overlap.objects.filter(pk=batch.pk, left_out__gt=0).first():
        figures.append(Figure("overlap", _("rows left out for earlier batches"), number(kept_out.left_out)))
    if batch.skipped_columns:
        figures.append(Figure("skipped_columns", _("empty columns skipped"), number(batch.skipped_columns)))
    if batch.skipped:
        figures.append(Figure("skipped", _("blank rows skipped"), number(batch.skipped)))
    return figures
