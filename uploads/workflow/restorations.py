"""What can be restored of a batch that was sent, and the batch that restores it.

Target gives nothing back (T14): what it had before is known only as far as we sent it. A worker (`restore`)
looks for that in the kept parts of the account's other batches; once somebody has seen what was found, it
becomes a batch like any other, which nobody sends but a person.
"""

from dataclasses import dataclass
from pathlib import PurePath
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from uploads import audit, batchfile, files, queue
from uploads.models import Batch, Overlap, Part, Restoration, User

from . import binding
from .overlaps import Earlier, checked_parts, has_files, with_parts
from .readings import check_what_we_made
from .receive import clean_filename


@dataclass(frozen=True)
class Surroundings:
    """A batch that was sent, and its account's others with the same kind of ids (F2), newest first.

    own: with those of its parts that Target took. earlier: with theirs that Target took. later: those of
    which it has, may have, or may still get any part, without values that they only carried over: of these,
    nobody has said anything anew. not_kept: how many earlier ones have no files any more.
    """

    own: Earlier
    earlier: list[Earlier]
    later: list[Earlier]
    not_kept: int

    @property
    def stood_for(self) -> dict[str, str]:
        """Of all of them by their numbers, what they stand for."""
        return {str(each.batch.pk): each.mark for each in (self.own, *self.earlier, *self.later)}


def surroundings_of(batch: Batch) -> Surroundings:
    """What is around a batch that was released."""
    others = Batch.objects.of_account(batch.destination).filter(
        reading__key=batch.reading.get("key"), released_at__isnull=False
    )
    others = others.exclude(pk=batch.pk)
    is_before = Q(released_at__lt=batch.released_at) | Q(released_at=batch.released_at, pk__lt=batch.pk)
    kept = others.filter(files_deleted_at=None)
    own = batch.parts.taken().select_related("resends").order_by("number")
    return Surroundings(
        own=Earlier(batch, tuple(own)),
        earlier=with_parts(kept.filter(is_before), Part.objects.taken()),
        later=_without_carried(with_parts(kept.exclude(is_before), Part.objects.there_or_coming())),
        not_kept=others.filter(is_before, sent__gt=0).exclude(files_deleted_at=None).count(),
    )


def _without_carried(batches: list[Earlier]) -> list[Earlier]:
    """The batches with the parts that were made of their own files alone, as far as these are kept."""
    carrying = Overlap.objects.filter(choice=Overlap.Choice.CARRY_OVER, is_made=True)
    carrying = carrying.in_bulk([each.batch.pk for each in batches])
    return [_as_checked(each, carrying.get(each.batch.pk)) for each in batches]


def _as_checked(each: Earlier, carrying: Overlap | None) -> Earlier:
    if carrying is None:
        return each
    carrying.batch = each.batch
    parts = tuple(checked_parts(carrying))
    # They go when a person is forgotten.
    return Earlier(each.batch, parts) if all(files.has_part(part) for part in parts) else each


def can_be_restored(batch: Batch) -> bool:
    """Whether it can be looked for what was sent before the batch."""
    return bool(batch.sent and not batch.files_deleted_at and batch.destination.active)


def restoration_of(batch: Batch) -> Restoration | None:
    """What is known by now of what can be restored; None where nobody has asked, or it was made."""
    return Restoration.objects.select_related("batch__destination", "asked_by").filter(pk=batch.pk).first()


def is_up_to_date(restoration: Restoration) -> bool:
    """Whether nothing that matters was sent, or arrived, since it was looked for.

    That the files of an earlier batch have been deleted since changes nothing.
    """
    now_stands_for, stood_for = surroundings_of(restoration.batch).stood_for, restoration.stood_for
    if any(stood_for.get(number) != mark for number, mark in now_stands_for.items()):
        return False
    return not any(has_files(int(number)) for number in stood_for.keys() - now_stands_for.keys())


def ask_to_restore(actor: User, batch: Batch, clear: dict[str, str] | None = None) -> bool:
    """Have a worker look for what was sent before the batch, unless what was found still holds.

    clear: by attribute what to send where no earlier value is known; None: as asked for before. False where
    nothing can be looked for.
    """
    with transaction.atomic():
        binding.hold(batch)
        if not can_be_restored(batch):
            return False
        known = restoration_of(batch)
        if clear is None:
            clear = known.clear if known else {}
        if known is None or known.failure or known.clear != clear or not _is_to_be_had(known):
            forget(batch)
            Restoration.objects.create(batch=batch, asked_by=actor, clear=clear)
            queue.ring("restore", batch.pk)
    return True


def _is_to_be_had(known: Restoration) -> bool:
    return known.looked_at is None or is_up_to_date(known)


def make_restoring_batch(actor: User, batch: Batch, seen: UUID) -> Batch | None:
    """Make the batch of what was found and shown (`Restoration.folder`), and have it checked.

    Called again, it gives the same batch. None where what was shown no longer holds.
    """
    with transaction.atomic():
        # No other batch of the account gets on its way meanwhile.
        binding.hold(batch)
        made = Batch.objects.filter(folder=seen, restores=batch).first()
        if made is not None:
            return made
        known = restoration_of(batch)
        if known is None or known.folder != seen or not can_be_restored(batch) or not is_up_to_date(known):
            return None
        made = Batch(
            destination=batch.destination,
            owner=actor,
            filename=clean_filename(f"restore-{batch.pk}-{PurePath(batch.filename).stem}.csv"),
            folder=seen,
            size=known.found["bytes"],
            sha256=known.found["sha256"],
            restores=batch,
        )
        _take_over(batch, made)
        made.save(force_insert=True)
        _tell(actor, batch, made, known)
        known.delete()
        key = batch.reading["key"]
        check_what_we_made(made, batchfile.Reading(key=key, key_column=key, corrects=False))
    return made


def _take_over(batch: Batch, made: Batch) -> None:
    """Move the file to where the made batch has its upload; after an interruption it is there already."""
    name = files.restoration_name(batch, made.folder)
    try:
        files.move(name, files.original_name(made))
    except FileNotFoundError:
        if not files.has_original(made):
            raise


def _tell(actor: User, batch: Batch, made: Batch, known: Restoration) -> None:
    facts = {"file": made.filename, "bytes": made.size, "sha256": made.sha256, "restores": str(batch.pk)}
    audit.record(actor, "batch.received", made, **facts)
    audit.record(actor, "batch.restore-made", batch, made=str(made.pk), rows=known.found["rows"])


def forget(batch: Batch) -> None:
    """Drop what was found, in the transaction that says why."""
    known = restoration_of(batch)
    if known is None:
        return
    known.delete()
    if known.folder:
        transaction.on_commit(lambda: files.discard(files.restoration_name(batch, known.folder)))
