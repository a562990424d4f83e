"""Packed files: gzip and ZIP, unpacked as a stream, a block at a time whatever they hold.

What an archive says of itself is never believed: what comes out is counted and compared.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from .lines import BLOCK_BYTES, Source

_GZIP_WBITS = 31
_RAW_WBITS = -15
_LOCAL_MAGIC = b"PK\x03\x04"
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCRYPTED = 0x1
# A directory beyond this is no honest one: some 40,000 files.
_DIRECTORY_BYTES = 4_000_000


class BrokenArchive(Exception):
    """The archive is damaged or cut off, or it is packed in a way that cannot be unpacked here."""


def gunzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """What the blocks of a gzip file hold, members one after the other; raises BrokenArchive."""
    return _inflated(blocks, _GZIP_WBITS)


def zip_members(stream: BinaryIO) -> list[zipfile.ZipInfo]:
    """The files in a ZIP archive, without folders; moves the stream. Raises BrokenArchive."""
    try:
        with zipfile.ZipFile(_Bounded(stream)) as archive:
            return [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise BrokenArchive from error


def is_encrypted(member: zipfile.ZipInfo) -> bool:
    """Whether a password is needed to unpack the member."""
    return bool(member.flag_bits & _ENCRYPTED)


def data_offset(stream: BinaryIO, member: zipfile.ZipInfo) -> int:
    """Where the member's packed bytes begin in the archive; moves the stream. Raises BrokenArchive."""
    if member.header_offset < 0:
        raise BrokenArchive
    stream.seek(member.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        raise BrokenArchive
    magic, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    if magic != _LOCAL_MAGIC:
        raise BrokenArchive
    return member.header_offset + _LOCAL_HEADER.size + name_length + extra_length


def unzipped(source: Source, member: zipfile.ZipInfo, offset: int) -> Iterator[bytes]:
    """The member's content; `source` has read nothing beyond `offset`, where its packed bytes begin.

    Raises BrokenArchive, also at the end if the content is not what the archive's directory says.
    """
    source.read_to(offset)
    packed = _exactly(source, member.compress_size)
    if member.compress_type == zipfile.ZIP_STORED:
        content = packed
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        content = _inflated(packed, _RAW_WBITS)
    else:
        raise BrokenArchive
    size = checksum = 0
    for block in content:
        size += len(block)
        checksum = zlib.crc32(block, checksum)
        yield block
    if (size, checksum) != (member.file_size, member.CRC):
        raise BrokenArchive


def _exactly(source: Source, size: int) -> Iterator[bytes]:
    while size:
        block = source.read(min(size, BLOCK_BYTES))
        if not block:
            raise BrokenArchive
        size -= len(block)
        yield block


def _inflated(blocks: Iterable[bytes], wbits: int) -> Iterator[bytes]:
    """Inflate; no block that comes out is larger than BLOCK_BYTES."""
    engine = None
    try:
        for block in blocks:
            rest = block
            while rest:
                if engine is None:
                    # Tapes pad the last member with zeros; everything else must be another member.
                    rest = rest.lstrip(b"\x00") if wbits == _GZIP_WBITS else rest
                    engine = zlib.decompressobj(wbits) if rest else None
                    continue
                if content := engine.decompress(rest, BLOCK_BYTES):
                    yield content
                rest = engine.unused_data if engine.eof else engine.unconsumed_tail
                engine = None if engine.eof else engine
        if engine is not None:
            if content := engine.flush():
                yield content
            if not engine.eof:
                raise BrokenArchive
    except zlib.error as error:
        raise BrokenArchive from error


class _Bounded:
    """A stream for zipfile that gives no more at once than an honest directory can have."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream
        self.tell = stream.tell
        self.seekable = stream.seekable

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0 and offset < 0:
            raise ValueError("before the start")
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY_BYTES:
            raise ValueError("a directory too large")
        return self._stream.read(size if size >= 0 else _DIRECTORY_BYTES)
