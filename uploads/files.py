"""Where a batch's files are kept: one folder with a random name a batch, in Django's storage.

That is a folder on this machine or a bucket, from which what is read is copied to the local disk first
(`uploads.storage`). Whatever reads a file raises FileNotFoundError where it is certainly gone, and
StorageUnavailable, another OSError, where storage does not tell.
"""

import logging
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

from uploads.local_files import incoming_path
from uploads.models import ArrivalCheck, Batch, Overlap, Part, Upload
from uploads.storage import StorageUnavailable

logger = logging.getLogger(__name__)


class _LocalFile(File):
    """A finished local file that storage may move instead of copying a gigabyte."""

    def temporary_file_path(self) -> str:
        """Where the file lies now; FileSystemStorage renames it from here."""
        return self.file.name


def _folder(batch: Batch) -> str:
    return f"batches/{batch.folder.hex}"


def original_name(batch: Batch) -> str:
    """The storage name of the file as it was uploaded."""
    return f"{_folder(batch)}/original"


def part_name(part: Part) -> str:
    """The storage name of a part's batch file: of one that is sent again, the same as before."""
    made = part
    while made.resends is not None:
        made = made.resends
    return f"{_folder(part.batch)}/{made.made_by or 'part'}-{made.made_as or made.number:04d}"


#: How the names of parts begin that were cut so that the first rows go alone.
CUT = "first-rows"
#: How the names of files begin that a comparison or a choice made; each ends unlike any other.
_OF_CHOICES = ("overlap-", CUT, *Overlap.Choice.values)


def made_by(choice: str, claim: uuid.UUID) -> str:
    """How the names of parts begin that are made by the choice, under this claim (`Part.made_by`)."""
    return f"{choice}-{claim.hex[:8]}"


def new_overlap(claim: uuid.UUID) -> str:
    """The file that this worker writes what it finds to (`Overlap.store`)."""
    return f"overlap-{claim.hex[:12]}.sqlite3"


def overlap_name(batch: Batch, store: str) -> str:
    """The storage name of the SQLite file with what it has in common with earlier ones (`Overlap.store`)."""
    return f"{_folder(batch)}/{store}"


#: How the names of files begin that hold what can be restored of a batch.
_OF_RESTORATIONS = "restore-"


#: How the names of files begin that hold what people changed in single rows.
_OF_PATCHES = "patch-"


def restoration_name(batch: Batch, folder: uuid.UUID) -> str:
    """The storage name of the CSV file with earlier values, until it moves to the folder of a batch."""
    return f"{_folder(batch)}/{_OF_RESTORATIONS}{folder.hex}.csv"


def read_back_name(part: Part) -> str:
    """The storage name of the JSON file with profiles that were read back, which hold values."""
    return f"{_folder(part.batch)}/read-back-{part.number:04d}.json"


def arrival_name(check: ArrivalCheck) -> str:
    """The storage name of the JSON file with what such a check read back, which holds values."""
    return f"{_folder(check.batch)}/arrival-{check.pk}.json"


def problems_name(batch: Batch) -> str:
    """The storage name of the SQLite file with the batch's problems."""
    return f"{_folder(batch)}/problems.sqlite3"


def figures_name(batch: Batch) -> str:
    """The storage name of the JSON file with the figures of each column, which hold samples of values."""
    return f"{_folder(batch)}/figures.json"


def patch_name(batch: Batch, digest: str) -> str:
    """The storage name of a JSON file with what people changed in single rows; digest: its SHA-256."""
    return f"{_folder(batch)}/{_OF_PATCHES}{digest[:32]}.json"


def listed_name(part: Part) -> str:
    """The storage name of the ids that Target lists as failed (T9), a JSON string a line."""
    return f"{_folder(part.batch)}/listed-{part.number:04d}.jsonl"


def located_name(part: Part) -> str:
    """The storage name of the SQLite file with the upload's rows that these ids are about."""
    return f"{_folder(part.batch)}/located-{part.number:04d}.sqlite3"


def fingerprints_name(batch: Batch) -> str:
    """The storage name of the accepted ids' sorted fingerprints, 8 bytes each."""
    return f"{_folder(batch)}/fingerprints.u64"


def take_over(upload: Upload, batch: Batch) -> None:
    """Move a whole upload's bytes to where the batch's original lives.

    Done again after an interruption it does nothing: the folder's name follows from the upload.
    """
    try:
        keep(incoming_path(upload), original_name(batch))
    except FileNotFoundError:
        if not default_storage.exists(original_name(batch)):
            raise


def delete_all(batch: Batch) -> int:
    """Delete whatever is kept of a batch, and say how many files that were; nothing where all is gone."""
    try:
        _folders, names = default_storage.listdir(_folder(batch))
    except FileNotFoundError:
        return 0
    for name in names:
        default_storage.delete(f"{_folder(batch)}/{name}")
    default_storage.delete(_folder(batch))
    return len(names)


def drop_choices(batch: Batch, kept: set[str]) -> None:
    """Delete what comparisons, and people's choices, left in a batch's folder; `kept`: names that stay."""
    _drop(batch, _OF_CHOICES, kept)


def drop_restorations(batch: Batch) -> None:
    """Delete what was found that can be restored of a batch."""
    _drop(batch, (_OF_RESTORATIONS,), kept=set())


def drop_patches(batch: Batch) -> None:
    """Delete what changes of single rows left in a batch's folder, but for those that count."""
    _drop(batch, (_OF_PATCHES,), kept={patch_name(batch, batch.patch)})


