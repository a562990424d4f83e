"""What a batch is told before it is sent about the 64 KB that Target keeps of each visitor (F8)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access, batchfile, workflow
from uploads.access import Action
from uploads.models import Batch, User
from uploads.models.states import COMPARED_BATCH_STATES

from .exports import csv_file
from .words import number, size_in_words

#: So many ids stand on the page; the list to download has more of them.
MOST_NAMED = 5


@dataclass(frozen=True)
class BudgetNote:
    """The profiles that would come near the limit.

    heaviest: some of them, each with its size in words, for those who may see values of rows; may_download:
    whether this person may have the list.
    """

    sentence: str
    advice: str
    heaviest: list[tuple[str, str]]
    may_download: bool


def budget_note(user: User, batch: Batch) -> BudgetNote | None:
    """What is to be said of it wherever the batch is about to be sent; None where nothing is."""
    if batch.state not in COMPARED_BATCH_STATES or not batch.accepted:
        return None
    heavy = workflow.heavy_profiles(batch)
    if not heavy.count:
        return None
    named = heavy.profiles[:MOST_NAMED] if access.may(user, batch, Action.SEE_VALUES) else ()
    return BudgetNote(
        sentence=_sentence(heavy),
        advice=_(
            "Target may drop data. Send fewer or shorter attributes for these visitors. Counted are names "
            "and values of this batch, and the newest values of earlier batches whose files are kept. What "
            "your pages, profile scripts and Customer Attributes set comes on top, and is not known here."
        ),
        heaviest=[(each.id, _size(each)) for each in named],
        may_download=access.may(user, batch, Action.DOWNLOAD),
    )


def heavy_profile_lines(user: User, batch: Batch) -> Iterator[str]:
    """The lines of a CSV file with these profiles, the heaviest first; FileNotFoundError without any."""
    heavy = workflow.hand_out_heavy_profiles(user, batch)
    columns = (batch.reading["key"], "bytes_of_this_batch", "bytes_with_earlier_batches")
    return csv_file(columns, (dict(zip(columns, each, strict=True)) for each in heavy.profiles))


def _sentence(heavy: batchfile.HeavyProfiles) -> str:
    return ngettext(
        "%(count)s visitor would come near Target's limit of %(limit)s a profile: it has %(size)s from "
        "batches alone.",
        "%(count)s visitors would come near Target's limit of %(limit)s a profile: the heaviest has %(size)s "
        "from batches alone.",
        heavy.count,
    ) % {
        "count": number(heavy.count),
        "limit": size_in_words(batchfile.PROFILE_LIMIT),
        "size": size_in_words(heavy.profiles[0].in_all),
    }


def _size(profile: batchfile.HeavyProfile) -> str:
    if profile.own == profile.in_all:
        return size_in_words(profile.in_all)
    return _("%(size)s, of it %(own)s from this batch") % {
        "size": size_in_words(profile.in_all),
        "own": size_in_words(profile.own),
    }
