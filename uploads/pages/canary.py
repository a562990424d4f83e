"""The first rows of a batch that go alone: what was chosen, what was found of them, and what can be done."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads import access, workflow
from uploads.access import Action
from uploads.models import ArrivalCheck, Batch, Canary, Part, PartState, User
from uploads.models.states import ACCEPTED_PART_STATES, FINAL_PART_STATES

from .arrival import SHOWN, WAITS_FOR_CALLS, counts_in_words, going_on, not_as_sent_of, tone_of_check
from .profiles import SHOWS_WITHIN, ProfileLine
from .words import moment, number, why_not_taken

#: Whoever waits for longer waits for another look, not for a call to be free (T11).
A_WHILE = timedelta(minutes=1)


@dataclass(frozen=True)
class CanaryPanel:
    """What a batch's page says about its first rows.

    finding: what became of them, "" before anything did; counts: a sentence for each kind of profiles that
    are not simply as they were sent. then: what follows. check: the look at them, once it has ended.
    profiles: the first that are not as they were sent, for those who may see values; more: how many besides.
    why_not: why the rest cannot be sent although a decision is waited for, "" where it can.
    send_label: what sending the rest does. may_send, may_stop: for the person who looks.
    """

    chosen: str
    finding: str = ""
    tone: str = "neutral"
    counts: tuple[str, ...] = ()
    then: str = ""
    check: ArrivalCheck | None = None
    profiles: tuple[ProfileLine, ...] = ()
    more: int = 0
    why_not: str = ""
    send_label: str = ""
    may_send: bool = False
    may_stop: bool = False


def canary_panel(user: User, batch: Batch, *, with_values: bool) -> CanaryPanel | None:
    """The panel of a batch; None where its rows go all together."""
    canary = Canary.objects.filter(pk=batch.pk).first()
    if canary is None:
        return None
    chosen = chosen_in_words(batch, canary)
    if not batch.released_at:
        return CanaryPanel(chosen)
    part = workflow.first_part(batch)
    check = part.arrival_checks.last()
    waits = canary.waits_since is not None
    may_go_on = waits and workflow.can_send_rest(batch)
    finding, tone, then = _told(part, check)
    is_finished = check is not None and check.finished_at is not None
    different = not_as_sent_of(batch, check) if is_finished and with_values else []
    return CanaryPanel(
        chosen=chosen,
        finding=finding,
        tone=tone,
        counts=tuple(counts_in_words(check, batch.destination)) if is_finished else (),
        then=then,
        check=check if is_finished else None,
        profiles=tuple(different[:SHOWN]),
        more=max(0, len(different) - SHOWN),
        why_not=_why_not(batch) if waits and not may_go_on else "",
        send_label=_send_label(batch, canary),
        may_send=may_go_on and access.may(user, batch, Action.SEND_REST),
        may_stop=waits and access.may(user, batch, Action.CANCEL),
    )


def chosen_in_words(batch: Batch, canary: Canary | None = None) -> str:
    """What was chosen about the first rows, "" where nothing was."""
    canary = canary or Canary.objects.filter(pk=batch.pk).first()
    if canary is None:
        return ""
    alone = ngettext(
        "The first row goes alone and is read back from Target.",
        "The first %(rows)s rows go alone and are read back from Target.",
        canary.rows,
    ) % {"rows": number(canary.rows)}
    others = {"rest": number(batch.accepted - canary.rows)}
    if canary.then == Canary.Then.WAIT:
        rest = _("The other rows (%(rest)s) wait until somebody says so.")
    else:
        rest = _(
            "The other rows (%(rest)s) follow by themselves once all of the first ones carry the values "
            "sent; otherwise somebody decides."
        )
    return f"{alone} {rest % others}"


def is_about_proven_rows(batch: Batch) -> bool:
    """Whether somebody is to decide about the rest of the batch, whose first rows are proven."""
    if not Canary.objects.filter(pk=batch.pk, waits_since__isnull=False).exists():
        return False
    return _is_proven(_last_check(batch))


def _last_check(batch: Batch) -> ArrivalCheck | None:
    return workflow.first_part(batch).arrival_checks.last()


def _is_proven(check: ArrivalCheck | None) -> bool:
    return check is not None and workflow.is_proven(check)


def headline_of_rest(batch: Batch) -> tuple[str, str] | None:
    """What is so, and what follows from it, of a batch of which somebody is to say what becomes of the rest.

    None of any other, as of one about which somebody has decided in this moment.
    """
    canary = Canary.objects.filter(pk=batch.pk, waits_since__isnull=False).first()
    if canary is None:
        return None
    check = _last_check(batch)
    rest = {"rest": number(batch.accepted - canary.rows)}
    if not _is_proven(check):
        return _("The first rows are not proven to have arrived"), _(
            "Nothing more is sent by itself. See what was found; then send the other rows (%(rest)s), or "
            "stop here."
        ) % rest
    hint = _("The other rows (%(rest)s) wait: send them, or stop here.") % rest
    if check.carrying < canary.rows:
        return _("As far as can be told, the first rows arrived"), hint
    return (
        ngettext(
            "The first row carries the values sent",
            "All of the first %(rows)s rows carry the values sent",
            canary.rows,
        )
        % {"rows": number(canary.rows)},
        hint,
    )


def _send_label(batch: Batch, canary: Canary) -> str:
    rest = batch.accepted - canary.rows
    return ngettext("Send the other row", "Send the other %(rest)s rows", rest) % {"rest": number(rest)}


def _told(part: Part, check: ArrivalCheck | None) -> tuple[str, str, str]:
    """What became of the first rows, its tone, and what follows by itself; "" where nothing is to be said."""
    if part.state not in FINAL_PART_STATES:
        return "", "neutral", ""
    if part.state not in ACCEPTED_PART_STATES:
        sentence, tone = _NOT_TAKEN[part.status]
        return str(sentence), tone, ""
    if check is None or check.given_up:
        return _("They could not be read back from Target."), "warning", ""
    if check.due_at:
        return _under_way(check)
    return _count(check), tone_of_check(check), _may_still_come(part, check)


def _under_way(check: ArrivalCheck) -> tuple[str, str, str]:
    when = {"when": moment(check.due_at)}
    if check.due_at - now() < A_WHILE:
        return going_on(check), "progress", str(WAITS_FOR_CALLS)
    if check.rows is None:
        return _("Profiles are read back at %(when)s.") % when, "progress", ""
    return _count(check), "progress", _("The others are looked up again at %(when)s.") % when


def _count(check: ArrivalCheck) -> str:
    if not check.sampled:
        return _("None of them has a value that could be looked up.")
    return ngettext(
        "%(carrying)s of %(sampled)s profile carries the values sent.",
        "%(carrying)s of %(sampled)s profiles carry the values sent.",
        check.sampled,
    ) % {"carrying": number(check.carrying), "sampled": number(check.sampled)}


def _may_still_come(part: Part, check: ArrivalCheck) -> str:
    """T12: for a day, nobody can say that what is missing was lost."""
    if not check.missing or now() - part.sending_at > SHOWS_WITHIN:
        return ""
    return _("Target can take up to 24 hours to show an update: what is missing may still come.")


_NOT_TAKEN = {
    PartState.REFUSED: (gettext_lazy("They were refused: Target has nothing of them."), "error"),
    PartState.NOT_APPLIED: (gettext_lazy("They did not arrive."), "error"),
    PartState.CLOSED_UNKNOWN: (gettext_lazy("Nobody knows whether they arrived."), "doubt"),
    PartState.CANCELLED: (gettext_lazy("They were not sent."), "neutral"),
}


def _why_not(batch: Batch) -> str:
    return why_not_taken(batch) or _(
        "The destination's settings were changed after the approval, so the rest cannot be sent. Stop here, "
        "and upload the other rows again."
    )
