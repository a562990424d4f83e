"""A batch's headline: what is so, what follows from it, and in which tone."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads.models import Batch, BatchState, Part, PartState, Verdict

from .canary import headline_of_rest, is_about_proven_rows
from .overlap import gate_in_words, gate_of
from .quiet import told_of_chosen_time
from .stopping import what_had_gone
from .words import CHECK_FAILURES, RECOVERED, SCHEDULE_FAILURES, moment, number, why_not_taken

TONES = {
    BatchState.RECEIVED: "ready",
    BatchState.CHECKING: "progress",
    BatchState.REFUSED: "error",
    BatchState.READY: "ready",
    BatchState.AWAITING_APPROVAL: "ready",
    BatchState.APPROVED: "progress",
    BatchState.REJECTED: "error",
    BatchState.SCHEDULED: "ready",
    BatchState.DELIVERING: "progress",
    BatchState.NEEDS_ATTENTION: "doubt",
    BatchState.COMPLETE: "done",
    BatchState.COMPLETE_WITH_FAILURES: "warning",
    BatchState.FAILED: "error",
    BatchState.CANCELLED: "neutral",
}


def tone_of(batch: Batch) -> str:
    """The tone of a batch's page: its state's, but where no row can be sent, or the first rows are proven."""
    if batch.state == BatchState.READY and not batch.accepted:
        return "error"
    if batch.state == BatchState.NEEDS_ATTENTION and is_about_proven_rows(batch):
        return "ready"
    return TONES[batch.status]


def headline_of(batch: Batch, parts: Sequence[Part], waits_for: str) -> tuple[str, str]:
    """What is so, and what follows from it.

    waits_for: why the delivery does not go on just now, "" where it does.
    """
    match batch.status:
        case BatchState.RECEIVED:
            return _("Which column holds the visitor's id?"), _(
                "The header does not say so, and Target needs to know. Nothing is sent yet."
            )
        case BatchState.CHECKING:
            return _("Checking every row"), _("You may leave this page and come back.")
        case BatchState.REFUSED:
            reason = CHECK_FAILURES.get(batch.check_failure)
            return _("This file cannot be used as it is"), str(
                reason or _("Nothing was sent. Correct what is listed below and upload the file again.")
            )
        case BatchState.READY:
            return _ready(batch)
        case BatchState.AWAITING_APPROVAL:
            return _awaiting(batch), _("Nothing is sent before a reviewer has approved it.")
        case BatchState.APPROVED:
            return _("Approved"), _("It is being released.")
        case BatchState.REJECTED:
            return _("Rejected: nothing was sent"), _(
                "That is final. What the reviewer said stands below; a corrected file is a batch of its own."
            )
        case BatchState.SCHEDULED:
            return _scheduled(batch)
        case BatchState.DELIVERING:
            return _delivering(batch, parts, waits_for)
        case BatchState.NEEDS_ATTENTION:
            return _attention(batch, parts)
        case BatchState.COMPLETE:
            return ngettext(
                "Target has processed %(count)s row",
                "Target has processed all %(count)s rows",
                batch.accepted or 0,
            ) % {"count": number(batch.accepted)}, _(
                "Updates generally show within 1 hour, at most 24 hours."  # T12
            )
        case BatchState.COMPLETE_WITH_FAILURES:
            return _("Finished, but not for every row"), _(
                "The figures below say how many rows Target updated, did not know, refused, "
                "or said nothing about."
            )
        case BatchState.FAILED:
            return _("Target took nothing"), _("What Target answered stands below, part by part.")
    return _("Cancelled"), what_had_gone(parts)


def _ready(batch: Batch) -> tuple[str, str]:
    if not batch.accepted:
        return _("No row can be sent"), _("Every row has an error. Correct the file and upload it again.")
    sentences = [
        ngettext("%(count)s row will be sent", "%(count)s rows will be sent", batch.accepted)
        % {"count": number(batch.accepted)}
    ]
    if batch.rejected:
        sentences.append(
            ngettext(
                "%(count)s has errors and stays out", "%(count)s have errors and stay out", batch.rejected
            )
            % {"count": number(batch.rejected)}
        )
    if batch.warnings:
        sentences.append(
            ngettext("%(count)s has warnings", "%(count)s have warnings", batch.warnings)
            % {"count": number(batch.warnings)}
        )
    if why := why_not_taken(batch):
        return ", ".join(sentences), why
    if batch.schedule_failure == "recovered":
        return ", ".join(sentences), RECOVERED
    if batch.schedule_failure:
        return ", ".join(sentences), _("It was not sent at the chosen time. %(why)s") % {
            "why": SCHEDULE_FAILURES[batch.schedule_failure]
        }
    if gate := gate_of(batch):
        return ", ".join(sentences), gate_in_words(batch, gate)
    if batch.needs_approval:
        return ", ".join(sentences), _needs_approval(batch)
    hint = (
        _("Send the good rows now, or fix the others first, here or in Excel.")
        if batch.rejected
        else _("Nothing is sent before you say so.")
    )
    return ", ".join(sentences), hint


def _needs_approval(batch: Batch) -> str:
    match batch.verdict:
        case Verdict.RETURNED:
            return _("A reviewer returned it; what they said stands below. Change it, or ask again.")
        case Verdict.VOID:
            return _(
                "What would be sent is no longer what approval was asked for, so nothing was sent. Ask again."
            )
    return _("%(destination)s wants a second person to approve this batch before it is sent.") % {
        "destination": batch.destination.name
    }


def _awaiting(batch: Batch) -> str:
    return ngettext(
        "%(count)s row waits for approval", "%(count)s rows wait for approval", batch.accepted or 0
    ) % {"count": number(batch.accepted)}


def _scheduled(batch: Batch) -> tuple[str, str]:
    headline = ngettext(
        "%(count)s profile goes to %(destination)s on %(when)s",
        "%(count)s profiles go to %(destination)s on %(when)s",
        batch.accepted or 0,
    ) % {
        "count": number(batch.accepted),
        "destination": batch.destination.name,
        "when": moment(batch.send_at),
    }
    text = _("It is sent by itself. Should anything change before, it is ready again and nothing is sent.")
    return headline, " ".join(filter(None, (text, told_of_chosen_time(batch))))


def _delivering(batch: Batch, parts: Sequence[Part], waits_for: str) -> tuple[str, str]:
    if any(part.state == PartState.CANCELLED for part in parts):
        return _("Stopped: what had left is followed to its end"), what_had_gone(parts)
    if not waits_for and any(part.state == PartState.ACCEPTED for part in parts):
        waits_for = _(
            "Target has accepted the data and is processing it. Accepted does not mean applied yet."
        )
    headline = _("Delivering to %(destination)s") % {"destination": batch.destination.name}
    return headline, waits_for or _("You may leave this page and come back.")


def _attention(batch: Batch, parts: Sequence[Part]) -> tuple[str, str]:
    undecided = {part.state for part in parts if part.is_undecided}
    if not undecided and (told := headline_of_rest(batch)):
        return told
    if PartState.IN_DOUBT in undecided:
        return _("In doubt: the data may or may not have reached Target"), _(
            "It is not sent again by itself, because Target could then apply it twice. "
            "A reviewer looks it up in Target and decides."
        )
    if PartState.NOT_APPLIED in undecided:
        return _("Some of the data did not reach Target"), _(
            "Nothing of it was applied. A reviewer decides whether it is sent again."
        )
    return _("Target accepted the data, but its result is not known"), _(
        "A reviewer can look it up in Target, and takes note of it."
    )
