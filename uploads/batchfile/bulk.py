"""What is left of a file in bulk: tables where it is read from bytes, records where it is not."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from .reading import Reading
from .records import Record, Records
from .sources import UnreadableFile
from .tables import Table
from .tokenising import tokenise

_CELLS_A_BATCH = 60_000


def in_bulk(
    records: Records | Iterator[Record], reading: Reading, piece_bytes: int
) -> Iterator[Table | list[Record]]:
    """Everything that `records` has not given yet, in the order of the file; no batch is empty.

    Records that are not read from bytes stay records, as does one of more than RECORD_LIMIT bytes.
    """
    if not isinstance(records, Records):
        yield from _batches(records)
        return
    pieces = _Pieces(records.blocks, piece_bytes)
    line, pending = records.next_line, records.unread()
    is_last = False
    while not is_last or pending:
        piece = pieces.read()
        content = pending + piece
        tokens = tokenise(content, reading, is_last=not piece)
        pieces.put_back(content[tokens.seen :])
        is_last = not piece and tokens.seen == len(content)
        if len(tokens.table):
            yield replace(tokens.table, lines=tokens.table.lines + line)
        line += tokens.lines
        pending = content[tokens.size : tokens.seen]
        if tokens.is_stuck:
            records = Records(chain([pending], pieces.blocks()), reading, line)
            yield [next(iter(records))]
            line, pending = records.next_line, records.unread()


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
