"""What a batch has in common with those sent before it, and what can be done about it, in words (F12)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access, batchfile, workflow
from uploads.access import Action
from uploads.models import Batch, BatchState, Overlap, User
from uploads.models.states import COMPARED_BATCH_STATES
from uploads.workflow import Gate

from .words import OVERLAP_FAILURES, moment, number

#: Of earlier batches, and of attributes, so many are named; the others are counted.
MOST_BATCHES = 5
MOST_ATTRIBUTES = 8
#: Values of one row that the preview shows.
MOST_VALUES = 12


@dataclass(frozen=True)
class EarlierLine:
    """One earlier batch; link: whether this person may see it."""

    number: int
    link: bool
    sentence: str


@dataclass(frozen=True)
class OverlapNote:
    """What is to be said of it wherever the batch is about to be sent.

    gate: what keeps the batch, in words, "" where nothing does; is_moving: whether a worker is about to
    change that. oversized: why values cannot be carried over, in words, "" where they can or nobody chooses
    any more. chosen: what somebody chose, in words, "" where nobody has. lines: the earlier batches; more:
    how many others there are. may_decide: whether this person may choose; shows: whether it has a page.
    """

    tone: str
    gate: str
    is_moving: bool
    oversized: str
    chosen: str
    reason: str
    lines: list[EarlierLine]
    more: str
    may_decide: bool
    shows: bool


@dataclass(frozen=True)
class OverlapPage:
    """The page with the choices.

    digest: of exactly what is shown. choices: each with its words and its consequence; none where it is too
    late to choose, or not for this person. carried: cells by attribute.
    """

    digest: str
    note: OverlapNote
    choices: list[tuple[str, str, str]]
    carried: list[tuple[str, str]]


@dataclass(frozen=True)
class LostLine:
    """A row of the batch, and what Target would lose by it: attribute, value, number of the earlier batch."""

    identifier: str
    values: list[tuple[str, str, int]]
    more: int


def overlap_note(user: User, batch: Batch) -> OverlapNote | None:
    """What is known of it by now; None where there is nothing to be said, or nothing any more."""
    gate = gate_of(batch)
    overlap = workflow.overlap_of(batch)
    if gate is None and (overlap is None or not (overlap.batches or overlap.failure)):
        return None
    if batch.state not in COMPARED_BATCH_STATES and not (overlap and overlap.choice):
        return None
    found = [] if overlap is None or gate == Gate.COMPARING else overlap.batches
    choice = overlap.choice if overlap else ""
    shows = overlap is not None and overlap.is_lossy and gate != Gate.COMPARING
    may = batch.state == BatchState.READY and access.may(user, batch, Action.CONFIRM_READING)
    return OverlapNote(
        tone=_tone(gate, overlap),
        gate=gate_in_words(batch, gate),
        is_moving=gate in (Gate.COMPARING, Gate.MAKING),
        oversized=_oversized(overlap, may) if shows and (may or not choice) else "",
        chosen=_chosen(overlap) if choice else "",
        reason=overlap.reason if choice else "",
        lines=[_line(user, each, choice) for each in found[:MOST_BATCHES]],
        more=_more(len(found) - MOST_BATCHES),
        shows=shows,
        may_decide=may and shows,
    )


def gate_of(batch: Batch) -> Gate | None:
    """What keeps a batch that is not released from being sent, None where nothing does."""
    is_about = batch.state in COMPARED_BATCH_STATES and batch.accepted
    return workflow.gate_of(batch) if is_about else None


def gate_in_words(batch: Batch, gate: Gate | None) -> str:
    """Why a batch cannot be sent yet; "" where it can."""
    match gate:
        case Gate.COMPARING:
            return _("It is being compared with what was sent to this account lately; then it can be sent.")
        case Gate.MAKING:
            return _("It is being made as it was chosen; then it can be sent.")
        case Gate.UNDECIDED:
            return _(
                "Target would lose values of an earlier batch: it can be sent once somebody has chosen how."
            )
        case Gate.NOT_COMPARED:
            overlap = workflow.overlap_of(batch)
            return str(OVERLAP_FAILURES[overlap.failure])
    return ""


def overlap_page(user: User, batch: Batch) -> OverlapPage | None:
    """The page of a batch that makes Target lose something; None where there is nothing to be shown."""
    overlap = workflow.overlap_of(batch)
    note = overlap_note(user, batch)
    if note is None or overlap is None or not overlap.is_lossy:
        return None
    return OverlapPage(
        digest=workflow.digest_of(batch),
        note=note,
        choices=_choices(batch, overlap) if note.may_decide else [],
        carried=[(name, number(cells)) for name, cells in cells_by_attribute(overlap)],
    )


def default_choice(batch: Batch) -> str:
    """What is suggested: what was chosen before, or what loses nothing, if there is such a choice."""
    overlap = workflow.overlap_of(batch)
    if overlap is None or overlap.choice:
        return overlap.choice if overlap else ""
    return next((choice for choice in Overlap.Choice if workflow.may_choose(overlap, choice)), "")


class LostValues:
    """The rows by which Target would lose values, for Django's Paginator: each page is read from the file."""

    def __init__(self, store: batchfile.OverlapStore, text: str = ""):
        self._store = store
        self._text = text.strip() or None

    def count(self) -> int:
        """How many there are; of those that a text is in, at most batchfile.MOST_FOUND."""
        return self._store.count(self._text, only_losing=True)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> list[LostLine]:
        rows = self._store.page(
            self._text, only_losing=True, offset=wanted.start, limit=wanted.stop - wanted.start
        )
        return [
            LostLine(
                row.id,
                [
                    (lost.attribute, batchfile.excerpt(lost.value), lost.batch)
                    for lost in row.lost[:MOST_VALUES]
                ],
                max(0, len(row.lost) - MOST_VALUES),
            )
            for row in rows
        ]


