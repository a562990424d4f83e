"""The patch of a batch, as it is kept: a file beside the upload, for it holds values of rows.

A patch that was kept never changes; the batch names the one that counts by its SHA-256.
"""

import hashlib
import json

from uploads import batchfile, files, local_files
from uploads.models import Batch


def patch_of(batch: Batch) -> batchfile.Patch | None:
    """The changes of single rows that count; None where there are none.

    Raises FileNotFoundError where the file is gone; while a batch changes, that of an earlier moment is.
    """
    if not batch.patch:
        return None
    with files.open_patch(batch) as kept:
        content = kept.read()
    if hashlib.sha256(content).hexdigest() != batch.patch:
        raise FileNotFoundError  # What lies there now is another file.
    return batchfile.Patch.from_json(json.loads(content))


def keep_patch(batch: Batch, patch: batchfile.Patch) -> str:
    """Keep a patch beside the others, and return the name under which the batch may refer to it."""
    content = json.dumps(patch.to_json()).encode()
    name = hashlib.sha256(content).hexdigest()
    with local_files.scratch_folder() as folder:
        (folder / "patch").write_bytes(content)
        files.keep(folder / "patch", files.patch_name(batch, name))
    return name


def drop_patch(batch: Batch, name: str) -> None:
    """Delete a patch that the batch does not refer to any more, or never did."""
    if name:
        files.discard(files.patch_name(batch, name))


def counts_of(patch: batchfile.Patch) -> dict[str, int]:
    """What the database says of a patch."""
    return {"edited": patch.edited, "left_out": patch.left_out}


#: What it says of a batch that has none.
NOT_PATCHED = {"patch": "", "edited": 0, "left_out": 0}
