"""The budget of a profile: how much of what Target keeps of one visitor batches have set (F8).

Counted are the bytes of names and values in UTF-8, of each attribute once and only where it has a value. Ids
are not, nor what the encoding of a batch file adds (F5). What pages, profile scripts and Customer Attributes
set is in the same 64 KB, and nobody here can know of it: so profiles are told from four fifths on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from heapq import heappush, heappushpop
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .encoding import decode_text
from .parts import encoded_names, row_blocks

PROFILE_LIMIT = 64_000  # F8, in bytes: the smaller reading
#: From so many bytes on a profile is said to come near the limit.
NEAR_LIMIT = PROFILE_LIMIT * 4 // 5
#: Of more profiles the heaviest are named, and the others are counted.
MOST_LISTED = 1_000
_LF = ord("\n")


class HeavyProfile(NamedTuple):
    """A visitor's profile near the limit: bytes that this batch sets, and with what earlier ones set."""

    id: str
    own: int
    in_all: int


@dataclass(frozen=True)
class HeavyProfiles:
    """The profiles near the limit.

    alone: how many this batch alone brings there; together: how many only with what earlier ones set.
    profiles: MOST_LISTED of them, the heaviest first.
    """

    alone: int = 0
    together: int = 0
    profiles: tuple[HeavyProfile, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return self.alone + self.together

    def beside(self, compared: "HeavyProfiles") -> "HeavyProfiles":
        """These of a batch alone, with those that comparing it with earlier ones found."""
        by_id = {profile.id: profile for profile in (*self.profiles, *compared.profiles)}
        heaviest = sorted(by_id.values(), key=lambda profile: (-profile.in_all, profile.id))
        return HeavyProfiles(self.alone, compared.together, tuple(heaviest[:MOST_LISTED]))

    def to_json(self) -> dict:
        """The profiles as an object that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict) -> "HeavyProfiles":
        """What `to_json` was called on."""
        return cls(**found | {"profiles": tuple(HeavyProfile(*each) for each in found["profiles"])})


class HeavyCounter:
    """Counts profiles near the limit, in memory that does not grow with them."""

    def __init__(self):
        self._alone = self._together = 0
        self._heaviest: list[tuple[int, int, bytes]] = []

    def add(self, ids: Sequence[bytes], own: np.ndarray, in_all: np.ndarray) -> None:
        """Count some: their encoded ids, and their bytes as `HeavyProfile` has them."""
        alone = int(np.count_nonzero(own >= NEAR_LIMIT))
        self._alone += alone
        self._together += len(ids) - alone
        for id_, of_own, of_all in zip(ids, own.tolist(), in_all.tolist(), strict=True):
            push = heappush if len(self._heaviest) < MOST_LISTED else heappushpop
            push(self._heaviest, (of_all, of_own, id_))

    def found(self) -> HeavyProfiles:
        """All that were counted."""
        profiles = [
            HeavyProfile(decode_text(id_.decode("ascii")), own, in_all) for in_all, own, id_ in self._heaviest
        ]
        profiles.sort(key=lambda profile: (-profile.in_all, profile.id))
        return HeavyProfiles(self._alone, self._together, tuple(profiles))


def text_bytes(text: str) -> int:
    """What a name or a value takes of a profile; a byte that is no text takes one."""
    return len(text.encode("utf-8", "surrogateescape"))


def encoded_text_bytes(text: str) -> int:
    """The same of a text that is percent-encoded."""
    return len(text) - 2 * text.count("%")


def weigh(parts: Iterable[Path]) -> HeavyProfiles:
    """The profiles that these parts alone bring near the limit; FileNotFoundError if one is gone."""
    # Here, so that only what checks files loads compiled loops: they take 75 MB and half a second.
    from .budget_loops import weigh_rows  # noqa: PLC0415

    counter = HeavyCounter()
    for part in parts:
        names = np.array([encoded_text_bytes(name) for name in encoded_names(part)[1:]], np.intp)
        for block in row_blocks([part]):
            data = np.frombuffer(block, np.uint8)
            bounds = np.append(0, np.flatnonzero(data == _LF) + 1)
            weights = np.empty(len(bounds) - 1, np.intp)
            weigh_rows(data, bounds, np.arange(len(weights)), names, weights)
            near = np.flatnonzero(weights >= NEAR_LIMIT)
            rows = [block[bounds[row] : bounds[row + 1]] for row in near]
            ids = [row.rstrip(b"\n").partition(b",")[0] for row in rows]
            counter.add(ids, weights[near], weights[near])
    return counter.found()
