"""Taking every row of one id out of the files of a batch, all others left as they are."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .corrections import Correction
from .encoding import decode_text
from .fingerprints import read_fingerprints, write_fingerprints
from .header import read_header
from .lines import BLOCK_BYTES, Source, line_ends
from .patching import Change, Patch
from .problems import Problem, excerpt
from .reading import Reading
from .records import Record, read_records
from .rules import decoded
from .sources import UNPACKED_LIMIT
from .store import ProblemStore
from .treatment import SPACES, Treatment

#: The code of rows whose id is kept with spaces around it, unless the reading trims.
SPACED_ID = "id-surrounding-spaces"
# Their line ends are single bytes that stand for nothing else.
_LINEWISE = ("utf-8", "windows-1252", "iso-8859-1")


class Span(NamedTuple):
    """The physical lines of one row, counted from 1; `behind` is the next row's, None at the file's end."""

    line: int
    behind: int | None


def rows_of(
    stream: BinaryIO,
    reading: Reading,
    id_: str,
    *,
    max_bytes: int = UNPACKED_LIMIT,
    patch: Patch | None = None,
) -> list[Span]:
    """Every row of the id, whether it was sent or stayed out.

    Where no column is known to hold the ids, every row with a cell that is the id. Spaces around ids do not
    count. max_bytes: how many bytes an archive may hold. patch: what people changed in single rows; those
    that hold the id in any cell, before or after, are of the id as well. Raises `sources.UnreadableFile`.
    """
    found = _rows_in(stream, reading, id_, max_bytes)
    if patch:
        found += [Span(change.line, change.line + change.lines) for change in changes_of(patch, reading, id_)]
    return sorted({span.line: span for span in reversed(found)}.values())


def changes_of(patch: Patch, reading: Reading, id_: str) -> list[Change]:
    """The changes of rows that hold the id, before or after."""
    is_meant = _IsMeant(reading, id_, None)
    return [change for change in patch.changes if is_meant((*change.was, *(change.cells or ())))]


def _rows_in(stream: BinaryIO, reading: Reading, id_: str, max_bytes: int) -> list[Span]:
    with closing(read_records(Source(stream), reading, max_bytes)) as records:
        first = next((record for record in records if record.fault or any(record.cells)), None)
        if first is None:
            return []
        correction = Correction.of(first, reading)
        header = correction.header(first) if correction else first
        key = read_header(header, reading).key_index
        is_meant = _IsMeant(reading, id_, key)
        found = []
        for record, following in pairwise(_with_end(records)):
            if is_meant((correction.row(record) if correction else record).cells):
                found.append(Span(record.line, following and following.line))
    return found


def _with_end(records: Iterator[Record]) -> Iterator[Record | None]:
    yield from records
    yield None


class _IsMeant:
    """Whether a row is of the id."""

    def __init__(self, reading: Reading, id_: str, key: int | None):
        self._treatment = Treatment(reading)
        self._is_encoded = reading.format == "batch"
        self._id = id_.strip(SPACES)
        self._key = key

    def __call__(self, cells: Sequence[str]) -> bool:
        cells = list(cells) if self._key is None else cells[self._key : self._key + 1]
        if not any(cells):
            return False
        clear = decoded(cells)[0] if self._is_encoded else cells
        return any(cell.strip(SPACES) == self._id for cell in self._treatment.of(clear))


def can_blank_out(reading: Reading) -> bool:
    """Whether single rows can be taken out of a file that is read so: neither archives nor UTF-16."""
    return reading.container is None and reading.encoding in _LINEWISE


def blank_out(stream: BinaryIO, spans: Iterable[Span], out: BinaryIO) -> None:
    """Copy a file without what stands in these lines; their ends stay, so that no other line moves.

    Only for files that `can_blank_out` says so of.
    """
    spans = sorted(spans)
    stream.seek(0)
    line, rest = 1, b""
    while block := stream.read(BLOCK_BYTES):
        content = rest + block
        # A CR at the very end may be half of a CRLF: it waits for the next block.
        rest = b"\r" if content.endswith(b"\r") else b""
        content = content.removesuffix(rest)
        last = line + line_ends(content)
        if any(span.line <= last and (span.behind is None or span.behind > line) for span in spans):
            content = b"".join(_blanked(content, line, spans))
        out.write(content)
        line = last
    out.write(rest)


def _blanked(content: bytes, line: int, spans: Collection[Span]) -> Iterator[bytes]:
    for piece in content.splitlines(keepends=True):
        is_gone = any(span.line <= line and (span.behind is None or line < span.behind) for span in spans)
        bare = piece.rstrip(b"\r\n")
        yield piece[len(bare) :] if is_gone else piece
        line += len(bare) < len(piece)


def part_without(stream: BinaryIO, id_: str, out: BinaryIO) -> int:
    """Copy a batch file without the rows of the id; how many were left out."""
    lines = iter(stream)
    out.write(next(lines))
    left_out = 0
    for line in lines:
        if decode_text(line.rstrip(b"\n").partition(b",")[0].decode("ascii")).strip(SPACES) == id_:
            left_out += 1
        else:
            out.write(line)
    return left_out


def problems_without(store: ProblemStore, id_: str, spans: Iterable[Span], path: Path) -> None:
    """Write the problems to another file, but for those of these rows and those that quote the id."""
    lines = {span.line for span in spans}
    with ProblemStore.create(path) as kept:
        for problem in store:
            if problem.line not in lines and not _quotes(problem, id_):
                kept.add(problem)


def _quotes(problem: Problem, id_: str) -> bool:
    return problem.value.strip(SPACES) == excerpt(id_)


def fingerprints_without(source: Path, fingerprint: int, path: Path) -> None:
    """Write the fingerprints to another file, but for this one."""
    kept = read_fingerprints(source)
    write_fingerprints(path, [kept[kept != fingerprint]])


def has_fingerprint(source: Path, fingerprint: int) -> bool:
    """Whether a file of fingerprints has this one; found without reading the whole file."""
    known = read_fingerprints(source)
    place = int(known.searchsorted(known.dtype.type(fingerprint)))
    return place < len(known) and int(known[place]) == fingerprint
