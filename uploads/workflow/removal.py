"""Taking one identifier out of everything that is kept of a batch that has ended.

What the database says of the batch stays: its counts, and the hashes of what was uploaded and sent.
"""

import json
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from uploads import audit, batchfile, files, local_files, target
from uploads.batchfile import Span
from uploads.models import ArrivalCheck, Batch, Forgetting, Part
from uploads.models.states import FINAL_BATCH_STATES

from . import locks, looks, restorations
from .arrival import give_up_all
from .overlaps import checked_parts, overlap_of
from .part_files import prepared
from .patches import keep_patch, patch_of

Outcome = Forgetting.Outcome


def remove_from(batch: Batch, identifier: str, wanted: Forgetting) -> Outcome:
    """Take the rows of the id out of every file of the batch; done again, it takes up where it was.

    A batch that has not ended, or whose files a worker is about to write, is left alone.
    """
    if not _begin(batch):
        return Outcome.GONE if batch.files_deleted_at else Outcome.UNDER_WAY
    reading = batchfile.Reading.from_json(batch.reading)
    spans = _rows_of(batch, reading, identifier)
    with local_files.scratch_folder() as folder:
        _Rewriting(batch, identifier, spans, folder).all()
        # Last, because it tells which lines are meant, should the work be interrupted.
        is_whole = not _blank_out(batch, reading, identifier, spans, folder)
    _forget_changes(batch, reading, identifier, spans)
    with transaction.atomic():
        locked = locks.batch(batch.pk)
        if locked.files_deleted_at:
            files.delete_all(locked)
            return Outcome.GONE
        audit.record(
            wanted.asked_by, "visitor.removed", batch, fingerprint=wanted.fingerprint, rows=len(spans)
        )
    return Outcome.WHOLE_FILE if is_whole else Outcome.REMOVED


def _begin(batch: Batch) -> bool:
    """Say that the files are no longer what was uploaded: from here on, nobody reads them anew."""
    with transaction.atomic():
        locked = locks.batch(batch.pk)
        batch.files_deleted_at = locked.files_deleted_at
        at_work = batch.parts.exclude(Q(locate_due_at=None) & Q(read_back_due_at=None)).exists()
        at_work = at_work or batch.arrival_checks.at_work().exists()
        if locked.state not in FINAL_BATCH_STATES or locked.files_deleted_at or at_work:
            return False
        give_up_all(batch, ArrivalCheck.GivenUp.FORGOTTEN)
        restorations.forget(batch)
        Batch.objects.filter(pk=batch.pk).update(forgotten_at=now())
    return True


def _rows_of(batch: Batch, reading: batchfile.Reading, identifier: str) -> list[Span]:
    try:
        with files.open_original(batch) as original:
            return batchfile.rows_of(
                original,
                reading,
                identifier,
                max_bytes=settings.MAX_UPLOAD_BYTES,
                patch=_kept_patch(batch),
            )
    except FileNotFoundError:
        return []


def _kept_patch(batch: Batch) -> batchfile.Patch | None:
    try:
        return patch_of(batch)
    except FileNotFoundError:
        return None


def _forget_changes(batch: Batch, reading: batchfile.Reading, identifier: str, spans: list[Span]) -> None:
    """Take the rows out of the patch, after the upload: until then it tells which lines are meant, too."""
    patch = _kept_patch(batch)
    if patch is None:
        return
    lines = {span.line for span in spans}
    lines |= {change.line for change in batchfile.changes_of(patch, reading, identifier)}
    old, kept = batch.patch, patch.without(*lines)
    if not files.has_original(batch):
        kept = patch.without(*(change.line for change in patch.changes))
    if len(kept.changes) == len(patch.changes):
        return
    name = keep_patch(batch, kept) if kept.changes else ""
    Batch.objects.filter(pk=batch.pk, patch=old).update(patch=name)
    files.delete(files.patch_name(batch, old))
    batch.patch = name


