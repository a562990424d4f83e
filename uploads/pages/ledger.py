"""The ledger: where every row of a batch's file is. Each row stands in one entry, and each entry has a name.

"Accepted by Target" is not "applied" (T12): only what Target reports as updated counts as such, and what
it says nothing about is an entry of its own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uploads.models import Batch, BatchState, Overlap, Part, PartState
from uploads.models.states import ACCEPTED_PART_STATES

from .words import number

#: How wide the drawing is, in its own units, and the least that a row in a million takes of it.
WIDTH = 1000
LEAST_WIDTH = 8


@dataclass(frozen=True)
class Entry:
    """Rows of which the same is true; `name` is stable. Entries with `parts` are the sum of them.

    depth: how far it is set in below the rows in the file. x, width: its stretch of the drawing.
    """

    name: str
    label: str | Promise
    rows: int
    tone: str = "neutral"
    help: str | Promise = ""
    depth: int = 1
    is_sum: bool = False
    x: int = 0
    width: int = 0

    @property
    def value(self) -> str:
        """The rows as the language writes them."""
        return number(self.rows)


@dataclass(frozen=True)
class Ledger:
    """The entries in the order of the way that rows take, sums before what they consist of.

    surplus: rows that Target reports above those it was sent; they are no rows of the file.
    carrying: rows that also carry values of earlier batches (F12); carried: how many values.
    """

    lines: tuple[Entry, ...]
    surplus: int = 0
    carrying: int = 0
    carried: int = 0

    @property
    def entries(self) -> list[Entry]:
        """What the drawing shows: each row of the file in exactly one of them, none of them empty."""
        return [line for line in self.lines if not line.is_sum and line.rows]


def ledger_of(batch: Batch, parts: Iterable[Part], overlap: Overlap | None = None) -> Ledger | None:
    """The ledger of a batch that was released or cancelled; None before, when nothing can have left.

    parts: all of the batch; one that another part replaces counts as that other one. overlap: what was chosen
    about values of earlier batches.
    """
    if batch.rows is None or not (batch.released_at or batch.state == BatchState.CANCELLED):
        return None
    parts = list(parts)
    replaced = {part.resends_id for part in parts}
    rows: Counter[str] = Counter()
    for part in parts:
        if part.pk not in replaced:
            rows.update(_rows_of(part))
    # Each row that another one of its id pushes out has exactly this one error.
    duplicates = min(batch.problems_by_code.get("id-duplicate", 0), batch.rejected)
    rows["skipped"] = batch.skipped or 0
    rows["left_out"] = batch.left_out
    rows["overlap"] = overlap.left_out if overlap else 0
    rows["duplicates"] = duplicates
    rows["rejected"] = batch.rejected - duplicates
    carries = overlap is not None and overlap.choice == Overlap.Choice.CARRY_OVER and overlap.is_made
    return Ledger(
        tuple(_drawn(_lines(rows))),
        surplus=rows["surplus"],
        carrying=overlap.losing if carries else 0,
        carried=overlap.cells if carries else 0,
    )


def _rows_of(part: Part) -> dict[str, int]:
    """One part's rows by entry; together they are the part's rows, but for the surplus."""
    if part.is_held and part.state == PartState.PENDING:
        return {"held": part.rows}
    if part.state not in ACCEPTED_PART_STATES:
        return {_ENTRY_BEFORE_TARGET[part.status]: part.rows}
    reported = {
        "failed": max(part.failed or 0, part.listed or 0),  # T9: what Target names, it did not update.
        "not_found": part.not_found or 0,
        "updated": part.updated or 0,
    }
    # The bad news first: should Target's figures exceed what was sent, nothing is called updated twice.
    left = part.rows
    told = {}
    for name, rows in reported.items():
        told[name] = min(rows, left)
        left -= told[name]
    outcomes = sum(told.values())
    # Older servers leave out how many rows they consumed (T7): then it is those with an outcome.
    told["unexplained"] = min(max((part.consumed or 0) - outcomes, 0), left)
    left -= told["unexplained"]
    told["awaited" if part.state == PartState.ACCEPTED else "silent"] = left
    return told | {"surplus": max(sum(reported.values()), part.consumed or 0, part.rows) - part.rows}


_ENTRY_BEFORE_TARGET = {
    PartState.PENDING: "waiting",
    PartState.CLAIMED: "waiting",
    PartState.WAITING_TO_RETRY: "waiting",
    PartState.SENDING: "sending",
    PartState.IN_DOUBT: "in_doubt",
    PartState.CLOSED_UNKNOWN: "closed_unknown",
    PartState.NOT_APPLIED: "not_applied",
    PartState.REFUSED: "refused",
    PartState.CANCELLED: "cancelled",
}


def _lines(rows: Counter[str]) -> list[Entry]:
    consumed = sum(rows[name] for name in ("updated", "not_found", "failed", "unexplained"))
    accepted = consumed + rows["awaited"] + rows["silent"]
    total = sum(rows.values()) - rows["surplus"]

    def entry(name: str, label: Promise, tone: str, help_: Promise | str = "", depth: int = 1) -> Entry:
        return Entry(name, label, rows[name], tone, help_, depth)

    return [
        Entry("total", _("Rows in the file"), total, depth=0, is_sum=True),
        entry("skipped", _("Blank, skipped"), "blank"),
        entry("left_out", _("Left out by hand"), "by-hand"),
        entry(
            "overlap",
            _("Left out: Target would lose values of an earlier batch"),
            "by-hand",
            _("They can be downloaded, and sent later."),
        ),
        entry("rejected", _("Stayed out: errors"), "stayed-out"),
        entry(
            "duplicates",
            _("Left out: another row has the same id"),
            "left-out",
            _("Which of them goes was chosen with the reading of the file."),
        ),
        entry("cancelled", _("Cancelled, not sent"), "cancelled"),
        entry("waiting", _("Not sent yet"), "waiting"),
        entry("held", _("Held back until it is known what became of the first rows"), "waiting"),
        entry("sending", _("Being sent now"), "sending"),
        entry("refused", _("Whole part refused: nothing of it was applied"), "refused"),
        entry("not_applied", _("Did not arrive, by a person's word"), "refused"),
        entry("in_doubt", _("In doubt"), "in-doubt", _("They may or may not have reached Target.")),
        entry("closed_unknown", _("Closed: nobody knows whether they arrived"), "in-doubt"),
        Entry(
            "sent",
            _("Accepted by Target"),
            accepted,
            help=_("Accepted means queued, not yet applied."),
            is_sum=True,
        ),
        entry("awaited", _("Not yet accounted for"), "awaited", _("Target is still working on them."), 2),
        entry(
            "silent",
            _("Not accounted for"),
            "silent",
            _("Target has said nothing about them; of large batches it can lose up to 0.1 %."),  # T12
            2,
        ),
        Entry("consumed", _("Processed by Target"), consumed, depth=2, is_sum=True),
        entry("updated", _("Updated"), "updated", depth=3),
        entry(
            "not_found",
            _("Not known to Target"),
            "not-found",
            _("API version v1 leaves visitors out that Target does not know."),  # F10
            3,
        ),
        entry("failed", _("Refused by Target"), "failed", depth=3),
        entry("unexplained", _("Processed, but Target does not say how"), "silent", depth=3),
    ]


def _drawn(lines: list[Entry]) -> Iterator[Entry]:
    """The lines with their stretches of the drawing: even one row of a million can be seen."""
    rows = [line.rows for line in lines if not line.is_sum and line.rows]
    spare = WIDTH - LEAST_WIDTH * len(rows)
    x = passed = drawn = 0
    for line in lines:
        if line.is_sum or not line.rows:
            yield line
            continue
        passed += line.rows
        drawn += 1
        end = round(LEAST_WIDTH * drawn + spare * passed / sum(rows))
        yield replace(line, x=x, width=end - x)
        x = end