def _tone(gate: Gate | None, overlap: Overlap | None) -> str:
    if gate in (Gate.COMPARING, Gate.MAKING):
        return "progress"
    if gate is None and (overlap is None or not overlap.is_lossy):
        return "neutral"
    is_kept = overlap is not None and overlap.choice in (Overlap.Choice.CARRY_OVER, Overlap.Choice.LEAVE_OUT)
    return "done" if is_kept else "warning"


def _line(user: User, found: dict, choice: str) -> EarlierLine:
    earlier = Batch.objects.filter(pk=found["number"]).first()
    common = ngettext(
        "%(count)s of these visitors was also in batch #%(number)s, sent on %(when)s.",
        "%(count)s of these visitors were also in batch #%(number)s, sent on %(when)s.",
        found["visitors"],
    ) % {
        "count": number(found["visitors"]),
        "number": found["number"],
        "when": moment(earlier.released_at),
    }
    return EarlierLine(
        number=found["number"],
        link=access.may(user, earlier, Action.SEE),
        sentence=f"{common} {_loss(found['attributes'], choice)}",
    )


def _loss(attributes: dict[str, int], choice: str) -> str:
    if not attributes:
        return _("Target loses nothing of it: this batch has a value of its own for all that it set.")
    count, names = sum(attributes.values()), named(attributes.items())
    if choice == Overlap.Choice.LEAVE_OUT:
        return _("Rows by which Target would lose values of it stay out.")
    if choice == Overlap.Choice.CARRY_OVER:
        return ngettext(
            "%(count)s value of it is carried over: %(attributes)s.",
            "%(count)s values of it are carried over: %(attributes)s.",
            count,
        ) % {"count": number(count), "attributes": names}
    return ngettext(
        "Unless the visitor has come back to your site since, Target loses this value: %(attributes)s. This "
        "batch does not carry it.",
        "Unless the visitors have come back to your site since, Target loses %(count)s values: "
        "%(attributes)s. This batch does not carry them.",
        count,
    ) % {"count": number(count), "attributes": names}


def named(cells: Iterable[tuple[str, int]]) -> str:
    """Attributes with how many values each, the most frequent first."""
    cells = sorted(cells, key=lambda each: (-each[1], each[0]))
    words = [
        _("%(name)s (%(count)s)") % {"name": name, "count": number(count)}
        for name, count in cells[:MOST_ATTRIBUTES]
    ]
    if len(cells) > MOST_ATTRIBUTES:
        left = len(cells) - MOST_ATTRIBUTES
        words.append(ngettext("%(count)s more", "%(count)s more", left) % {"count": number(left)})
    return ", ".join(words)


