"""A batch's page: one headline, what to do next, figures, causes, parts."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from uploads import access, workflow
from uploads.access import Action
from uploads.models import Batch, BatchState, Decision, Part, User

from .approval import Said, what_was_said
from .arrival import ArrivalPanel, arrival_panel
from .budget import BudgetNote, budget_note
from .canary import CanaryPanel, canary_panel
from .checking import how_far
from .columns import MOST_COLUMNS, ColumnLine, NoticeLine, column_lines, notice_lines
from .confirm import can_go, send_label
from .delivery import Delivery, delivery_of, is_unfinished
from .doubt import who_decides
from .headline import headline_of, tone_of
from .keeping import kept_in_words
from .overlap import OverlapNote, overlap_note
from .problems import Cause, causes
from .reading import Remembered, remembered
from .refusals import Refusals, refusals_of
from .restoring import RestoresNote, restores_note, restoring_batches
from .rows import Figure, row_figures
from .same_file import SameFile, same_file
from .words import number


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


@dataclass
class BatchPage:
    """Everything that the live part of a batch's page shows to one person.

    said: what was said about its approval. to_decide: the first part that this person may decide about.
    who_decides: who else can decide, about a part or the approval, where they may not.
    kept: until when its files are. undoes: the batch before which its values had been sent; restored_by:
    those of which it is that batch. restores: the same in words, before it is sent.
    """

    headline: str
    hint: str
    tone: str
    live: bool
    may: dict[str, bool]
    send_label: str
    steps: list[Step]
    progress: Progress | None
    figures: list[Figure]
    delivery: Delivery
    refusals: Refusals | None
    arrival: ArrivalPanel | None
    canary: CanaryPanel | None
    corrects: Batch | None
    undoes: Batch | None
    restored_by: list[Batch]
    restores: RestoresNote | None
    kept: str
    remembered: Remembered | None
    same_file: SameFile | None
    overlap: OverlapNote | None
    budget: BudgetNote | None
    said: list[Said] = field(default_factory=list)
    to_decide: Part | None = None
    who_decides: str = ""
    causes: list[Cause] = field(default_factory=list)
    notices: list[NoticeLine] = field(default_factory=list)
    columns: list[ColumnLine] = field(default_factory=list)
    more_columns: int = 0


def batch_page(user: User, batch: Batch) -> BatchPage:
    """The page of a batch for this person."""
    parts = list(batch.parts.select_related("decided_by", "resends", "resent_as").order_by("number"))
    delivery = delivery_of(batch, parts)
    headline, hint = headline_of(batch, parts, delivery.waits_for)
    may_read = access.may(user, batch, Action.CONFIRM_READING)
    undecided = next((part for part in parts if part.is_undecided), None) if batch.released_at else None
    may_resolve = undecided is not None and access.may(user, batch, Action.RESOLVE)
    awaits = batch.state == BatchState.AWAITING_APPROVAL
    may_review = awaits and access.may(user, batch, Action.APPROVE)
    goes = can_go(batch)
    overlap = overlap_note(user, batch)
    may_download = access.may(user, batch, Action.DOWNLOAD)
    may_see_values = access.may(user, batch, Action.SEE_VALUES)
    arrival = arrival_panel(batch, with_values=may_see_values) if batch.is_final else None
    canary = canary_panel(user, batch, with_values=may_see_values)
    return BatchPage(
        headline=headline,
        hint=hint,
        tone=tone_of(batch),
        live=is_unfinished(batch, parts)
        or bool(arrival and arrival.going_on)
        or bool(overlap and overlap.is_moving),
        may={
            "send": goes and not batch.needs_approval and access.may(user, batch, Action.SEND),
            "ask": goes and batch.needs_approval and access.may(user, batch, Action.ASK_APPROVAL),
            "choose": bool(overlap and overlap.may_decide and not overlap.chosen),
            "left_out": may_download and not batch.files_deleted_at and workflow.has_left_out(batch),
            "take_back": awaits and access.may(user, batch, Action.ASK_APPROVAL),
            "review": may_review,
            "again": bool(batch.released_at)
            and access.destinations_to_upload_to(user).filter(pk=batch.destination_id).exists(),
            "restore": workflow.can_be_restored(batch) and access.may(user, batch, Action.RESTORE),
            "unschedule": batch.state == BatchState.SCHEDULED and access.may(user, batch, Action.CANCEL),
            # Where first rows are told of, the button there says what stopping means.
            "cancel": workflow.can_cancel(batch)
            and not (canary and canary.may_stop)
            and access.may(user, batch, Action.CANCEL),
            "resolve": may_resolve,
            "values": may_see_values,
            "download": may_download,
            "original": may_download and not batch.files_deleted_at,
            "fix": may_read and batch.may_be_fixed,
            "confirm": batch.state == BatchState.RECEIVED and may_read,
            "read_anew": batch.may_be_read_anew and batch.state != BatchState.RECEIVED and may_read,
        },
        send_label=send_label(batch),
        steps=_steps(batch),
        progress=_progress(batch, parts),
        figures=row_figures(batch),
        delivery=delivery,
        refusals=refusals_of(batch, parts, with_values=may_see_values),
        arrival=arrival,
        canary=canary,
        corrects=access.batches_for(user).filter(pk=batch.corrects_id).first(),
        undoes=access.batches_for(user).filter(pk=batch.restores_id).first(),
        restored_by=restoring_batches(user, batch),
        restores=restores_note(user, batch),
        kept=kept_in_words(batch),
        remembered=remembered(user, batch),
        same_file=same_file(user, batch),
        overlap=overlap,
        budget=budget_note(user, batch),
        said=what_was_said(batch),
        to_decide=undecided if may_resolve else None,
        who_decides=who_decides(batch) if (undecided or awaits) and not (may_resolve or may_review) else "",
        causes=causes(batch),
        notices=notice_lines(batch, with_examples=may_see_values),
        columns=column_lines(batch, with_samples=may_see_values) if batch.rows else [],
        more_columns=max(0, len(batch.attributes) + 1 - MOST_COLUMNS),
    )


def _steps(batch: Batch) -> list[Step]:
    labels = [_("Upload"), _("Check"), _("Send"), _("Result")]
    at = {
        BatchState.RECEIVED: 0,
        BatchState.CHECKING: 1,
        BatchState.REFUSED: 1,
        BatchState.READY: 2,
        BatchState.AWAITING_APPROVAL: 2,
        BatchState.APPROVED: 2,
        BatchState.REJECTED: 2,
        BatchState.SCHEDULED: 2,
        BatchState.DELIVERING: 3 if not batch.parts.unsent().exists() else 2,
        BatchState.NEEDS_ATTENTION: 3 if not batch.parts.held().exists() else 2,
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
        return Progress(batch.checked_bytes, max(batch.size, 1), how_far(batch))
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
