"""Profiles that a batch would bring near the 64 KB that Target keeps of one visitor (F8).

Their ids are personal data: they are kept in files of the batch, never in the database, logs or audit facts.
"""

from uploads import audit, batchfile
from uploads.models import Batch, User

from .overlap_choices import open_overlap
from .reports import heavy_alone


def heavy_profiles(batch: Batch) -> batchfile.HeavyProfiles:
    """Those known by now: by the check, and by comparing the batch with what was sent before."""
    alone = heavy_alone(batch)
    try:
        with open_overlap(batch) as store:
            return alone.beside(store.heavy)
    except FileNotFoundError:
        return alone


def hand_out_heavy_profiles(actor: User, batch: Batch) -> batchfile.HeavyProfiles:
    """The same, for a download: noted in the audit log, because it holds ids.

    Raises FileNotFoundError where there are none.
    """
    heavy = heavy_profiles(batch)
    if not heavy.profiles:
        raise FileNotFoundError
    audit.record(actor, "batch.report-downloaded", batch, report="near-limit")
    return heavy
