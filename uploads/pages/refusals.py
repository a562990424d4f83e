"""The rows that Target refused (T9): how many it counted, named, and we found; the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from uploads import batchfile, workflow
from uploads.models import Batch, Part, PartState
from uploads.models.states import ACCEPTED_PART_STATES

FIRST_ROWS = 10


@dataclass(frozen=True)
class Refusals:
    """Rows by what is known of them.

    counted: as failed by Target's figures; unnamed: of these, those that it does not name.
    found: named and found in the upload; not_found: named, and no row of the upload has such an id.
    looking: whether a worker still looks for some.
    first: some of those found, none for people who may not see values.
    """

    counted: int
    unnamed: int
    found: int
    not_found: int
    looking: bool
    first: list[batchfile.Problem]


def refusals_of(batch: Batch, parts: Sequence[Part], *, with_values: bool) -> Refusals | None:
    """What is known of a batch's refused rows; None where Target refused none."""
    # While Target still works on a part it may name more of them.
    told = [part for part in parts if part.state in ACCEPTED_PART_STATES - {PartState.ACCEPTED}]
    counted = sum(max(part.failed or 0, part.listed or 0) for part in told)
    if not counted:
        return None
    listed = sum(part.listed or 0 for part in told)
    looking = any(part.locate_due_at for part in told)
    with workflow.located_rows(batch) as rows:
        found = rows.count()
        first = list(islice(rows, FIRST_ROWS)) if with_values else []
    return Refusals(
        counted=counted,
        unnamed=counted - listed,
        found=found,
        not_found=0 if looking or batch.files_deleted_at or batch.forgotten_at else max(listed - found, 0),
        looking=looking,
        first=first,
    )
