"""Whether this installation can do its work now, check by check: what monitoring asks, not people.

Every check is cheap, waits for nobody longer than a few seconds, and tells nothing but numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError
from django.utils.timezone import now

from uploads import files, local_files, queue
from uploads.models import Beat

from .health import LATE


@dataclass(frozen=True)
class Check:
    """One thing that has to be well; `figures` holds numbers by name."""

    name: str
    ok: bool
    figures: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Readiness:
    """All checks, with what they were made from: None for the wards where Redis does not answer."""

    checks: list[Check]
    wards: list[queue.Ward] | None
    swept_at: datetime | None

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return all(check.ok for check in self.checks)

    @property
    def database(self) -> bool:
        """Whether the database can be asked."""
        return all(check.ok for check in self.checks if check.name == "database")

    def as_json(self) -> dict:
        """The answer of /readyz."""
        checks = {check.name: {"ok": check.ok, **check.figures} for check in self.checks}
        return {"ok": self.ok, "checks": checks}


def readiness() -> Readiness:
    """How database, Redis, storage, sweep and the workers of each queue are."""
    try:
        beat, database = Beat.objects.filter(name=Beat.Name.SWEEP).first(), True
    except DatabaseError:
        beat, database = None, False
    wards = queue.wards()
    swept_at = beat.at if beat else None
    checks = [
        Check("database", database),
        Check("redis", wards is not None),
        Check("storage", local_files.can_be_written() and files.is_reachable()),
        _sweep(swept_at),
        *_workers(wards),
    ]
    return Readiness(checks, wards, swept_at)


def _sweep(swept_at: datetime | None) -> Check:
    if swept_at is None:
        return Check("sweep", False)
    age = now() - swept_at
    return Check("sweep", age <= LATE, {"age_seconds": max(0, int(age.total_seconds()))})


def _workers(wards: list[queue.Ward] | None) -> Iterator[Check]:
    if wards is None:
        return
    for ward in wards:
        yield Check(f"workers-{ward.queue}", ward.workers > 0, {"workers": ward.workers})
