"""A batch's page: one headline, what to do next, figures, causes, parts."""

from dataclasses import dataclass, field

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access, workflow
from uploads.access import Action
from uploads.models import Account, Batch, BatchState, Decision, Part, PartState, User
from uploads.models.states import ACCEPTED_PART_STATES, UNCLEAR_PART_STATES, UNSENT_PART_STATES

from .columns import MOST_COLUMNS, ColumnLine, NoticeLine, column_lines, notice_lines
from .problems import Cause, causes
from .words import CHECK_FAILURES, PART_REASONS, number

TONES = {
    BatchState.RECEIVED: "ready",
    BatchState.CHECKING: "progress",
    BatchState.REFUSED: "error",
    BatchState.READY: "ready",
    BatchState.DELIVERING: "progress",
    BatchState.NEEDS_ATTENTION: "doubt",
    BatchState.COMPLETE: "done",
    BatchState.COMPLETE_WITH_FAILURES: "warning",
    BatchState.FAILED: "error",
    BatchState.CANCELLED: "neutral",
}
PART_TONES = {
    PartState.COMPLETE: "done",
    PartState.COMPLETE_WITH_FAILURES: "warning",
    PartState.WAITING_TO_RETRY: "warning",
    PartState.REFUSED: "error",
    PartState.NOT_APPLIED: "error",
    PartState.CANCELLED: "neutral",
    PartState.PENDING: "neutral",
} | dict.fromkeys(UNCLEAR_PART_STATES, "doubt")


@dataclass(frozen=True)
class Figure:
    """A number with its label; `name` is stable, for tests and scripts."""

    name: str
    label: str
    value: str
    tone: str = "neutral"
    help: str = ""


@dataclass(frozen=True)
class Step:
    """One of the four steps of a batch; `state` is done, current, todo or problem."""

    label: str
    state: str


@dataclass(frozen=True)
class Progress:
    """A bar: `value` of `max`, and the same in words."""

    value: int
    max: int
    text: str


@dataclass(frozen=True)
class PartLine:
    """A part with what is to be said about it."""

    part: Part
    tone: str
    note: str


@dataclass
class BatchPage:
    """Everything that the live part of a batch's page shows to one person."""

    headline: str
    hint: str
    tone: str
    live: bool
    may: dict[str, bool]
    send_label: str
    steps: list[Step]
    progress: Progress | None
    figures: list[Figure]
    ledger: list[Figure]
    corrects: Batch | None
    causes: list[Cause] = field(default_factory=list)
    notices: list[NoticeLine] = field(default_factory=list)
    columns: list[ColumnLine] = field(default_factory=list)
    more_columns: int = 0
    parts: list[PartLine] = field(default_factory=list)


def batch_page(user: User, batch: Batch) -> BatchPage:
    """The page of a batch for this person."""
    parts = [_part_line(part) for part in batch.parts.order_by("number")]
    headline, hint = _headline(batch, [line.part for line in parts])
    may_read = access.may(user, batch, Action.CONFIRM_READING)
    may_see_values = access.may(user, batch, Action.SEE_VALUES)
    return BatchPage(
        headline=headline,
        hint=hint,
        tone=_tone(batch),
        live=batch.status.is_moving or any(line.part.state == PartState.ACCEPTED for line in parts),
        may={
            "send": batch.state == BatchState.READY
            and bool(batch.accepted)
            and batch.destination.active
            and access.may(user, batch, Action.SEND),
            "cancel": workflow.can_cancel(batch) and access.may(user, batch, Action.CANCEL),
            "values": may_see_values,
            "download": access.may(user, batch, Action.DOWNLOAD),
            "confirm": batch.state == BatchState.RECEIVED and may_read,
            "read_anew": batch.may_be_read_anew and batch.state != BatchState.RECEIVED and may_read,
        },
        send_label=ngettext(
            "Send %(count)s profile to %(destination)s",
            "Send %(count)s profiles to %(destination)s",
            batch.accepted or 0,
        )
        % {"count": number(batch.accepted), "destination": batch.destination.name},
        steps=_steps(batch),
        progress=_progress(batch, [line.part for line in parts]),
        figures=_figures(batch),
        ledger=_ledger(batch),
        corrects=access.batches_for(user).filter(pk=batch.corrects_id).first(),
        causes=causes(batch),
        notices=notice_lines(batch),
        columns=column_lines(batch, with_samples=may_see_values) if batch.rows else [],
        more_columns=max(0, len(batch.attributes) + 1 - MOST_COLUMNS),
        parts=parts if batch.released_at else [],
    )


def _tone(batch: Batch) -> str:
    if batch.state == BatchState.READY and not batch.accepted:
        return "error"
    return TONES[batch.status]


def _headline(batch: Batch, parts: list[Part]) -> tuple[str, str]:
    """What is so, and what follows from it."""
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
        case BatchState.DELIVERING:
            return _("Delivering to %(destination)s") % {"destination": batch.destination.name}, _waiting(
                batch, parts
            )
        case BatchState.NEEDS_ATTENTION:
            return _attention(parts)
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
    return _("Cancelled"), _cancelled(parts)


