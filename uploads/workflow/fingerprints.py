"""The fingerprints of batches, by which those are found that have ids in common."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from uploads import batchfile, files
from uploads.models import Batch, Part

from .overlaps import Earlier
from .part_files import proven_paths


class Fingerprints:
    """The fingerprints of batches; made of their parts, in a folder, where they are not kept.

    Those of a batch with spaces around ids go when a person is forgotten.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def of(self, batch: Batch, parts: Iterable[Part]) -> Path:
        """The file with them; raises FileNotFoundError where neither they nor the parts are there."""
        try:
            return files.fingerprints_path(batch)
        except FileNotFoundError:
            pass  # They can be made anew.
        made = self._folder / f"{batch.pk}.u64"
        if not made.exists():
            paths = [files.part_path(part) for part in parts]
            batchfile.write_fingerprints_of(paths, fingerprint_key(), made)
        return made

    def sharing(self, batch: Batch, parts: Iterable[Part], others: list[Earlier]) -> list[Earlier]:
        """Those of the other batches that seem to have an id of this one."""
        mine = self.of(batch, parts)
        paths = [self.of(each.batch, each.parts) for each in others]
        shared = batchfile.shared_fingerprints(mine, paths)
        return [each for each, some in zip(others, shared, strict=True) if len(some)]

    def with_files(self, each: Earlier, *, may_lose: bool = True) -> batchfile.EarlierBatch:
        """The batch for the engine; raises NotAsChecked."""
        paths, fingerprints = proven_paths(each.batch, each.parts), self.of(each.batch, each.parts)
        return batchfile.EarlierBatch(each.batch.pk, paths, fingerprints, may_lose=may_lose)


def fingerprint_key() -> bytes:
    """What all fingerprints of ids are made with."""
    return settings.FINGERPRINT_KEY.encode()[:64]
