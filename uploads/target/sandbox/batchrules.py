"""What Target asks of a batch file (F1 to F7), enforced on the bytes that arrive.

Written from the contract alone and sharing no code with the engine that makes such files: a mistake
there must not excuse itself here.
"""

import hashlib
import re
from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PREFIX = b"batch="
MAX_BYTES = 50_000_000  # F6: the file has fewer
MAX_ROWS = 500_000  # F6
MAX_ID = 256  # F3, characters
MAX_NAME = 128  # F4, characters
MAX_HEADER = 1_000_000
KEYS = ("pcId", "thirdPartyId")  # F2
# F5: what stays bare, the comma between values, and the sign that begins an encoded byte.
ALLOWED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~,%"
BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
CHUNK = 1 << 20


class BadBatch(Exception):
    """The whole batch is refused (T5); the text is Target's message."""


class BadRow(Exception):
    """One row fails (T9); `identifier` is how the row names itself, as far as it can be read."""

    def __init__(self, identifier: str):
        super().__init__("a row breaks the rules")
        self.identifier = identifier


@dataclass(frozen=True)
class Header:
    """The key and the attribute names; `length` counts its bytes in the file, prefix and LF included."""

    key: str
    names: tuple[str, ...]
    length: int


@dataclass(frozen=True)
class ReceivedBody:
    """A body on disk: its SHA-256 (hex), its size, its line feeds, and whether the last byte is one."""

    path: Path
    sha256: str
    size: int
    line_feeds: int
    ends_in_line_feed: bool

    @property
    def rows(self) -> int:
        """The rows below the header, counted by their line feeds (F5)."""
        return max(self.line_feeds - 1, 0)


def spool(source: BinaryIO, length: int, path: Path) -> ReceivedBody:
    """Write `length` bytes of `source` to `path`, measuring them on the way."""
    digest, size, line_feeds, last = hashlib.sha256(), 0, 0, b""
    with path.open("wb") as spooled:
        while chunk := source.read(min(CHUNK, length - size)):
            spooled.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            line_feeds += chunk.count(b"\n")
            last = chunk[-1:]
    return ReceivedBody(path, digest.hexdigest(), size, line_feeds, last == b"\n")


def check_body(body: ReceivedBody, content_type: str) -> Header:
    """The header of a batch that may be queued; raises BadBatch with the message Target gives."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":  # T2
        raise BadBatch("Unexpected error")
    with body.path.open("rb") as file:
        first_line = file.readline(MAX_HEADER)
    if not first_line.startswith(PREFIX) or first_line.rstrip(b"\r\n") == PREFIX:  # F1
        raise BadBatch("Batch is empty")
    if body.size >= MAX_BYTES:  # F6
        raise BadBatch("Batch file is too large: it must be smaller than 50 MB")
    if body.rows > MAX_ROWS:  # F6
        raise BadBatch("Batch has too many rows: at most 500000 are allowed")
    if not first_line.endswith(b"\n"):
        raise BadBatch("Batch is empty" if body.size == len(first_line) else "Batch header is too long")
    header = read_header(first_line)
    if not body.rows and body.ends_in_line_feed:
        raise BadBatch("Batch is empty")
    if not body.ends_in_line_feed:  # F5
        raise BadBatch("The last row does not end in a line feed")
    return header


def read_header(line: bytes) -> Header:
    """The header line, from `batch=` to its LF; raises BadBatch (F2, F4, F5)."""
    try:
        key, *names = _cells(line[len(PREFIX) : -1])
    except ValueError:
        raise BadBatch("The header has characters that are not encoded") from None
    if key not in KEYS:
        raise BadBatch("The first header must be pcId or thirdPartyId")
    for name in names:
        if not name:
            raise BadBatch("A parameter name is empty")
        if name.startswith("profile."):
            raise BadBatch("Parameter names must not begin with profile.")
        if len(name) > MAX_NAME:
            raise BadBatch("A parameter name is longer than 128 characters")
    return Header(key, tuple(names), len(line))


def read_row(line: bytes, header: Header) -> tuple[str, dict[str, str]]:
    """One row's id and its values that are not empty (F7); raises BadRow (F3, F5).

    `line` is the row without its LF.
    """
    try:
        identifier, *values = _cells(line)
    except ValueError:
        raise BadRow(line.partition(b",")[0].decode("utf-8", "replace")) from None
    if not identifier or len(values) > len(header.names):
        raise BadRow(identifier)
    # F3; a pcId knows no such rule.
    if header.key == "thirdPartyId" and (len(identifier) > MAX_ID or "+" in identifier or "/" in identifier):
        raise BadRow(identifier)
    return identifier, {name: value for name, value in zip(header.names, values, strict=False) if value}


def read_lines(path: Path, position: int, limit: int) -> Iterator[bytes]:
    """Up to `limit` rows from a byte position on, each with its LF."""
    with path.open("rb") as file:
        file.seek(position)
        for _ in range(limit):
            line = file.readline()
            if not line:
                return
            yield line


def _cells(line: bytes) -> list[str]:
    """The decoded cells of a line; ValueError where a byte is not encoded as it must be (F5)."""
    if line.translate(None, ALLOWED):
        raise ValueError("raw byte")
    if b"%" not in line:
        return line.decode("ascii").split(",")
    if BROKEN_ESCAPE.search(line):
        raise ValueError("broken escape")
    # Escapes of quoted-printable but for their sign, and nothing else of it can stand here: decoded in C, ten
    # times as fast as by urllib.
    return [a2b_qp(cell).decode("utf-8") for cell in line.replace(b"%", b"=").split(b",")]
