"""What can be restored of a batch that was sent, and what cannot, in words."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access, workflow
from uploads.access import Action
from uploads.batchfile import SENT_FATES, Fate
from uploads.models import Batch, Overlap, Restoration, User

from .overlap import MOST_BATCHES, EarlierLine, named
from .rows import Figure
from .words import RESTORATION_FAILURES, moment, number

#: A batch may have thousands of attributes: as many stand in the table.
MOST_LINES = 100


@dataclass(frozen=True)
class AttributeFates:
    """An attribute of the batch and how many of its values have which fate, each in words."""

    name: str
    sent: str
    again: str
    cleared: str
    same: str
    later: str
    unknown: str


@dataclass(frozen=True)
class RestorePage:
    """What was looked for, and what a person can do with it.

    live: whether a worker is at it. seen: what a batch can be made of now; None where of nothing, or not by
    this person. may_look: whether they may have it looked for again. visitors: in figures.
    attributes: the first of them; more: how many others there are. clears: whether clear values are among
    what is sent. earlier, later: whose values are sent again, and whose stay. limits: what stays as it is.
    made: the batches that this was made into before, as far as this person may see them.
    """

    headline: str
    hint: str
    tone: str
    live: bool
    seen: UUID | None
    may_look: bool
    visitors: list[Figure]
    attributes: list[AttributeFates]
    more: int
    clears: bool
    earlier: list[EarlierLine]
    later: list[EarlierLine]
    limits: list[str]
    made: list[Batch]


@dataclass(frozen=True)
class RestoresNote:
    """That a batch restores another one. batch: that one, None where this person may not see it.

    overwrites: which batches were sent since it was made and share visitors with it, in words; "" for none.
    """

    sentence: str
    overwrites: str
    batch: Batch | None

    @property
    def tone(self) -> str:
        """Of the note."""
        return "warning" if self.overwrites else "neutral"


def restore_page(user: User, batch: Batch) -> RestorePage | None:
    """The page about restoring a batch; None where nobody has asked, or nothing is kept any more."""
    known = workflow.restoration_of(batch)
    if known is None:
        return None
    may = access.may(user, batch, Action.RESTORE) and workflow.can_be_restored(batch)
    is_current = known.looked_at is not None and workflow.is_up_to_date(known)
    headline, hint, tone = _headline(known, is_current)
    found = known.found
    lines = [_fates_line(name, fates) for name, fates in _in_order(known)]
    return RestorePage(
        headline=headline,
        hint=hint,
        tone=tone,
        live=known.looked_at is None and not known.failure,
        seen=known.folder if may and is_current else None,
        may_look=may and bool(known.failure or (known.looked_at and not is_current)),
        visitors=_figures(found) if found else [],
        attributes=lines[:MOST_LINES],
        more=max(0, len(lines) - MOST_LINES),
        clears=bool(known.clear),
        earlier=[_line(user, each, _sent_again()) for each in found.get("earlier", [])],
        later=[_line(user, each, _stays()) for each in found.get("later", [])],
        limits=_limits(batch, known) if found else [],
        made=list(restoring_batches(user, batch)),
    )


def restoring_batches(user: User, batch: Batch) -> list[Batch]:
    """The batches that restore this one, as far as this person may see them."""
    return list(access.batches_for(user).filter(restores=batch).order_by("pk"))


def names_to_clear(restoration: Restoration | None) -> list[str]:
    """The attributes with values for which no earlier one is known: only a clear value can replace these."""
    if restoration is None:
        return []
    return [name for name, fates in _in_order(restoration) if fates[Fate.UNKNOWN] or fates[Fate.CLEARED]]


def _in_order(restoration: Restoration) -> list[tuple[str, dict[str, int]]]:
    """The attributes as the file has them; PostgreSQL keeps the names in its JSON in an order of its own."""
    places = {name: place for place, name in enumerate(restoration.batch.attributes)}
    found = restoration.found.get("attributes", {}).items()
    return sorted(found, key=lambda each: places.get(each[0], len(places)))


def restores_note(user: User, batch: Batch) -> RestoresNote | None:
    """That the batch restores another one; None where it does not, or is on its way."""
    if batch.restores_id is None or batch.released_at or batch.is_final:
        return None
    overlap = Overlap.objects.filter(pk=batch.pk).first()
    newer = Batch.objects.filter(
        pk__in=[int(each) for each in overlap.shares_with] if overlap else [],
        released_at__gt=batch.created_at,
    )
    numbers = [f"#{pk}" for pk in newer.order_by("-released_at").values_list("pk", flat=True)[:MOST_BATCHES]]
    overwrites = _(
        "Since it was made, other batches with some of these visitors were sent: %(batches)s. What they set "
        "as well, this batch overwrites. To leave that out, cancel this one and restore batch #%(number)s "
        "again."
    ) % {"batches": ", ".join(numbers), "number": batch.restores_id}
    return RestoresNote(
        sentence=_("This batch sends values again that had been sent before batch #%(number)s.")
        % {"number": batch.restores_id},
        overwrites=overwrites if numbers else "",
        batch=access.batches_for(user).filter(pk=batch.restores_id).first(),
    )


def _headline(known: Restoration, is_current: bool) -> tuple[str, str, str]:
    if known.failure:
        why = str(RESTORATION_FAILURES[known.failure])
        return _("What was sent before could not be looked for"), why, "error"
    if known.looked_at is None:
        return (
            _("Looking for what was sent before"),
            _("In all kept batches of this account. You may leave this page and come back."),
            "progress",
        )
    if not is_current:
        return (
            _("Something was sent since this was counted"),
            _("Look again: what can be restored may have changed."),
            "warning",
        )
    if known.folder is None:
        return (
            _("Nothing can be restored"),
            _("No earlier value is known that could be sent in place of one of this batch."),
            "neutral",
        )
    rows, found = known.found["rows"], known.found
    cells = sum(fates[fate] for fates in found["attributes"].values() for fate in SENT_FATES)
    headline = ngettext(
        "%(rows)s of %(visitors)s visitors can be restored",
        "%(rows)s of %(visitors)s visitors can be restored",
        rows,
    )
    hint = ngettext(
        "This becomes a new batch with %(cells)s value. It is checked and shown like any other: nothing is "
        "sent before somebody sends it.",
        "This becomes a new batch with %(cells)s values. It is checked and shown like any other: nothing is "
        "sent before somebody sends it.",
        cells,
    )
    visitors = sum(found["visitors"].values())
    return (
        headline % {"rows": number(rows), "visitors": number(visitors)},
        hint % {"cells": number(cells)},
        "ready",
    )


def _figures(found: dict) -> list[Figure]:
    """Every visitor of the batch in one of the numbers."""
    visitors = found["visitors"]
    return [
        Figure("again", _("get earlier values back"), number(visitors[Fate.AGAIN]), "done"),
        *(
            [Figure("cleared", _("get a clear value only"), number(visitors[Fate.CLEARED]), "done")]
            if visitors[Fate.CLEARED]
            else []
        ),
        Figure("later", _("stay as a later batch set them"), number(visitors[Fate.LATER])),
        Figure("same", _("had the same values before"), number(visitors[Fate.SAME])),
        Figure("unknown", _("without known earlier values"), number(visitors[Fate.UNKNOWN]), "warning"),
    ]


def _fates_line(name: str, fates: dict[str, int]) -> AttributeFates:
    counts = {fate.value: number(fates[fate]) for fate in Fate}
    return AttributeFates(name=name, sent=number(sum(fates.values())), **counts)


def _line(user: User, found: dict, sentence: str) -> EarlierLine:
    other = Batch.objects.filter(pk=found["number"]).first()
    return EarlierLine(
        number=found["number"],
        link=access.may(user, other, Action.SEE),
        sentence=sentence
        % {
            "number": found["number"],
            "when": moment(other.released_at),
            "attributes": named(found["attributes"].items()),
        },
    )


def _sent_again() -> str:
    return _("Values of batch #%(number)s, sent on %(when)s: %(attributes)s.")


def _stays() -> str:
    return _("Batch #%(number)s, sent on %(when)s, has set anew: %(attributes)s. That stays.")


def _limits(batch: Batch, known: Restoration) -> list[str]:
    """What cannot be restored, and why."""
    said = []
    unknown = {name: fates[Fate.UNKNOWN] for name, fates in known.found["attributes"].items()}
    unknown = {name: count for name, count in unknown.items() if count}
    if unknown:
        said.append(
            # F7: a blank cell never clears what Target has.
            _(
                "Values for which nothing is known to have been sent before: %(attributes)s. Target keeps "
                "what this batch set, because a blank cell cannot clear it."
            )
            % {"attributes": named(unknown.items())}
        )
    if known.not_kept:
        said.append(
            ngettext(
                "What was sent in %(count)s earlier batch of this account, whose files are not kept any "
                "more.",
                "What was sent in %(count)s earlier batches of this account, whose files are not kept any "
                "more.",
                known.not_kept,
            )
            % {"count": number(known.not_kept)}
        )
    said.append(
        # F13, T14
        _("What your pages or other tools had set: only what was sent from here is known.")
    )
    return [*said, *_rows_without(batch, known)]


def _rows_without(batch: Batch, known: Restoration) -> list[str]:
    """The rows of the batch that are not among the visitors counted."""
    said = []
    if untaken := (batch.accepted or 0) - batch.sent:
        said.append(
            ngettext(
                "%(count)s row of this batch, which Target is not known to have taken.",
                "%(count)s rows of this batch, which Target is not known to have taken.",
                untaken,
            )
            % {"count": number(untaken)}
        )
    taken = batch.parts.taken().aggregate(rows=Sum("rows"))["rows"] or 0
    if forgotten := taken - sum(known.found["visitors"].values()):
        said.append(
            ngettext(
                "%(count)s visitor who was forgotten.",
                "%(count)s visitors who were forgotten.",
                forgotten,
            )
            % {"count": number(forgotten)}
        )
    return said
