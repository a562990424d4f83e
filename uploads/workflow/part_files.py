"""Which parts a batch that is not released consists of, and their files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction

from uploads import batchfile, files
from uploads.models import Batch, Canary, Part


class NotAsChecked(Exception):
    """A part's file is not the one that was checked."""


def proven_paths(batch: Batch, parts: Iterable[Part]) -> list[Path]:
    """The files of the parts, proven to be those that were checked; raises NotAsChecked.

    FileNotFoundError where one is gone.
    """
    paths = []
    for part in parts:
        path = files.part_path(part)
        # Where a person was forgotten, a file is another one on purpose.
        if not batch.forgotten_at:
            with path.open("rb") as body:
                if hashlib.file_digest(body, "sha256").hexdigest() != part.sha256:
                    raise NotAsChecked
        paths.append(path)
    return paths


def numbered(batch: Batch, made: Iterable[batchfile.PartFile], made_by: str = "") -> list[Part]:
    """These files as the parts of a batch, in order, not saved.

    made_by: how their names in storage begin, "" for those that the check makes.
    """
    return [
        Part(
            batch=batch,
            number=number,
            rows=each.rows,
            bytes=each.bytes,
            sha256=each.sha256,
            made_by=made_by,
        )
        for number, each in enumerate(made, start=1)
    ]


def put(batch: Batch, parts: list[Part]) -> None:
    """Let these be the parts of a batch that is not released, in the transaction that says why."""
    batch.parts.all().delete()
    Part.objects.bulk_create(parts)
    Batch.objects.filter(pk=batch.pk).update(accepted=sum(part.rows for part in parts))
    batch.refresh_from_db(fields=["accepted"])


def prepared(batch: Batch) -> list[Part]:
    """The parts of a batch that is not released, also where its first rows have been cut off."""
    canary = Canary.objects.filter(pk=batch.pk).first()
    if canary is None:
        return list(batch.parts.order_by("number"))
    return [
        Part(batch=batch, number=number, rows=rows, bytes=size, sha256=sha256, made_by=made_by)
        for number, (rows, size, sha256, made_by) in enumerate(canary.as_prepared, start=1)
    ]


def make_whole(batch: Batch) -> None:
    """Let the first rows of a batch go with all others again, in the transaction that says why."""
    canary = Canary.objects.filter(pk=batch.pk).first()
    if canary is None:
        return
    whole = prepared(batch)
    cut = {files.part_name(part) for part in batch.parts.all()} - {files.part_name(part) for part in whole}
    put(batch, whole)
    canary.delete()
    transaction.on_commit(lambda: [files.discard(name) for name in cut])
