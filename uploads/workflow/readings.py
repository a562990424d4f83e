"""How a batch is read: proposed by what the file shows, said by a person, or known from an earlier file."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction

from uploads import audit, batchfile, files
from uploads.models import Batch, BatchState, SavedReading, User

from . import notifications
from .begin import begin_check
from .patches import NOT_PATCHED, drop_patch, patch_of

#: What is wrong with a header only until a person says which column is the key, and renames others.
CURED_BY_A_PERSON = {"header-key", "header-name"}

#: Of renamed, left out and cleared columns, so many are named in the audit log; the others are counted.
MOST_NAMED = 20


@dataclass(frozen=True)
class KnownReading:
    """How a file is read because a person read an earlier one with such a header so.

    detection: the first look at the file in the dialect of `reading`.
    """

    saved: SavedReading
    reading: batchfile.Reading
    detection: batchfile.Detection


def detection_of(batch: Batch, **chosen: str | None) -> batchfile.Detection:
    """What the beginning of the original shows; raises FileNotFoundError where the file is gone.

    `chosen`: encoding, delimiter or sheet, where a person has said so.
    """
    with files.open_original(batch) as original:
        return batchfile.detect(original, max_bytes=settings.MAX_UPLOAD_BYTES, **chosen)


def dialect_of(reading: batchfile.Reading) -> dict[str, str | None]:
    """What of a reading turns bytes into rows."""
    return {"encoding": reading.encoding, "delimiter": reading.delimiter, "sheet": reading.sheet}


def fitted(own: batchfile.Reading | None, detection: batchfile.Detection) -> batchfile.Reading:
    """The dialect as detected or chosen now, with what a person has said before about rows and columns."""
    seen = detection.reading
    if own is None:
        return seen
    if own.key_column not in detection.header:
        own = replace(own, key=seen.key, key_column=seen.key_column)
    others = [name for name in detection.header if name != own.key_column]
    return replace(
        own,
        **dialect_of(seen),
        format=seen.format,
        container=seen.container,
        corrects=seen.corrects,
        dont_send=tuple(name for name in own.dont_send if name in others),
        mapping={name: sent_as for name, sent_as in own.mapping.items() if name in others},
        clear={name: text for name, text in own.clear.items() if name in others},
    )


def adjust_reading(actor: User, batch: Batch, **changes) -> bool:
    """Change single choices of the reading and check anew; False where it is too late."""
    reading = batchfile.Reading.from_json(batch.reading)
    return confirm_reading(actor, batch, replace(reading, **changes))


def confirm_reading(actor: User, batch: Batch, reading: batchfile.Reading) -> bool:
    """Say how the file is to be read; the check begins, or begins anew. False where it is too late.

    A checked batch may be read differently as long as nothing of it was released; what the earlier
    check made of it is put aside. The next file at the destination with such a header is read the same way.
    """
    if not batch.may_be_read_anew:
        return False
    proposal = _proposal_for(batch)
    with transaction.atomic():
        started = _start_check(batch, reading, "batch.reading-confirmed", actor=actor)
        if started and proposal is not None:
            _remember(actor, batch, reading, proposal)
    return started


def known_reading(batch: Batch, proposal: batchfile.Detection) -> KnownReading | None:
    """How a person read an earlier file with such a header, as it fits this one; None where nobody did.

    proposal: the first look at the file, without choices. Of the dialect, what a person chose is taken only
    where the same was proposed back then: another encoding is a matter of the file, not of its header.
    """
    shape = batchfile.shape_of(proposal.header)
    at_destination = SavedReading.objects.filter(destination=batch.destination_id, shape=shape)
    saved = at_destination.select_related("saved_by", "batch").order_by("-pk").first()
    if saved is None:
        return None
    own = batchfile.Reading.from_json(saved.reading)
    proposed, chosen = dialect_of(proposal.reading), dialect_of(own)
    dialect = {
        name: chosen[name] if saved.proposed[name] == value else value for name, value in proposed.items()
    }
    detection = proposal if dialect == proposed else detection_of(batch, **dialect)
    if not {own.key_column, *own.dont_send, *own.mapping, *own.clear} <= set(detection.header):
        return None
    return KnownReading(saved, fitted(own, detection), detection)


def read_ahead(batch: Batch) -> None:
    """Take up a new batch's reading, and go on to check unless somebody has to be asked.

    Nobody needs to be asked where the header itself says all, or a person has said it of such a header, or
    where the file is beyond help.
    """
    proposal = detection_of(batch)
    known = known_reading(batch, proposal)
    if known and proposal.confirmed and known.reading == proposal.reading:
        known = None  # It says no more than the header.
    reading = known.reading if known else proposal.reading
    waiting = Batch.objects.filter(pk=batch.pk, state=BatchState.RECEIVED)
    if not waiting.update(reading=reading.to_json()):
        return  # A person was faster: what they chose stands.
    batch.refresh_from_db()
    if known or proposal.confirmed:
        _start_check(batch, reading, "batch.check-started", saved=known.saved if known else None)
    elif not _is_for_a_person(proposal):
        # A key would not save it: the check names all that is wrong, the missing key among it.
        unchosen = replace(reading, key=None, key_column=None)
        _start_check(batch, unchosen, "batch.check-started")
    else:
        notifications.note(batch, BatchState.RECEIVED)


def check_what_we_made(batch: Batch, reading: batchfile.Reading) -> None:
    """Begin the check of a new batch whose file is of our own making: nobody says how it is to be read."""
    _start_check(batch, reading, "batch.check-started")


def _is_for_a_person(proposal: batchfile.Detection) -> bool:
    """Whether all that is missing is what a person can say: the key, and other names for columns."""
    codes = {problem.code for problem in proposal.problems}
    return "header-key" in codes and codes <= CURED_BY_A_PERSON


def _proposal_for(batch: Batch) -> batchfile.Detection | None:
    """The first look at the file, without choices; None where it is gone or has no header."""
    try:
        proposal = detection_of(batch)
    except FileNotFoundError:
        return None  # The check says so.
    return proposal if proposal.header else None


def _remember(actor: User, batch: Batch, reading: batchfile.Reading, proposal: batchfile.Detection) -> None:
    SavedReading.objects.create(
        destination_id=batch.destination_id,
        shape=batchfile.shape_of(proposal.header),
        reading=reading.to_json(),
        proposed=dialect_of(proposal.reading),
        batch=batch,
        saved_by=actor,
    )


def _start_check(
    batch: Batch,
    reading: batchfile.Reading,
    action: str,
    actor: User | None = None,
    saved: SavedReading | None = None,
) -> bool:
    patch = _patch_for(batch, reading)
    dropped = batch.patch if patch is None else ""
    updates = {"reading": reading.to_json(), "read_as": saved, **(NOT_PATCHED if dropped else {})}
    with transaction.atomic():
        started = begin_check(batch, action, actor=actor, facts=_facts_of(reading, saved), **updates)
        if started and dropped:
            audit.record(actor, "batch.fixes-dropped", batch)
    if started:
        drop_patch(batch, dropped)
    return started


def _patch_for(batch: Batch, reading: batchfile.Reading) -> batchfile.Patch | None:
    """The changes of single rows, if with this reading the file still has these rows."""
    try:
        patch = patch_of(batch)
    except FileNotFoundError:
        return None
    return patch if patch and patch.fits(batch.sha256, reading) else None


def _facts_of(reading: batchfile.Reading, saved: SavedReading | None) -> dict:
    """What the audit log keeps of a reading: names of columns are nobody's data."""
    facts = {"key": reading.key, "format": reading.format, "encoding": reading.encoding}
    renamed = [f"{batchfile.excerpt(name)} → {sent_as}" for name, sent_as in reading.mapping.items()]
    left_out = [batchfile.excerpt(name) for name in reading.dont_send]
    cleared = [f"{batchfile.excerpt(name)} → {text}" for name, text in reading.clear.items()]
    for name, columns in (("renamed", renamed), ("left_out", left_out), ("cleared", cleared)):
        if columns:
            facts |= {name: columns[:MOST_NAMED], f"{name}_columns": len(columns)}
    if saved:
        facts |= {"like_batch": str(saved.batch_id), "confirmed_by": saved.saved_by.get_username()}
    return facts
