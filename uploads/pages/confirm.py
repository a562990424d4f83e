"""The page between *ready* and *sent*: exactly what would go, and the button that says so."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access, workflow
from uploads.access import Action
from uploads.models import Batch, BatchState, Destination, User

from .outgoing import Outgoing, outgoing_of
from .overlap import gate_in_words, gate_of
from .words import number, why_not_taken


@dataclass(frozen=True)
class ConfirmPage:
    """What somebody decides by who is about to send a batch, or to ask for its approval.

    digest: of exactly what is shown. send_label, schedule_label: the effect of sending it, now or later;
    first_label, schedule_first_label: where the first rows go alone. most_first: so many rows can, at most;
    first_hint: what cannot be proven of them here, "" for nothing.
    """

    digest: str
    send_label: str
    schedule_label: str
    first_label: str
    schedule_first_label: str
    most_first: int
    first_hint: str
    outgoing: Outgoing


def confirm_page(user: User, batch: Batch) -> ConfirmPage:
    """The page about a batch that is ready, for somebody who may send it or ask for its approval."""
    place = {"destination": batch.destination.name}
    return ConfirmPage(
        digest=workflow.digest_of(batch),
        send_label=send_label(batch),
        schedule_label=ngettext(
            "Send %(count)s profile to %(destination)s at this time",
            "Send %(count)s profiles to %(destination)s at this time",
            batch.accepted or 0,
        )
        % {"count": number(batch.accepted), "destination": batch.destination.name},
        first_label=_("Send the first rows to %(destination)s") % place,
        schedule_first_label=_("Send the first rows to %(destination)s at this time") % place,
        most_first=workflow.most_first_rows(batch),
        first_hint=_first_hint(batch),
        outgoing=outgoing_of(user, batch, with_values=access.may(user, batch, Action.SEE_VALUES)),
    )


def _first_hint(batch: Batch) -> str:
    """What reading the first rows back cannot prove: v1 adds no visitors (F10)."""
    if batch.destination.api_version != Destination.Version.V1:
        return ""
    return _(
        "Version 1 of the API adds no visitors, so those that Target does not know prove nothing. The rest "
        "goes by itself if all others carry the values sent, and there are any."
    )


def send_label(batch: Batch) -> str:
    """What sending the batch does, as a button says it."""
    return ngettext(
        "Send %(count)s profile to %(destination)s",
        "Send %(count)s profiles to %(destination)s",
        batch.accepted or 0,
    ) % {"count": number(batch.accepted), "destination": batch.destination.name}


def can_go(batch: Batch) -> bool:
    """Whether the batch waits for somebody to send it, or to ask for its approval."""
    is_ready = batch.state == BatchState.READY and bool(batch.accepted) and batch.is_taken
    return is_ready and gate_of(batch) is None


def why_not_sent(batch: Batch) -> str:
    """Why what somebody confirmed was not done; the batch as it is now."""
    if can_go(batch):
        return _("The batch has changed since you opened this page, so nothing was sent. Look at it again.")
    if batch.state == BatchState.READY and (why := why_not_taken(batch)):
        return why
    return gate_in_words(batch, gate_of(batch)) or _(
        "This batch cannot be sent now; its state is shown below."
    )
