"""How long files are kept: some days after a batch has ended they go; counts, hashes and audit log stay."""

import logging

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import audit, files
from uploads.models import ArrivalCheck, Batch, Destination
from uploads.storage import StorageUnavailable

from . import locks
from .arrival import give_up_all
from .restorations import forget

logger = logging.getLogger(__name__)


def delete_old_files() -> None:
    """Delete the files of all batches whose time is over, one batch at a time; safe to run twice."""
    for keep_days in set(Destination.objects.order_by().values_list("keep_days", flat=True)):
        for batch in Batch.objects.with_files_to_delete(keep_days):
            try:
                _delete_files(batch)
            except StorageUnavailable:
                # Asking for each would keep the sweep from all else.
                logger.error("No files are deleted before storage can be used again.")
                return
            except OSError as error:
                logger.error("The files of batch %s cannot be deleted (%s).", batch.pk, error.strerror)


def _delete_files(batch: Batch) -> None:
    """Nothing where somebody else has, or the batch or its rule has changed since.

    Should the work be interrupted, the database still says that the files are there: it is done again.
    """
    with transaction.atomic():
        rule = locks.destination(batch.destination_id)
        locks.batch(batch.pk)
        # A worker that takes one of these up finds that there is nothing to be done any more.
        list(batch.parts.select_for_update(no_key=True).order_by("pk"))
        due = Batch.objects.with_files_to_delete(rule.keep_days).filter(pk=batch.pk)
        at_work = batch.parts.filter(Q(locate_due_at__gt=Now()) | Q(read_back_due_at__gt=Now()))
        if at_work.exists() or batch.arrival_checks.at_work().exists():
            return  # A worker is about to write one more.
        if due.update(files_deleted_at=now()) != 1:
            return
        batch.parts.update(locate_due_at=None, read_back_due_at=None)
        give_up_all(batch, ArrivalCheck.GivenUp.FILES_DELETED)
        forget(batch)
        deleted = files.delete_all(batch)
        audit.record(None, "batch.files-deleted", batch, files=deleted, days=rule.keep_days)
