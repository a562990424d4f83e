"""What is left of a file in bulk: tables where its cells are proven, records where they are not."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from .lines import RECORD_LIMIT, line_ends
from .mending import Mender
from .reading import Reading
from .records import Record, Records
from .sources import UnreadableFile
from .tables import Table
from .tokenising import Tokeniser, Tokens

# Larger pieces take more memory and, as they leave the processor's caches, more time.
PIECE_BYTES = 1_000_000
_CELLS_A_BATCH = 60_000


def in_bulk(
    records: Records | Iterator[Record], reading: Reading, piece_bytes: int = PIECE_BYTES
) -> Iterator[Table | list[Record]]:
    """Everything that `records` has not given yet, in the order of the file; no batch is empty.

    Records that are not read from bytes stay records. Of the others, a quote out of place that no mending of
    a line helps, or more than RECORD_LIMIT bytes in one, leaves the rest of a piece to `Records`; the next
    piece is tried anew.
    """
    if not isinstance(records, Records):
        yield from _batches(records)
        return
    has_quotes = reading.format == "csv"
    tokeniser = Tokeniser(reading.delimiter, quoting=has_quotes)
    mender = Mender(reading.delimiter) if has_quotes else None
    pieces = _Pieces(records.blocks, piece_bytes)
    line, pending = records.next_line, records.unread()
    while True:
        piece = pieces.read()
        content = pending + piece
        if not content:
            return
        # A last line is one without its end, too.
        is_cut = not piece and not content.endswith(b"\n")
        tokens = tokeniser.tokenise(content + b"\n" if is_cut else content)
        pieces.put_back(content[tokens.seen :])
        goes_on = piece or tokens.seen < len(content)
        content = content[: tokens.seen]
        if not tokens.is_proven and mender:
            tokens, content = _mended(content, tokens, mender, tokeniser)
        if len(tokens.table):
            yield replace(tokens.table, lines=tokens.table.lines + line)
        line += tokens.lines
        pending = content[tokens.size :]
        if tokens.is_proven and len(pending) <= RECORD_LIMIT and (goes_on or not pending):
            continue
        records = Records(chain([pending], pieces.blocks()), reading, line)
        yield from _batches(_records_until(line + max(1, line_ends(pending)), records))
        line, pending = records.next_line, records.unread()


def _mended(content: bytes, tokens: Tokens, mender: Mender, tokeniser: Tokeniser) -> tuple[Tokens, bytes]:
    """The tokens of the content after mending, and that content; both as they are if it does not help."""
    mended = mender.mend(content)
    again = tokeniser.tokenise(mended.content)
    # What is not in the table must stand there as it does in the file.
    least = len(mended.content) if mended.left else mended.changed
    if not again.is_proven or again.size < least or again.size <= tokens.size:
        return tokens, content
    return again._replace(is_proven=not mended.is_stuck), mended.content + mended.left


class _Pieces:
    """Blocks joined to larger pieces, or cut; what cannot be read is raised behind what could."""

    def __init__(self, blocks: Iterator[bytes], size: int):
        self._blocks = blocks
        self._size = size
        self._left = b""
        self._failure: UnreadableFile | None = None

    def read(self) -> bytes:
        """The next piece; none at the end."""
        read, size = [], 0
        try:
            for block in self.blocks():
                read.append(block)
                size += len(block)
                if size >= self._size:
                    break
        except UnreadableFile as failure:
            if not read:
                raise
            self._failure = failure
        joined = b"".join(read)
        self._left = joined[self._size :]
        return joined[: self._size]

    def put_back(self, content: bytes) -> None:
        """Let what was read be read again."""
        self._left = content + self._left

    def blocks(self) -> Iterator[bytes]:
        """The same block by block."""
        if block := self._left:
            self._left = b""
            yield block
        if self._failure:
            raise self._failure
        # Not delegated: that would close them when this is left.
        for block in self._blocks:
            yield block


def _records_until(line: int, records: Records) -> Iterator[Record]:
    """The records that begin before the physical line."""
    left = iter(records)
    while records.next_line < line and (record := next(left, None)) is not None:
        yield record


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    cells = 0
    try:
        for record in records:
            batch.append(record)
            # A record takes room even without cells.
            cells += 1 + len(record.cells)
            if cells >= _CELLS_A_BATCH:
                yield batch
                batch, cells = [], 0
    except UnreadableFile:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
