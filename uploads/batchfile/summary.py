"""The summary of a check."""

from dataclasses import asdict, dataclass
from pathlib import Path

from .figures import ColumnFigures
from .parts import PartFile
from .problems import Notice


@dataclass(frozen=True)
class Summary:
    """What a check found.

    usable: whether the file can be used at all; if not, there are no rows, no columns and no parts.
    size, sha256: bytes and hexadecimal SHA-256 of the whole source, in any case.
    unpacked_size: bytes that came out of the archive, None where it was none.
    key, attributes: the kind of id and the other columns' names, as sent; None and [] if unusable.
    rows: content rows, accepted + rejected; skipped: rows without content, around and among them, but
        for those that a patch left out.
    skipped_columns: columns behind the last one that has a name.
    warnings: rows that have warnings and no errors (they are accepted).
    duplicates: rows that are rejected because another row has the same id.
    columns: the figures of each column, in the file's order; notices: what is worth knowing about them.
    fingerprints: the file of the accepted ids' fingerprints, None if none was asked for or kept.
    is_correction: whether the file is a report of ours that came back; corrects: the reference of the
        batch that it corrects, None where it carries none or more than one.
    """

    usable: bool
    size: int
    unpacked_size: int | None
    sha256: str
    key: str | None
    attributes: list[str]
    rows: int
    accepted: int
    rejected: int
    skipped: int
    skipped_columns: int
    warnings: int
    duplicates: int
    problems_by_code: dict[str, int]
    parts: list[PartFile]
    columns: list[ColumnFigures]
    notices: list[Notice]
    fingerprints: Path | None
    is_correction: bool
    corrects: str | None

    def to_json(self) -> dict:
        """The summary as an object that JSON can hold; paths become strings."""
        parts = [asdict(part) | {"path": part.path and str(part.path)} for part in self.parts]
        fingerprints = self.fingerprints and str(self.fingerprints)
        return asdict(self) | {"parts": parts, "fingerprints": fingerprints}
