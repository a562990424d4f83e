"""How long the files of a batch are kept, in words."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads.models import Batch, BatchState


def kept_in_words(batch: Batch) -> str:
    """When the files of a batch are deleted, or since when they are gone; and whether they were changed."""
    if batch.forgotten_at and not batch.files_deleted_at:
        return f"{_kept(batch)} {person_forgotten(batch)}"
    return _kept(batch)


def person_forgotten(batch: Batch) -> str:
    """That the files are no longer those that were uploaded and sent."""
    return _(
        "Changed after its end: a person was forgotten on %(day)s. Counts and hashes are those of before."
    ) % {"day": _day(batch.forgotten_at)}


def original_missing(batch: Batch) -> str:
    """Why there is no uploaded file although its time is not over."""
    if batch.forgotten_at:
        return _("The uploaded file was removed when a person was forgotten on %(day)s.") % {
            "day": _day(batch.forgotten_at)
        }
    return _("The uploaded file is missing on the server. Tell your admin.")


def _kept(batch: Batch) -> str:
    if batch.files_deleted_at:
        return files_gone(batch)
    if until := batch.files_kept_until:
        return _("Its files are deleted on %(day)s. Counts and history stay.") % {"day": _day(until)}
    days = batch.destination.keep_days
    words = {"days": days}
    if batch.state == BatchState.NEEDS_ATTENTION:
        return (
            ngettext(
                "Its files are kept until somebody has decided and it has ended, and %(days)s day longer.",
                "Its files are kept until somebody has decided and it has ended, and %(days)s days longer.",
                days,
            )
            % words
        )
    return (
        ngettext(
            "Its files are kept until it has ended or is cancelled, and %(days)s day longer.",
            "Its files are kept until it has ended or is cancelled, and %(days)s days longer.",
            days,
        )
        % words
    )


def files_gone(batch: Batch) -> str:
    """That the files of a batch are deleted, to be said instead of showing or handing them out."""
    return _(
        "The files of this batch were deleted on %(day)s: the upload, and the reports about its rows. "
        "Counts and history stay."
    ) % {"day": _day(batch.files_deleted_at)}


def _day(moment) -> str:
    return date_format(localtime(moment))
