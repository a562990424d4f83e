"""What the sandbox remembers of a batch, as its parts hand it around."""

from dataclasses import dataclass, field
from typing import Literal

from .batchrules import Header

Outcome = Literal["success", "failed", "error"]  # T9


@dataclass(frozen=True)
class Treatment:
    """How a batch is treated beside Target's rules, because a fault asked for it.

    One row in `fails_every` fails (T9), one in `loses_every` is not applied (T12; 0: none), which
    `admits_loss` leaves out of the updates. `lists_every_row`: the status is in the old form (T9).
    `overrides`: F12 holds.
    """

    fails_every: int = 0
    loses_every: int = 0
    admits_loss: bool = False
    lists_every_row: bool = False
    overrides: bool = False


@dataclass(frozen=True)
class Batch:
    """One body received; `refusal` is Target's message where it was not queued, else None.

    `fate` is "" for an ordinary batch, else the fault that keeps it from its end. `position` is the
    byte offset of the next row to consume. Times are milliseconds since 1970.
    """

    number: int
    batch_id: str | None
    client: str
    creates_profiles: bool
    key: str
    names: tuple[str, ...]
    refusal: str | None
    fate: str
    treatment: Treatment
    body: str
    sha256: str
    bytes: int
    rows: int
    position: int
    consumed: int
    updated: int
    not_found: int
    failed: int
    with_values: int
    received_at: int
    finished_at: int | None

    @property
    def header(self) -> Header:
        """The header that its rows are read by."""
        return Header(self.key, self.names, 0)

    @property
    def overrides(self) -> bool:
        """Whether its values replace those of the last such batch, unless a visit came between (F12)."""
        return self.treatment.overrides and self.creates_profiles and self.key == "thirdPartyId"


@dataclass
class Step:
    """What one step through a batch found: rows by outcome, and where the next step begins.

    `updates` are ids with their values, `faulty` ids with their outcome; `claimed` counts rows that are
    lost and yet said to be updated (T12).
    """

    position: int
    consumed: int = 0
    claimed: int = 0
    with_values: int = 0
    updates: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    faulty: list[tuple[str, Outcome]] = field(default_factory=list)
