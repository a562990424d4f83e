"""What stopping a batch did, or would do: which of its parts and rows have gone, and which have not."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads.models import Part, PartState
from uploads.models.states import ACCEPTED_PART_STATES, STOPPABLE_PART_STATES

from .words import number

_PERHAPS_THERE = frozenset({PartState.SENDING, PartState.IN_DOUBT, PartState.CLOSED_UNKNOWN})


def what_had_gone(parts: Iterable[Part]) -> str:
    """Of a stopped batch: what Target has, what it may have, and what was not sent."""
    parts = list(parts)
    gone = [part for part in parts if part.state in ACCEPTED_PART_STATES]
    perhaps = [part for part in parts if part.state in _PERHAPS_THERE]
    stopped = [part for part in parts if part.state == PartState.CANCELLED]
    if not gone and not perhaps:
        return _("Nothing was sent to Target.")
    sentences = []
    if gone:
        sentences.append(
            ngettext(
                "%(parts)s part (%(rows)s rows) had already gone to Target.",
                "%(parts)s parts (%(rows)s rows) had already gone to Target.",
                len(gone),
            )
            % _counts(gone)
        )
    if perhaps:
        sentences.append(
            ngettext(
                "%(parts)s part (%(rows)s rows) may have reached it.",
                "%(parts)s parts (%(rows)s rows) may have reached it.",
                len(perhaps),
            )
            % _counts(perhaps)
        )
    sentences.append(
        ngettext(
            "%(parts)s part (%(rows)s rows) was not sent.",
            "%(parts)s parts (%(rows)s rows) were not sent.",
            len(stopped),
        )
        % _counts(stopped)
    )
    return " ".join(sentences)


def what_would_stop(parts: Iterable[Part]) -> str:
    """Of a released batch: what stopping it would keep back, and what is beyond recall (T14).

    "" where nothing of it could still be stopped.
    """
    parts = list(parts)
    unsent = [part for part in parts if part.state in STOPPABLE_PART_STATES]
    if not unsent:
        return ""
    left = [part for part in parts if part.state in ACCEPTED_PART_STATES | _PERHAPS_THERE]
    sentences = [
        ngettext(
            "%(parts)s part (%(rows)s rows) has not left and will not be sent.",
            "%(parts)s parts (%(rows)s rows) have not left and will not be sent.",
            len(unsent),
        )
        % _counts(unsent)
    ]
    if left:
        sentences.append(
            ngettext(
                "%(parts)s part (%(rows)s rows) has left already: it cannot be taken back.",
                "%(parts)s parts (%(rows)s rows) have left already: they cannot be taken back.",
                len(left),
            )
            % _counts(left)
        )
    return " ".join(sentences)


def _counts(parts: list[Part]) -> dict[str, str]:
    return {"parts": number(len(parts)), "rows": number(sum(part.rows for part in parts))}
