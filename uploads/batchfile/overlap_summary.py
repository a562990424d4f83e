"""What a batch shares with earlier ones, in figures.

Two v2 batches in a row for the same thirdPartyId do not add up unless the visitor came by in between (F12):
of what the first one wrote, Target keeps nothing that the second one does not carry itself.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class BatchOverlap:
    """One earlier batch with visitors that the new one has as well.

    number: the caller's name for it; visitors: how many both have.
    attributes: the values of it that would be lost, counted by the attribute's name. Of an attribute that
        several earlier batches have for a visitor, only the newest value counts.
    """

    number: int
    visitors: int
    attributes: dict[str, int]


@dataclass(frozen=True)
class OverlapSummary:
    """What a batch would make Target lose.

    visitors: its rows that are in any earlier batch; losing: those of them that would lose something.
    cells: how many values would be lost; batches: the earlier ones with visitors of it, newest first.
    """

    visitors: int
    losing: int
    cells: int
    batches: tuple[BatchOverlap, ...]

    def to_json(self) -> dict:
        """The summary as an object that JSON can hold."""
        return asdict(self) | {"batches": [asdict(batch) for batch in self.batches]}

    @classmethod
    def from_json(cls, found: dict) -> "OverlapSummary":
        """The summary that `to_json` was called on."""
        return cls(**found | {"batches": tuple(BatchOverlap(**batch) for batch in found["batches"])})