def _more(count: int) -> str:
    if count <= 0:
        return ""
    return ngettext(
        "And %(count)s more earlier batch has some of these visitors.",
        "And %(count)s more earlier batches have some of these visitors.",
        count,
    ) % {"count": number(count)}


def _chosen(overlap: Overlap) -> str:
    words = {
        "person": str(overlap.chosen_by),
        "when": moment(overlap.chosen_at),
        "rows": number(overlap.losing),
        "cells": number(overlap.cells),
    }
    match overlap.choice:
        case Overlap.Choice.CARRY_OVER:
            said = ngettext(
                "%(person)s chose on %(when)s to carry it over: %(rows)s row also carries the %(cells)s "
                "values.",
                "%(person)s chose on %(when)s to carry them over: %(rows)s rows also carry the %(cells)s "
                "values.",
                overlap.losing,
            )
        case Overlap.Choice.LEAVE_OUT:
            said = ngettext(
                "%(person)s chose on %(when)s to leave %(rows)s row out, so that Target loses nothing.",
                "%(person)s chose on %(when)s to leave %(rows)s rows out, so that Target loses nothing.",
                overlap.losing,
            )
        case _:
            said = _("%(person)s chose on %(when)s to send it anyway.")
    return said % words


def _oversized(overlap: Overlap, may_choose: bool) -> str:
    if not overlap.oversized or overlap.failure:
        return ""
    said = ngettext(
        "The values cannot be carried over: %(rows)s row would become longer than %(limit)s bytes, and "
        "Target keeps no more than 64 KB for a profile.",
        "The values cannot be carried over: %(rows)s rows would become longer than %(limit)s bytes, and "
        "Target keeps no more than 64 KB for a profile.",
        overlap.oversized,
    ) % {"rows": number(overlap.oversized), "limit": number(batchfile.ROW_LIMIT)}
    if not may_choose:
        return said
    if workflow.may_choose(overlap, Overlap.Choice.LEAVE_OUT):
        advice = _(
            "Choose otherwise: leave out all rows by which Target would lose values, send it anyway, or "
            "wait, and choose later."
        )
    else:
        advice = _("Choose otherwise: send it anyway, or wait, and choose later.")
    return f"{said} {advice}"


def _choices(batch: Batch, overlap: Overlap) -> list[tuple[str, str, str]]:
    return [
        (choice.value, *_offer(choice, batch, overlap))
        for choice in Overlap.Choice
        if workflow.may_choose(overlap, choice)
    ]


def _offer(choice: Overlap.Choice, batch: Batch, overlap: Overlap) -> tuple[str, str]:
    rows, cells = number(overlap.losing), number(overlap.cells)
    match choice:
        case Overlap.Choice.CARRY_OVER:
            return _("Carry the values over (suggested)"), ngettext(
                "%(rows)s row also carries what earlier batches set, %(cells)s values in all. Target then "
                "has both, whether the visitor came back or not.",
                "%(rows)s rows also carry what earlier batches set, %(cells)s values in all. Target then has "
                "both, whether the visitors came back or not.",
                overlap.losing,
            ) % {"rows": rows, "cells": cells}
        case Overlap.Choice.LEAVE_OUT:
            return _("Leave these rows out"), ngettext(
                "%(rows)s row is not sent. Once the batch is made, you can download it and send it later.",
                "%(rows)s rows are not sent. Once the batch is made, you can download them and send them "
                "later.",
                overlap.losing,
            ) % {"rows": rows}
    consequence = _(
        "Target loses these values wherever the visitor has not come back in between. Say why; it goes into "
        "the audit log."
    )
    if overlap.failure:
        consequence = _(
            "Nobody knows whether Target loses anything by it. Say why; it goes into the audit log."
        )
    if batch.destination.approval_of_losses:
        consequence += " " + _("At this destination, a reviewer has to approve it.")
    return _("Send it anyway"), consequence


def cells_by_attribute(overlap: Overlap) -> list[tuple[str, int]]:
    """How many values Target would lose of each attribute, the most first."""
    cells: dict[str, int] = {}
    for each in overlap.batches:
        for name, count in each["attributes"].items():
            cells[name] = cells.get(name, 0) + count
    return sorted(cells.items(), key=lambda each: (-each[1], each[0]))
