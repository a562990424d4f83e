"""Fixing single rows of a checked batch here: a cell changed, a row left out, and both undone.

The upload stays as it is; the changes are a patch beside it, and every change has the file checked again.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from uploads import audit, batchfile, files
from uploads.models import Batch, BatchState, User

from . import locks
from .begin import begin_check
from .patches import NOT_PATCHED, counts_of, drop_patch, keep_patch, patch_of

#: So often a change is made again on top of what somebody else changed at the same moment.
_TRIES = 10


class FixRefused(Exception):
    """A row cannot be changed like this.

    reason: too-late, row-gone, row-changed, not-writable, too-many, file-missing, or disturbs, and then
    `line` is that of a row that would be read differently although it was not changed.
    """

    def __init__(self, reason: str, line: int | None = None):
        super().__init__(reason)
        self.reason = reason
        self.line = line


def open_row(batch: Batch, line: int) -> batchfile.OpenRow | None:
    """The row that begins on the line, as it is now; None where no problem and no change is known of one.

    Raises FixRefused (file-missing).
    """
    try:
        return _opened(batch, line, patch_of(batch))
    except FileNotFoundError:
        raise FixRefused("file-missing") from None


def edit_row(actor: User, batch: Batch, line: int, texts: dict[int, str], seen: str) -> bool:
    """Put the texts into the cells of these indexes; False where that changes nothing.

    seen: the mark of the row as the person saw it. Raises FixRefused.
    """
    return _change_row(actor, batch, line, "batch.row-edited", lambda row: row.edited(texts), seen)


def leave_row_out(actor: User, batch: Batch, line: int, seen: str) -> bool:
    """Leave the row out, whatever stands in it; as `edit_row`."""
    return _change_row(actor, batch, line, "batch.row-left-out", lambda row: row.left_out(), seen)


def undo_fix(actor: User, batch: Batch, line: int) -> bool:
    """Let the row be what it is in the upload again; False where nothing was changed. Raises FixRefused."""

    def undone(patch: batchfile.Patch) -> batchfile.Patch | None:
        return patch.without(line) if patch.on(line) else None

    return _apply(actor, batch, "batch.row-restored", line, undone)


def changes_of(batch: Batch) -> list[batchfile.Change]:
    """What was changed, by line; none where nothing was or the file is gone. It holds values of rows."""
    try:
        patch = patch_of(batch)
    except FileNotFoundError:
        return []
    return list(patch.changes) if patch else []


def _opened(batch: Batch, line: int, patch: batchfile.Patch | None) -> batchfile.OpenRow | None:
    if not (patch and patch.on(line)) and not _has_problem(batch, line):
        return None
    reading = batchfile.Reading.from_json(batch.reading)
    try:
        with files.open_original(batch) as original:
            return batchfile.open_row(original, reading, line, patch, max_bytes=settings.MAX_UPLOAD_BYTES)
    except (FileNotFoundError, batchfile.UnreadableFile):
        raise FixRefused("file-missing") from None


def _has_problem(batch: Batch, line: int) -> bool:
    try:
        with batchfile.ProblemStore.open(files.problems_path(batch)) as problems:
            return bool(problems.on_line(line))
    except FileNotFoundError:
        return False


def _change_row(
    actor: User,
    batch: Batch,
    line: int,
    action: str,
    change: Callable[[batchfile.OpenRow], batchfile.Change | None],
    seen: str,
) -> bool:
    def changed(patch: batchfile.Patch) -> batchfile.Patch | None:
        row = _opened(batch, line, patch)
        if row is None:
            raise FixRefused("row-gone")
        if row.mark != seen:
            raise FixRefused("row-changed")
        try:
            made = change(row)
            return patch.with_change(made) if made else None
        except batchfile.NotWritable:
            raise FixRefused("not-writable") from None
        except batchfile.TooManyChanges:
            raise FixRefused("too-many") from None

    return _apply(actor, batch, action, line, changed)


def _apply(
    actor: User,
    batch: Batch,
    action: str,
    line: int,
    make: Callable[[batchfile.Patch], batchfile.Patch | None],
) -> bool:
    """Make a patch of the one that counts, and let it count; made anew where that is another meanwhile."""
    for _try in range(_TRIES):
        batch.refresh_from_db()
        if not batch.may_be_fixed:
            raise FixRefused("too-late")
        old = batch.patch
        reading = batchfile.Reading.from_json(batch.reading)
        try:
            patch = make(patch_of(batch) or batchfile.Patch.begun(batch.sha256, reading))
        except FileNotFoundError:
            continue  # Somebody has just put another patch in its place.
        if patch is None:
            return False
        _refuse_to_disturb(batch, reading, patch)
        change = patch.on(line)
        # Where nothing was left of a row, it is left out.
        told = "batch.row-left-out" if change and change.is_left_out else action
        facts = {"line": line, "columns": list(dict.fromkeys(filter(None, change.columns))) if change else []}
        name = keep_patch(batch, patch) if patch.changes else ""
        updates = {"patch": name, **counts_of(patch)} if name else NOT_PATCHED
        if _let_count(actor, batch, old, told, facts, updates):
            drop_patch(batch, old)
            return True
        drop_patch(batch, name)
    raise FixRefused("too-late")


def _let_count(actor: User, batch: Batch, old: str, action: str, facts: dict, updates: dict) -> bool:
    """Have the batch checked with another patch; False where it has changed meanwhile."""
    with transaction.atomic():
        locked = locks.batch(batch.pk)
        if locked.patch != old or locked.state != batch.state or not locked.may_be_fixed:
            return False
        if locked.state != BatchState.CHECKING:
            return begin_check(batch, action, actor=actor, facts=facts, **updates)
        # The check under way notices, and begins again.
        Batch.objects.filter(pk=batch.pk).update(check_attempts=0, **updates)
        audit.record(actor, action, batch, **facts)
    return True


def _refuse_to_disturb(batch: Batch, reading: batchfile.Reading, patch: batchfile.Patch) -> None:
    """Raise FixRefused where another row would be read differently: one with a quote that is not closed."""
    is_known = batch.state != BatchState.CHECKING
    if is_known and "unclosed-quote" not in batch.problems_by_code and not patch.has_open_quote:
        return
    try:
        with files.open_original(batch) as original:
            line = batchfile.disturbed_row(original, reading, patch, max_bytes=settings.MAX_UPLOAD_BYTES)
    except (FileNotFoundError, batchfile.UnreadableFile):
        raise FixRefused("file-missing") from None
    if line is not None:
        raise FixRefused("disturbs", line)
