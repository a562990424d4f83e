"""That the same file was uploaded before, said before it can be sent again."""

from dataclasses import dataclass

from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from uploads import access, workflow
from uploads.models import Batch, User


@dataclass(frozen=True)
class SameFile:
    """An earlier upload of the same content for the same account; `batch`: None where it may not be seen."""

    sentence: str
    advice: str
    batch: Batch | None


def same_file(user: User, batch: Batch) -> SameFile | None:
    """Whether the batch's file was uploaded before, as far as this person may know.

    None also for a batch that was sent, or has ended.
    """
    if batch.released_at or batch.is_final:
        return None
    earlier = workflow.earlier_upload(batch)
    if earlier is None:
        return None
    if not access.may(user, earlier, access.Action.SEE):
        return SameFile(
            _("The same file was uploaded for this account before, in a batch that you may not see."),
            _("Ask your colleagues before you send it again."),
            None,
        )
    words = {
        "person": str(earlier.owner),
        "date": formats.date_format(localtime(earlier.created_at), "DATETIME_FORMAT"),
        "number": earlier.pk,
        "state": earlier.get_state_display(),
    }
    if earlier.owner == user:
        sentence = _("You uploaded the same file on %(date)s (batch #%(number)s: %(state)s).")
    else:
        sentence = _("The same file was uploaded by %(person)s on %(date)s (batch #%(number)s: %(state)s).")
    if earlier.released_at:
        advice = _(
            "You may go on. Sending it again sets the same values once more, over whatever has become of "
            "them since."
        )
    else:
        advice = _("You may go on. Nothing of the earlier batch has been sent.")
    return SameFile(sentence % words, advice, earlier)
