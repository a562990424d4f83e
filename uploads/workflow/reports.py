"""What a check found, read back: problems, figures of columns, the report to correct in a spreadsheet."""

import json
from collections.abc import Iterator

from django.conf import settings
from django.core.files import File

from uploads import audit, batchfile, explanations, files
from uploads.models import Batch, User

from .patches import patch_of


def open_problems(batch: Batch) -> batchfile.ProblemStore:
    """The problems that the last check found; raises FileNotFoundError before there are any."""
    return batchfile.ProblemStore.open(files.problems_path(batch))


def figures_of(batch: Batch) -> list[dict]:
    """The figures of each column, in the file's order; none before the first check."""
    return _kept_figures(batch)["columns"]


def examples_of(batch: Batch) -> dict[tuple[str, str], dict]:
    """For notices, by their code and column: `line`, `id` and `value` of a row that is sent (T13)."""
    return {
        (notice["code"], notice["column"]): notice["example"] for notice in _kept_figures(batch)["examples"]
    }


def heavy_alone(batch: Batch) -> batchfile.HeavyProfiles:
    """The profiles that the batch alone brings near the limit (F8), as its last check found."""
    found = _kept_figures(batch).get("heavy")
    return batchfile.HeavyProfiles.from_json(found) if found else batchfile.HeavyProfiles()


def _kept_figures(batch: Batch) -> dict:
    try:
        with files.open_figures(batch) as figures:
            return json.load(figures)
    except FileNotFoundError:
        return {"columns": [], "examples": []}


def correction_lines(actor: User, batch: Batch) -> Iterator[str]:
    """The rows with problems as they were in the upload, to be corrected and uploaded again.

    Noted in the audit log, because it holds values of rows. The file recognises itself by the batch's number.
    Raises FileNotFoundError before there are any problems.
    """
    store = open_problems(batch)
    patch = patch_of(batch)
    original = files.open_original(batch)
    audit.record(actor, "batch.report-downloaded", batch, report="correction")
    reading = batchfile.Reading.from_json(batch.reading)
    lines = batchfile.correction_lines(
        original,
        reading,
        store,
        explanations.explain_beside_row,
        batch=str(batch.pk),
        max_bytes=settings.MAX_UPLOAD_BYTES,
        patch=patch,
    )
    return closing(lines, store, original)


def original_of(actor: User, batch: Batch) -> File:
    """The uploaded file, byte for byte, to be read once and closed; a person who was forgotten is not in it.

    Noted in the audit log, because it holds values of rows. Raises FileNotFoundError where it is gone.
    """
    original = files.stream_original(batch)
    audit.record(actor, "batch.original-downloaded", batch)
    return original


def closing(lines: Iterator[str], *opened) -> Iterator[str]:
    """The lines; what they are read from is closed after the last one, or when nobody wants any more."""
    try:
        yield from lines
    finally:
        for each in opened:
            each.close()
