"""The bytes of the file, cut into physical lines, in memory that does not grow with the file."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

# One record may have this many bytes of source (ours, far above F8's 64 KB): beyond it nothing is held.
RECORD_LIMIT = 1_000_000
BLOCK_BYTES = 128 * 1024
# What is checked at a time; more takes more memory and, as it leaves the processor's caches, more time.
PIECE_BYTES = 1_000_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SEPARATOR_LINE = re.compile(rb'"?sep=([^\r\n])"?[\r\n]*', re.IGNORECASE)


class Source:
    """A seekable binary stream, read once from its start; hashes and counts what passes.

    `on_block` is called after every block; what it raises stops the reading.
    size: how many bytes were read. unpacked_size: how many came out of an archive so far, None without one.
    """

    def __init__(self, stream: BinaryIO, on_block: Callable[[], None] = lambda: None):
        stream.seek(0)
        self._stream = stream
        self._peeked = b""
        self._hash = hashlib.sha256()
        self._on_block = on_block
        self.size = 0
        self.unpacked_size: int | None = None

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay unread; fewer than `size` only at the end."""
        self._peeked += self._stream.read(max(0, size - len(self._peeked)))
        return self._peeked[:size]

    @contextmanager
    def aside(self) -> Iterator[BinaryIO]:
        """The stream itself, to look anywhere in it; afterwards the reading goes on where it was."""
        try:
            yield self._stream
        finally:
            self._stream.seek(self.size + len(self._peeked))

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        block, self._peeked = self._peeked[:size], self._peeked[size:]
        if len(block) < size:
            block += self._stream.read(size - len(block))
        self._hash.update(block)
        self.size += len(block)
        self._on_block()
        return block

    def blocks(self) -> Iterator[bytes]:
        """What is left, block by block."""
        while block := self.read():
            yield block

    def read_to(self, offset: int) -> None:
        """Hash and count what comes before the offset."""
        while self.size < offset and self.read(min(BLOCK_BYTES, offset - self.size)):
            pass

    def read_to_end(self) -> None:
        """Hash and count what is left."""
        while self.read():
            pass

    @property
    def sha256(self) -> str:
        """The hexadecimal SHA-256 of everything read so far."""
        return self._hash.hexdigest()


def separator_in(line: bytes) -> str | None:
    """The character that Excel's own first line ``sep=;`` names; None if this is no such line."""
    match = _SEPARATOR_LINE.fullmatch(line)
    return match and match[1].decode("latin-1")


def without_mark(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks of a text in UTF-8 without its byte order mark; no block is empty."""
    blocks = iter(blocks)
    start = b""
    for block in blocks:
        start += block
        if len(start) >= len(BYTE_ORDER_MARK):
            break
    if start := start.removeprefix(BYTE_ORDER_MARK):
        yield start
    yield from blocks


class BlankLines(bytes):
    """Whole lines without content, one after the other; there may be very many."""


class PhysicalLines:
    """The lines of a text with their ends (LF, CRLF or a lone CR); they may be left at any line.

    blocks: the text in UTF-8, cut anywhere, none of them empty; those left over can be read on from it.
    delimiter: what separates cells; lines that hold nothing else may come many at once, as BlankLines.
    A line of more than RECORD_LIMIT bytes comes shortened, but still longer than RECORD_LIMIT.
    """

    def __init__(self, blocks: Iterable[bytes], delimiter: str):
        self.blocks = iter(blocks)
        self._split: Iterator[bytes] = iter(())
        self._tail = b""
        # Behind a line's end; of a block that begins with such lines, the first comes by itself. The bound
        # leaves out whatever has a line beyond the limit, and never ends in the midst of a CRLF.
        self._blank_runs = re.compile(
            rb"[\r\n]\n?+([%b\r\n]{0,%d}[\r\n]\n?+)" % (delimiter.encode(), RECORD_LIMIT // 2)
        )

    def __iter__(self) -> Iterator[bytes]:
        for block in self.blocks:
            content = self._tail + block
            # A CR at the very end may be half of a CRLF: it waits for the next block.
            end = 1 + max(content.rfind(b"\n"), content.rfind(b"\r", 0, len(content) - 1))
            self._tail = content[end:]
            self._split = self._lines_of(content[:end])
            yield from self._split
            if len(self._tail) > RECORD_LIMIT:
                self._tail = self._tail[:RECORD_LIMIT] + self._tail[-1:]
        self._split, self._tail = iter(self._tail.splitlines(keepends=True)), b""
        yield from self._split

    def unread(self) -> bytes:
        """What was taken from `blocks` and no line has been made of yet; then there are no more lines."""
        return b"".join(self._split) + self._tail

    def _lines_of(self, content: bytes) -> Iterator[bytes]:
        lines: list[bytes] = []
        at = 0
        for run in self._blank_runs.finditer(content):
            # Of bytes, unlike of text, splitlines knows no other line ends than these three.
            lines += content[at : run.start(1)].splitlines(keepends=True)
            lines.append(BlankLines(run[1]))
            at = run.end()
        lines += content[at:].splitlines(keepends=True)
        return iter(lines)


def line_ends(content: bytes) -> int:
    """How many physical lines end in the content."""
    return content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")