def _blank_out(batch: Batch, reading, identifier: str, spans: list[Span], folder: Path) -> bool:
    """Blank the rows out of the upload; False where it had to go as a whole."""
    path = folder / "original"
    if batchfile.can_blank_out(reading):
        try:
            with files.open_original(batch) as original, path.open("wb") as out:
                batchfile.blank_out(original, spans, out)
        except FileNotFoundError:
            return True
        with path.open("rb") as made:
            if not batchfile.rows_of(made, reading, identifier):
                files.keep(path, files.original_name(batch))
                return True
    files.delete(files.original_name(batch))
    return False


class _Rewriting:
    """Everything but the upload, rewritten in a folder and put in place file by file."""

    def __init__(self, batch: Batch, identifier: str, spans: list[Span], folder: Path):
        self._batch = batch
        self._id = identifier
        self._spans = spans
        self._folder = folder

    def all(self) -> None:
        """Rewrite them all."""
        parts = list(self._batch.parts.order_by("number"))
        for part in parts:
            part.batch = self._batch
            self._rewrite(files.part_name(part), lambda path, part=part: self._part(part, path))
            self._rewrite(files.listed_name(part), lambda path, part=part: self._listed(part, path))
            self._look(files.read_back_name(part))
            self._rewrite(files.located_name(part), lambda path, part=part: self._located(part, path))
        for check in self._batch.arrival_checks.all():
            check.batch = self._batch
            self._look(files.arrival_name(check))
        files.drop_restorations(self._batch)
        files.drop_patches(self._batch)
        self._forget_overlap({files.part_name(part) for part in parts})
        self._rewrite(files.problems_name(self._batch), self._problems)
        self._rewrite(files.figures_name(self._batch), self._figures)
        if batchfile.SPACED_ID in self._batch.problems_by_code:
            # Those of ids with spaces around them: without the file, later looks read the upload.
            files.delete(files.fingerprints_name(self._batch))
        else:
            self._rewrite(files.fingerprints_name(self._batch), self._fingerprints)

    def _rewrite(self, name: str, write: Callable[[Path], None]) -> None:
        path = self._folder / "rewritten"
        try:
            write(path)
        except FileNotFoundError:
            return
        files.keep(path, name)

    def _part(self, part: Part, path: Path) -> None:
        with files.open_part(part) as body, path.open("wb") as out:
            batchfile.part_without(body, self._id, out)

    def _listed(self, part: Part, path: Path) -> None:
        with files.open_listed(part) as listed, path.open("wb") as out:
            for line in listed:
                if self._id not in target.possible_ids(json.loads(line)):
                    out.write(line)

    def _look(self, name: str) -> None:
        look = looks.kept(name)
        if look is not None:
            looks.keep(name, looks.without(look, self._id))

    def _located(self, part: Part, path: Path) -> None:
        self._store(files.located_path(part), path)

    def _problems(self, path: Path) -> None:
        self._store(files.problems_path(self._batch), path)

    def _store(self, source: Path, path: Path) -> None:
        with batchfile.ProblemStore.open(source) as store:
            batchfile.problems_without(store, self._id, self._spans, path)

    def _forget_overlap(self, sent: set[str]) -> None:
        """What it had in common with others goes whole, and with it the rows that were left out for that.

        So does what the parts that were sent had been made from.
        """
        files.drop_choices(self._batch, kept=sent)
        for name in {files.part_name(part) for part in prepared(self._batch)} - sent:
            files.delete(name)
        overlap = overlap_of(self._batch)
        if overlap and overlap.as_checked:
            overlap.batch = self._batch
            for part in checked_parts(overlap):
                files.delete(files.part_name(part))

    def _figures(self, path: Path) -> None:
        """Without any sample or id: nobody can tell whose a value is."""
        with files.open_figures(self._batch) as kept:
            figures = json.load(kept)
        figures["examples"] = []
        figures.pop("heavy", None)
        for column in figures["columns"]:
            column["samples"] = []
        path.write_text(json.dumps(figures))

    def _fingerprints(self, path: Path) -> None:
        wanted = batchfile.fingerprint(self._id, settings.FINGERPRINT_KEY.encode()[:64])
        batchfile.fingerprints_without(files.fingerprints_path(self._batch), wanted, path)
