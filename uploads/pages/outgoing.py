"""What a batch would send and what Target makes of it, for whoever is about to release or approve it."""

from dataclasses import dataclass, replace

from django.db.models import Count, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads import workflow
from uploads.models import Batch, User

from .budget import BudgetNote, budget_note
from .columns import MOST_COLUMNS, ColumnLine, column_lines
from .masking import masked
from .overlap import OverlapNote, cells_by_attribute, overlap_note
from .restoring import RestoresNote, restores_note
from .rows import Figure
from .same_file import SameFile, same_file
from .words import number, size_in_words

#: Columns of the sample; a table that shows thousands helps nobody.
MOST_SAMPLED = 8
#: Attributes with their figures; all of them stand on the batch's own page.
MOST_ATTRIBUTES = 20


@dataclass(frozen=True)
class Effect:
    """One thing that Target does with what arrives; `icon` is its sign."""

    icon: str
    title: str | Promise
    text: str | Promise


@dataclass(frozen=True)
class Sample:
    """A few rows of what would be sent; `more` attributes stand in no column. A blank cell is ""."""

    key: str
    names: list[str]
    more: int
    rows: list[list[str]]
    is_masked: bool


@dataclass(frozen=True)
class AttributeLine:
    """An attribute that is sent: from the column `name`, "" where earlier batches set it (F12).

    gets_value, left_as_it_is: in how many rows it is sent, and in how many not (F7). sent_for_blanks: what is
    sent instead of blanks, in a sentence; "" where nothing is.
    """

    sent_as: str
    name: str
    gets_value: int
    left_as_it_is: int
    sent_for_blanks: str = ""


@dataclass(frozen=True)
class Outgoing:
    """What would be sent.

    attributes: the first of them, each with its column and how often it is filled; more: how many others.
    left_out: columns of the file that are not sent. counts_bad_rows: whether the figures of the attributes
    count rows that stay out, too. sample: None where a file is gone. same_file: that it was uploaded before;
    restores: that it sends earlier values again. overlap: what it has in common with batches that were sent
    before. budget: whose profiles come near the limit.
    """

    figures: list[Figure]
    effects: list[Effect]
    attributes: list[AttributeLine]
    more: int
    left_out: list[str]
    counts_bad_rows: bool
    sample: Sample | None
    same_file: SameFile | None
    restores: RestoresNote | None
    overlap: OverlapNote | None
    budget: BudgetNote | None


def outgoing_of(user: User, batch: Batch, *, with_values: bool) -> Outgoing:
    """What a checked batch would send, for this person; without values, the sample is masked."""
    columns = column_lines(batch, with_samples=False)
    names, carried = _names_and_carried(batch)
    attributes = _attributes(batch, columns, carried)
    return Outgoing(
        figures=_figures(batch, names),
        effects=_effects(batch, attributes),
        attributes=attributes[:MOST_ATTRIBUTES],
        more=max(0, len(names) - MOST_ATTRIBUTES),
        left_out=[column.name for column in columns if column.sent_as is None],
        counts_bad_rows=bool(batch.rejected or workflow.has_left_out(batch)),
        sample=_sample(batch, names, with_values),
        same_file=same_file(user, batch),
        restores=restores_note(user, batch),
        overlap=overlap_note(user, batch),
        budget=budget_note(user, batch),
    )


def _names_and_carried(batch: Batch) -> tuple[list[str], dict[str, int]]:
    """The attributes that the parts carry, and of each how many values of earlier batches (F12)."""
    overlap = workflow.overlap_of(batch)
    if overlap is None or not overlap.attributes:
        return batch.attributes, {}
    return overlap.attributes, dict(cells_by_attribute(overlap))


def _attributes(batch: Batch, columns: list[ColumnLine], carried: dict[str, int]) -> list[AttributeLine]:
    lines = []
    for column in columns:
        if column.sent_as not in (None, batch.reading["key"]):
            more = carried.pop(column.sent_as, 0)
            lines.append(
                AttributeLine(
                    column.sent_as,
                    column.name,
                    column.gets_value + more,
                    column.left_as_it_is - more,
                    column.sent_for_blanks,
                )
            )
    return lines + [AttributeLine(name, "", cells, batch.accepted - cells) for name, cells in carried.items()]