def _drop(batch: Batch, beginnings: tuple[str, ...], kept: set[str]) -> None:
    try:
        _folders, names = default_storage.listdir(_folder(batch))
    except FileNotFoundError:
        return
    for name in names:
        if name.startswith(beginnings) and f"{_folder(batch)}/{name}" not in kept:
            default_storage.delete(f"{_folder(batch)}/{name}")


def forget_upload(upload: Upload) -> None:
    """Remove the bytes of an upload that did not become a batch, wherever they are by now."""
    incoming_path(upload).unlink(missing_ok=True)
    default_storage.delete(original_name(Batch(folder=upload.pk)))


def keep(path: Path, name: str) -> None:
    """Hand a finished local file over to storage under exactly this name, replacing an older one.

    The replacing is one step: of two processes that do it at once, neither takes away what the
    other brought. Raises FileNotFoundError where `path` is gone.
    """
    with path.open("rb") as handle:
        # On disk before the database speaks of it: a power cut must not leave a name without bytes.
        os.fsync(handle.fileno())
        default_storage.save(name, _LocalFile(handle))


@contextmanager
def offered(made: Mapping[str, Path]) -> Iterator[Callable[[], None]]:
    """Hand finished files over, by their names, before the transaction in the block that makes them count.

    So no row is held while a bucket is waited for. The block calls what is yielded once it has committed; if
    it ends without, they are discarded. After an exception they stay, for it may come from a commit that was
    made; then they go with the batch's other files.
    """
    for name, path in made.items():
        keep(path, name)
    counting: list[bool] = []
    yield lambda: counting.append(True)
    if not counting:
        for name in made:
            discard(name)


def move(name: str, to: str) -> None:
    """Give a kept file another storage name; FileNotFoundError where it is gone."""
    keep(_local(name), to)
    default_storage.delete(name)


def lie_elsewhere() -> bool:
    """Whether storage is something else than a folder of this machine."""
    return not isinstance(default_storage, FileSystemStorage)


def is_reachable() -> bool:
    """Whether storage answers: one question, for the names at its top, of which there are few."""
    try:
        default_storage.listdir("")
    except FileNotFoundError:
        return True  # Nothing was ever kept.
    except OSError:
        return False
    return True


def forget_unused_copies() -> None:
    """Remove local copies of stored files that nobody has used for long, or that are too many.

    Files that lie on this machine anyway have none.
    """
    tidy = getattr(default_storage, "tidy_cache", None)
    if tidy is not None:
        tidy()


def _local(name: str) -> Path:
    """Where the file can be read on this machine: itself, or a copy of what the bucket has now.

    To be opened within an hour: then an unused copy may go.
    """
    path = Path(default_storage.path(name))
    try:
        path.stat()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageUnavailable(error.strerror) from None
    return path


def _open(name: str) -> BinaryIO:
    try:
        return _local(name).open("rb")
    except (FileNotFoundError, StorageUnavailable):
        raise
    except OSError as error:
        raise StorageUnavailable(error.strerror) from None


def stream_original(batch: Batch) -> File:
    """The uploaded file, to be read once from its beginning without waiting for its end; `size`: its bytes.

    FileNotFoundError where it is gone.
    """
    try:
        return default_storage.open(original_name(batch))
    except (FileNotFoundError, StorageUnavailable):
        raise
    except OSError as error:
        raise StorageUnavailable(error.strerror) from None


def open_original(batch: Batch) -> BinaryIO:
    """The uploaded file; FileNotFoundError where it is gone."""
    return _open(original_name(batch))


def has_original(batch: Batch) -> bool:
    """Whether the uploaded file is still there."""
    return default_storage.exists(original_name(batch))


def has_part(part: Part) -> bool:
    """Whether a part's batch file is still there."""
    return default_storage.exists(part_name(part))


def open_patch(batch: Batch) -> BinaryIO:
    """The changes of single rows that count; FileNotFoundError where they are gone."""
    return _open(patch_name(batch, batch.patch))


def open_part(part: Part) -> BinaryIO:
    """A part's batch file; FileNotFoundError where it is gone."""
    return _open(part_name(part))


def open_kept(name: str) -> BinaryIO:
    """A file of a batch by its storage name; FileNotFoundError where there is none."""
    return _open(name)


def open_figures(batch: Batch) -> BinaryIO:
    """The figures of the batch's columns; FileNotFoundError before a check."""
    return _open(figures_name(batch))


def fingerprints_path(batch: Batch) -> Path:
    """The accepted ids' fingerprints on the local disk; FileNotFoundError where there is none."""
    return _local(fingerprints_name(batch))


def part_path(part: Part) -> Path:
    """A part's batch file on the local disk; FileNotFoundError where there is none."""
    return _local(part_name(part))


def overlap_path(batch: Batch, store: str) -> Path:
    """What a batch has in common with earlier ones, on the local disk; FileNotFoundError where nothing."""
    return _local(overlap_name(batch, store))


def delete(name: str) -> None:
    """Delete one file; nothing where it is gone."""
    default_storage.delete(name)


def discard(name: str) -> None:
    """Delete a file of which the database no longer speaks, if storage answers.

    Whoever asked has got what they asked for: where it stays, it goes with the batch's other files.
    """
    try:
        default_storage.delete(name)
    except StorageUnavailable:
        logger.warning("A file that nobody needs stays for now: storage cannot be used.")


def open_listed(part: Part) -> BinaryIO:
    """The ids of a part that Target lists as failed; FileNotFoundError where it listed none."""
    return _open(listed_name(part))


def located_path(part: Part) -> Path:
    """The rows that these ids are about, on the local disk; FileNotFoundError where there is none."""
    return _local(located_name(part))


def problems_path(batch: Batch) -> Path:
    """The problems file on the local disk; FileNotFoundError where there is none."""
    return _local(problems_name(batch))
