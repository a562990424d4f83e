"""The rows that Target lists as failed (T9): kept while polling, found in the upload, handed out as a report.

The ids are personal data: they are kept as files of the batch, never in the database, logs or audit facts.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now

from uploads import audit, batchfile, explanations, files, local_files, target
from uploads.models import Batch, Part, User

from .leases import LEASE, put_off
from .patches import patch_of
from .reports import closing

logger = logging.getLogger(__name__)


class ListedIds:
    """The ids that one status answer lists as failed, on the local disk until the answer is whole.

    A context manager; `add` raises OSError where there is no room.
    """

    def __init__(self):
        self._scratch = local_files.scratch_folder()
        self._path: Path | None = None
        self.count = 0

    def __enter__(self) -> "ListedIds":
        self._path = self._scratch.__enter__() / "listed"
        self._file = self._path.open("w", encoding="utf-8")
        return self

    def __exit__(self, *error) -> None:
        try:
            self._file.close()
        finally:
            self._scratch.__exit__(*error)

    def add(self, listed_id: str) -> None:
        """Take one id as Target wrote it."""
        self._file.write(json.dumps(listed_id) + "\n")
        self.count += 1

    def keep(self, part: Part) -> None:
        """Make these the ids of the part, in place of any that an earlier answer listed."""
        self._file.flush()
        files.keep(self._path, files.listed_name(part))


def locate(part_id: int) -> None:
    """Find the rows of the upload that a part's listed ids are about, if that is due; safe to run twice."""
    due = Part.objects.due_to_locate().filter(pk=part_id)
    # Moving the due time on is the claim: one conditional UPDATE, which one worker wins.
    if due.update(locate_due_at=Now() + LEASE) != 1:
        return
    part = Part.objects.select_related("batch").get(pk=part_id)
    try:
        with put_off(part, "locate_due_at"):
            _locate(part)
    except FileNotFoundError:
        logger.error("The rows that Target refused of %s cannot be found: its files are gone.", part)
    Part.objects.filter(pk=part_id).update(locate_due_at=None)


def located_rows(batch: Batch) -> batchfile.MergedProblems:
    """The rows of a batch that Target refused, as far as they have been found; to be closed."""
    stores = []
    for part in batch.parts.filter(listed__gt=0).order_by("number"):
        try:
            stores.append(batchfile.ProblemStore.open(files.located_path(part)))
        except FileNotFoundError:
            continue  # Not looked for yet, or nowhere to look.
    return batchfile.MergedProblems(stores)


def refused_lines(actor: User, batch: Batch) -> Iterator[str]:
    """The rows that Target refused as they were in the upload, to be corrected and uploaded again.

    As `correction_lines`. Raises FileNotFoundError where none has been found.
    """
    rows = located_rows(batch)
    if not rows.count():
        rows.close()
        raise FileNotFoundError
    patch = patch_of(batch)
    original = files.open_original(batch)
    audit.record(actor, "batch.report-downloaded", batch, report="refused-by-target")
    reading = batchfile.Reading.from_json(batch.reading)
    lines = batchfile.correction_lines(
        original, reading, rows, explanations.explain_refusal, batch=str(batch.pk), patch=patch
    )
    return closing(lines, rows, original)


def _locate(part: Part) -> None:
    batch = part.batch
    with (
        local_files.scratch_folder() as folder,
        files.open_original(batch) as original,
        files.open_listed(part) as listed,
        batchfile.ProblemStore.open(files.problems_path(batch)) as problems,
    ):
        path = folder / "located.sqlite3"
        with batchfile.ProblemStore.create(path) as found:
            sha256 = batchfile.find_refused(
                original,
                batchfile.Reading.from_json(batch.reading),
                (target.possible_ids(json.loads(line)) for line in listed),
                problems,
                found,
                max_bytes=settings.MAX_UPLOAD_BYTES,
                patch=patch_of(batch),
            )
        if sha256 != batch.sha256:
            raise FileNotFoundError  # What lies there now is another file.
        files.keep(path, files.located_name(part))