def _ready(batch: Batch) -> tuple[str, str]:
    if not batch.accepted:
        return _("No row can be sent"), _("Every row has an error. Correct the file and upload it again.")
    sentences = [
        ngettext("%(count)s row can be sent", "%(count)s rows can be sent", batch.accepted)
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
    if not batch.destination.active:
        return ", ".join(sentences), _(
            "The destination is inactive: nothing can be sent there until an admin makes it active again."
        )
    hint = (
        _("Send the good rows now, or cancel, correct the file and upload it again.")
        if batch.rejected
        else _("Nothing is sent before you say so.")
    )
    return ", ".join(sentences), hint


def _waiting(batch: Batch, parts: list[Part]) -> str:
    """Why it is not going on, so that waiting is never a mystery."""
    account = Account.objects.filter(code=batch.destination.account_code).first()
    if account is not None and account.paused_at:
        return str(PART_REASONS["token"])
    if account is not None and account.slow_until and account.slow_until > timezone.now():
        return _("Target is busy and asked us to slow down. It goes on by itself.")
    waiting = next((part for part in parts if part.state in UNSENT_PART_STATES and part.reason), None)
    if waiting is not None:
        return str(PART_REASONS.get(waiting.reason, ""))
    if any(part.state == PartState.ACCEPTED for part in parts):
        return _("Target has accepted the data and is processing it. Accepted does not mean applied yet.")
    return _("You may leave this page and come back.")


def _attention(parts: list[Part]) -> tuple[str, str]:
    if any(part.state == PartState.IN_DOUBT for part in parts):
        return _("In doubt: the data may or may not have reached Target"), _(
            "It is not sent again by itself, because Target could then apply it twice. "
            "Look up a few visitors in Target to see whether the values arrived."
        )
    return _("Target accepted the data, but its result is not known"), _(
        "Look up a few visitors in Target to see whether the values arrived."
    )


def _cancelled(parts: list[Part]) -> str:
    gone = [part for part in parts if part.state in ACCEPTED_PART_STATES]
    if not gone:
        return _("Nothing was sent to Target.")
    rows = sum(part.rows for part in gone)
    return ngettext(
        "%(count)s row had already gone to Target; the rest was not sent.",
        "%(count)s rows had already gone to Target; the rest was not sent.",
        rows,
    ) % {"count": number(rows)}


def _steps(batch: Batch) -> list[Step]:
    labels = [_("Upload"), _("Check"), _("Send"), _("Result")]
    at = {
        BatchState.RECEIVED: 0,
        BatchState.CHECKING: 1,
        BatchState.REFUSED: 1,
        BatchState.READY: 2,
        BatchState.DELIVERING: 3 if not batch.parts.unsent().exists() else 2,
    }.get(batch.status, 3)
    if batch.state == BatchState.CANCELLED:
        at = 3 if batch.released_at else 2 if batch.checked_at else 1
    current = "current"
    if batch.state == BatchState.COMPLETE:
        current = "done"
    elif batch.is_final or batch.state == BatchState.NEEDS_ATTENTION:
        current = "problem"
    return [
        Step(label, "done" if index < at else current if index == at else "todo")
        for index, label in enumerate(labels)
    ]


def _progress(batch: Batch, parts: list[Part]) -> Progress | None:
    if batch.state == BatchState.CHECKING:
        rows = ngettext("%(count)s row read", "%(count)s rows read", batch.checked_rows) % {
            "count": number(batch.checked_rows)
        }
        return Progress(batch.checked_bytes, max(batch.size, 1), rows)
    if batch.state == BatchState.DELIVERING:
        counted = [part for part in parts if part.decision != Decision.SEND_AGAIN]
        total = sum(part.rows for part in counted)
        done = sum(part.rows if part.ended_at else min(part.consumed or 0, part.rows) for part in counted)
        text = _("%(done)s of %(total)s rows processed by Target") % {
            "done": number(done),
            "total": number(total),
        }
        return Progress(done, max(total, 1), text)
    return None


def _figures(batch: Batch) -> list[Figure]:
    if batch.rows is None:
        return []
    figures = [
        Figure("rows", _("rows in the file"), number(batch.rows)),
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
    if batch.skipped_columns:
        figures.append(Figure("skipped_columns", _("empty columns skipped"), number(batch.skipped_columns)))
    if batch.skipped:
        figures.append(Figure("skipped", _("blank rows skipped"), number(batch.skipped)))
    return figures


def _ledger(batch: Batch) -> list[Figure]:
    """Where the good rows are: every one of them, once it has left."""
    if not batch.released_at:
        return []
    told = batch.parts.accepted_by_target().aggregate(
        rows=Sum("rows"), updated=Sum("updated"), not_found=Sum("not_found"), failed=Sum("failed")
    )
    rows = told["rows"] or 0
    accounted = sum(told[name] or 0 for name in ("updated", "not_found", "failed"))
    return [
        Figure(
            "sent", _("accepted by Target"), number(rows), help=_("Accepted means queued, not yet applied.")
        ),
        Figure("updated", _("updated"), number(told["updated"]), "done" if told["updated"] else "neutral"),
        Figure(
            "not_found",
            _("not known to Target"),
            number(told["not_found"]),
            "warning" if told["not_found"] else "neutral",
            _("API version v1 leaves visitors out that Target does not know."),
        ),
        Figure(
            "failed", _("refused by Target"), number(told["failed"]), "error" if told["failed"] else "neutral"
        ),
        Figure(
            "unaccounted",
            _("not reported yet"),
            number(max(rows - accounted, 0)),
            "warning" if batch.is_final and rows > accounted else "neutral",
        ),
        Figure("unsent", _("not sent"), number((batch.accepted or 0) - rows)),
    ]


def _part_line(part: Part) -> PartLine:
    note = (
        PART_REASONS.get(part.reason, "")
        if part.state not in (PartState.ACCEPTED, PartState.CANCELLED)
        else ""
    )
    if part.state == PartState.ACCEPTED and part.poll_trouble:
        note = _("The last question about its status got no answer; it is asked again by itself.")
    return PartLine(part, PART_TONES.get(part.status, "progress"), str(note))