def _figures(batch: Batch, names: list[str]) -> list[Figure]:
    parts = batch.parts.aggregate(count=Count("pk"), bytes=Sum("bytes"))
    accepted, calls, attributes = batch.accepted or 0, parts["count"], len(names)
    return [
        Figure(
            "profiles", ngettext("profile to send", "profiles to send", accepted), number(accepted), "done"
        ),
        # F6
        Figure(
            "parts", ngettext("part, sent in one call", "parts, each sent in one call", calls), number(calls)
        ),
        Figure("encoded", _("encoded size"), size_in_words(parts["bytes"] or 0)),
        Figure("attributes", ngettext("attribute", "attributes", attributes), number(attributes)),
    ]


_CREATES = {  # F10
    "v1": Effect(
        "person-circle",
        gettext_lazy("Updates, creates nothing"),
        gettext_lazy(
            "Visitors that Target knows take the values of the file. Visitors that Target does not know stay "
            "unknown."
        ),
    ),
    "v2": Effect(
        "person-circle",
        gettext_lazy("Updates and creates"),
        gettext_lazy(
            "Visitors that Target knows take the values of the file. Visitors that Target does not know are "
            "created."
        ),
    ),
}
_LEFT_AS_IT_IS = Effect(  # F7
    "dash-circle",
    gettext_lazy("Stays as it is"),
    gettext_lazy(
        "Blank cells and attributes that the file does not have change nothing in Target. Nothing is deleted."
    ),
)
_LEFT_OR_CLEARED = Effect(  # F7
    "dash-circle",
    gettext_lazy("Some blanks are sent as a value"),
    gettext_lazy(
        "Where a column has a value to be sent instead of blanks, Target takes that, and the rules of "
        "audiences must know it. Other blank cells, and attributes that the file does not have, change "
        "nothing. Nothing is deleted."
    ),
)
_IN_A_ROW = Effect(  # F12
    "arrow-repeat",
    gettext_lazy("Two batches in a row"),
    gettext_lazy(
        "If a visitor was in a batch before and has not come back to your site since, Target loses what that "
        "batch set and this one does not carry."
    ),
)
_IN_A_ROW_ELSEWHERE = Effect(  # F12
    "arrow-repeat",
    gettext_lazy("Two batches in a row"),
    gettext_lazy(
        "Adobe warns of losses only for API version v2 with thirdPartyId. For this batch nothing is "
        "documented: look a visitor up in Target if you rely on the values of both."
    ),
)
_FOR_GOOD = Effect(  # T12, T14
    "exclamation-triangle-fill",
    gettext_lazy("Cannot be undone"),
    gettext_lazy(
        "Target takes nothing back and does not tell what was there before. Updates generally show within "
        "1 hour, at most 24 hours."
    ),
)


def _effects(batch: Batch, attributes: list[AttributeLine]) -> list[Effect]:
    version = batch.destination.api_version
    in_a_row = _IN_A_ROW if workflow.is_about_loss(batch) else _IN_A_ROW_ELSEWHERE
    blanks = _LEFT_OR_CLEARED if batch.reading.get("clear") else _LEFT_AS_IT_IS
    return [_CREATES[version], _counted(blanks, batch, attributes), in_a_row, _FOR_GOOD]


def _counted(effect: Effect, batch: Batch, attributes: list[AttributeLine]) -> Effect:
    """What becomes of blanks, with how many there are, unless there are more columns than are shown."""
    blanks = sum(line.left_as_it_is for line in attributes if line.name)
    if not blanks or len(batch.attributes) >= MOST_COLUMNS:
        return effect
    count = ngettext(
        "%(count)s blank cell of the file leaves what Target has.",
        "%(count)s blank cells of the file leave what Target has.",
        blanks,
    ) % {"count": number(blanks)}
    return replace(effect, text=f"{count} {effect.text}")


def _sample(batch: Batch, attributes: list[str], with_values: bool) -> Sample | None:
    found = workflow.sample_of(batch)
    if found is None:
        return None
    shown = str if with_values else masked
    names = attributes[:MOST_SAMPLED]
    rows = [
        [shown(row.identifier), *(shown(row.values.get(name, "")) for name in names)] for row in found.rows
    ]
    return Sample(found.key, names, len(attributes) - len(names), rows, is_masked=not with_values)
