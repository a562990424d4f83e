"""Four eyes: what was said about a batch's approval, and what a reviewer is shown."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads import access, workflow
from uploads.access import Action
from uploads.models import AuditEvent, Batch, BatchState, User, Verdict

from .canary import chosen_in_words
from .events import SYSTEM
from .outgoing import Outgoing, outgoing_of
from .overlap import gate_in_words, gate_of
from .problems import Cause, causes
from .quiet import told_of_chosen_time
from .rows import Figure, row_figures
from .words import moment, number, why_not_taken

_DID = {
    "batch.approval-asked": gettext_lazy("asked for approval"),
    "batch.approval-taken-back": gettext_lazy("took the request back"),
    "batch.approval-void": gettext_lazy("found that what would be sent has changed: the request is void"),
    "batch.approved": gettext_lazy("approved it"),
    "batch.returned": gettext_lazy("returned it"),
    "batch.rejected": gettext_lazy("rejected it"),
}


@dataclass(frozen=True)
class Said:
    """What somebody did about the approval, and in their own words why."""

    who: str
    did: str
    at: datetime
    comment: str


@dataclass(frozen=True)
class ReviewPage:
    """What a reviewer decides by.

    digest: of exactly what is shown. changed: whether that is no longer what approval was asked for.
    when: the time that was chosen, "" where it goes at once; late: whether that time has passed.
    when_told: what to say of the time, "" for nothing.
    first_rows: that they go alone, "" where they do not.
    not_taken: why the destination does not take it now, "" where it does.
    said_before: what was said in earlier rounds.
    """

    digest: str
    changed: bool
    when: str
    when_told: str
    late: bool
    first_rows: str
    not_taken: str
    wish: str
    rejected_share: str
    approve_label: str
    figures: list[Figure]
    causes: list[Cause]
    outgoing: Outgoing
    said_before: list[Said]
    may: dict[str, bool]


def what_was_said(batch: Batch) -> list[Said]:
    """Who asked for approval, and what came of it, from the first time on."""
    if not batch.asked_at:
        return []
    events = AuditEvent.objects.filter(batch_id=batch.pk, action__in=_DID).order_by("sequence")
    return [
        Said(
            who=event.actor_name or str(SYSTEM),
            did=str(_DID[event.action]),
            at=event.at,
            comment=event.facts.get("reason", ""),
        )
        for event in events
    ]


def review_page(user: User, batch: Batch) -> ReviewPage:
    """The page about a batch that awaits approval, for somebody who may give it."""
    counted = {"count": number(batch.accepted), "destination": batch.destination.name}
    return ReviewPage(
        digest=workflow.digest_shown(batch),
        changed=not workflow.is_as_asked(batch),
        when=moment(batch.send_at) if batch.send_at else "",
        when_told=told_of_chosen_time(batch),
        late=workflow.is_late(batch),
        first_rows=chosen_in_words(batch),
        not_taken=why_not_taken(batch),
        wish=ngettext(
            "%(person)s wants to send %(count)s profile to %(destination)s.",
            "%(person)s wants to send %(count)s profiles to %(destination)s.",
            batch.accepted,
        )
        % {**counted, "person": batch.owner},
        rejected_share=_share(batch.rejected, batch.rows),
        approve_label=_approve_label(batch),
        figures=row_figures(batch),
        causes=causes(batch),
        # Those of another person's rows: their shape is enough to decide by.
        outgoing=outgoing_of(user, batch, with_values=False),
        said_before=what_was_said(batch)[:-1],
        may={
            "values": access.may(user, batch, Action.SEE_VALUES),
            "download": access.may(user, batch, Action.DOWNLOAD),
        },
    )


def _approve_label(batch: Batch) -> str:
    """What approving the batch does, as a button says it."""
    counted = {"count": number(batch.accepted), "destination": batch.destination.name}
    if batch.send_at is None or workflow.is_late(batch):
        return (
            ngettext(
                "Approve and send %(count)s profile to %(destination)s",
                "Approve and send %(count)s profiles to %(destination)s",
                batch.accepted,
            )
            % counted
        )
    return ngettext(
        "Approve: send %(count)s profile to %(destination)s on %(when)s",
        "Approve: send %(count)s profiles to %(destination)s on %(when)s",
        batch.accepted,
    ) % {**counted, "when": moment(batch.send_at)}


def why_not_reviewed(batch: Batch) -> str:
    """Why a verdict was not recorded."""
    if batch.state == BatchState.AWAITING_APPROVAL and (why := why_not_taken(batch)):
        return why
    if batch.state == BatchState.AWAITING_APPROVAL and (gate := gate_of(batch)):
        return gate_in_words(batch, gate)
    if batch.state == BatchState.AWAITING_APPROVAL:
        return _("The batch has changed since you opened this page: look at it again.")
    if batch.verdict == Verdict.VOID:
        return _(
            "What would be sent is no longer what approval was asked for. Nothing was sent; "
            "the uploader can ask again."
        )
    return _("This batch no longer waits for approval: %(state)s.") % {"state": batch.status.label}


def _share(some: int, of_all: int) -> str:
    percent = round(100 * some / (of_all or 1), 1)
    # A few rows of a big file are still not none.
    shown = formats.number_format(max(percent, 0.1) if some else 0, 1)
    words = {"some": number(some), "all": number(of_all), "percent": shown}
    return _("%(some)s of %(all)s (%(percent)s %%)") % words
