"""A person who is to be forgotten: where the identifier was found, and what became of it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads.models import Batch, Forgetting

from .words import number

Phase, Outcome = Forgetting.Phase, Forgetting.Outcome


@dataclass(frozen=True)
class FoundLine:
    """A batch with the identifier; `rows` is None where its file cannot be read."""

    batch: int
    rows: int | None
    label: str
    note: str
    tone: str


@dataclass(frozen=True)
class ForgettingPage:
    """What one look found. live: whether a worker is at it; may_remove: whether something can be removed."""

    headline: str
    hint: str
    tone: str
    live: bool
    may_remove: bool
    lines: list[FoundLine]


_TONES = {
    Outcome.REMOVED: "done",
    Outcome.WHOLE_FILE: "done",
    Outcome.GONE: "done",
    Outcome.REMOVABLE: "ready",
}
_NOTES = {
    Outcome.UNDER_WAY: gettext_lazy("Cancel the batch or let it end, then look again."),
    Outcome.UNREADABLE: gettext_lazy("The file cannot be read. It goes with the batch's other files."),
    Outcome.REMOVED: gettext_lazy("All other rows are as they were."),
    Outcome.WHOLE_FILE: gettext_lazy(
        "The uploaded file is gone whole: rows cannot be taken out of such a file."
    ),
    Outcome.GONE: gettext_lazy("The batch's files have been deleted meanwhile."),
}


def forgetting_page(wanted: Forgetting) -> ForgettingPage:
    """The page of one look."""
    lines = [_line(each) for each in wanted.found]
    headline, hint, tone = _headline(wanted)
    return ForgettingPage(
        headline=headline,
        hint=hint,
        tone=tone,
        live=wanted.due_at is not None,
        may_remove=wanted.phase == Phase.FOUND,
        lines=lines,
    )


def _line(found: dict) -> FoundLine:
    outcome = Outcome(found["outcome"])
    return FoundLine(
        batch=found["batch"],
        rows=found["rows"],
        label=str(outcome.label),
        note=str(_NOTES.get(outcome, "")),
        tone=_TONES.get(outcome, "warning"),
    )


def _headline(wanted: Forgetting) -> tuple[str, str, str]:
    outcomes = [each["outcome"] for each in wanted.found]
    has_left = bool({Outcome.UNDER_WAY, Outcome.UNREADABLE} & set(outcomes))
    match Phase(wanted.phase):
        case Phase.SEARCHING:
            newest = Batch.objects.order_by("pk").values_list("pk", flat=True).last() or 0
            place = {"reached": number(wanted.reached), "newest": number(newest)}
            return (
                _("Looking into every kept file"),
                _("Batch %(reached)s of %(newest)s. You may leave this page and come back.") % place,
                "progress",
            )
        case Phase.FOUND:
            batches = outcomes.count(Outcome.REMOVABLE)
            said = ngettext(
                "The identifier can be removed from %(count)s batch",
                "The identifier can be removed from %(count)s batches",
                batches,
            ) % {"count": number(batches)}
            return (
                said,
                _("Within an hour: after that, the identifier is dropped and you enter it again."),
                "ready",
            )
        case Phase.REMOVING:
            return _("Removing"), _("You may leave this page and come back."), "progress"
        case Phase.DONE if has_left:
            return (
                _("Removed, but not everywhere"),
                _("What stays and why stands below. Look again when it is resolved."),
                "warning",
            )
        case Phase.DONE:
            return (
                _("The visitor is forgotten here"),
                _("No file that is kept holds the identifier any more. Target still may: see below."),
                "done",
            )
    if has_left:
        return _("Nothing can be removed now"), _("What stays and why stands below."), "warning"
    if wanted.found:
        return _("Nothing was removed"), _("Nobody went on with it within an hour. Look again."), "neutral"
    return _("The identifier is in no file that is kept"), _("There is nothing to remove."), "done"
