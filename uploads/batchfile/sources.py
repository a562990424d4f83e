"""From the bytes of a file, however packed and encoded, to text in UTF-8; and what no way leads from.

Everything that makes a file unreadable as a whole is an UnreadableFile with the problem to show.
"""

import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain

from .archives import BrokenArchive, data_offset, gunzipped, is_encrypted, unzipped, zip_members
from .lines import Source
from .problems import Problem
from .reading import Reading
from .sniffing import GZIP_MAGIC, OLE_MAGIC, SNIFF_BYTES, ZIP_MAGIC, foreign_kind
from .transcoding import as_utf8

UNPACKED_LIMIT = 1_000_000_000

# Names inside a ZIP file that say which kind of document it really is.
_DOCUMENT_NAMES = (
    ("xl/workbook.bin", "other-spreadsheet"),
    ("index/document.iwa", "other-spreadsheet"),
    ("word/", "office-document"),
    ("ppt/", "office-document"),
)
_OLE_SECTOR_SHIFT = slice(30, 32)
_OLE_DIRECTORY_SECTOR = slice(48, 52)
_OLE_DIRECTORY_BYTES = 4_096


class UnreadableFile(Exception):
    """The file cannot be read, or not to its end; `problem` says why."""

    def __init__(self, code: str, **params):
        super().__init__(code)
        self.problem = Problem(1, "", code, params=params)


def container_of(source: Source) -> str | None:
    """What the source's rows are packed in: one of `reading.CONTAINERS`, or None. Reads nothing of it.

    Raises UnreadableFile for a file of another kind.
    """
    head = source.peek(SNIFF_BYTES)
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    if head.startswith(ZIP_MAGIC):
        return _kind_of_zip(source)
    if head.startswith(OLE_MAGIC):
        raise UnreadableFile("not-a-csv", kind=_kind_of_ole(source))
    if kind := foreign_kind(head):
        raise UnreadableFile("not-a-csv", kind=kind)
    return None


def utf8_blocks(source: Source, reading: Reading, unpacked_limit: int = UNPACKED_LIMIT) -> Iterator[bytes]:
    """The text of the source in UTF-8, block by block, a byte order mark included. Not for workbooks.

    unpacked_limit: how many bytes an archive may hold.
    Raises UnreadableFile, at once or in the midst of it.
    """
    found = container_of(source)
    if found != reading.container:
        raise UnreadableFile("wrong-container", found=found, chosen=reading.container)
    return as_utf8(unpacked_blocks(source, found, unpacked_limit), reading.encoding)


def unpacked_blocks(source: Source, container: str | None, unpacked_limit: int) -> Iterator[bytes]:
    """The bytes of the one file that the source holds, or is. Raises UnreadableFile."""
    if container is None:
        yield from source.blocks()
        return
    try:
        content = _unpacked(source, container, unpacked_limit)
        yield from _counted(_recognised(content, container), source, unpacked_limit)
    except BrokenArchive:
        raise UnreadableFile("not-a-csv", kind="broken-archive") from None


def _unpacked(source: Source, container: str, unpacked_limit: int) -> Iterator[bytes]:
    if container == "gzip":
        return gunzipped(source.blocks())
    with source.aside() as stream:
        member = _only_file(zip_members(stream))
        offset = data_offset(stream, member)
    if member.file_size > unpacked_limit:
        raise UnreadableFile("unpacked-too-big", limit=unpacked_limit)
    return unzipped(source, member, offset)


def _only_file(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    files = [member for member in members if not _is_by_the_way(member.filename)]
    if len(files) != 1:
        raise UnreadableFile("not-a-csv", kind="archive", files=len(files))
    if is_encrypted(files[0]):
        raise UnreadableFile("not-a-csv", kind="encrypted-archive")
    return files[0]


def _is_by_the_way(name: str) -> bool:
    """Whether it is a file that macOS adds to archives."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _recognised(blocks: Iterator[bytes], container: str) -> Iterator[bytes]:
    """The blocks, if they are not of a kind that is no text with rows."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= SNIFF_BYTES:
            break
    if head.startswith((GZIP_MAGIC, OLE_MAGIC, *ZIP_MAGIC)):
        raise UnreadableFile("not-a-csv", kind="archive-in-archive")
    if kind := foreign_kind(head):
        raise UnreadableFile("not-a-csv", kind=kind, container=container)
    yield from chain([head] if head else [], blocks)


def _counted(blocks: Iterable[bytes], source: Source, unpacked_limit: int) -> Iterator[bytes]:
    source.unpacked_size = 0
    for block in blocks:
        source.unpacked_size += len(block)
        if source.unpacked_size > unpacked_limit:
            raise UnreadableFile("unpacked-too-big", limit=unpacked_limit)
        yield block


def _kind_of_zip(source: Source) -> str:
    """``xlsx`` or ``zip``; raises UnreadableFile for the other documents that are ZIP files inside."""
    try:
        with source.aside() as stream:
            names = [member.filename.lower() for member in zip_members(stream)]
    except BrokenArchive:
        raise UnreadableFile("not-a-csv", kind="broken-archive") from None
    for start, kind in _DOCUMENT_NAMES:
        if any(name.startswith(start) for name in names):
            raise UnreadableFile("not-a-csv", kind=kind)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if {"mimetype", "content.xml"} <= set(names):
        raise UnreadableFile("not-a-csv", kind="other-spreadsheet")
    return "zip"


def _kind_of_ole(source: Source) -> str:
    """The kind of a file in Office's older format, by the names in the first sector of its directory."""
    head = source.peek(SNIFF_BYTES)
    shift = int.from_bytes(head[_OLE_SECTOR_SHIFT], "little")
    sector = int.from_bytes(head[_OLE_DIRECTORY_SECTOR], "little")
    with source.aside() as stream:
        stream.seek((sector + 1) << min(shift, 12))
        directory = stream.read(_OLE_DIRECTORY_BYTES)
    if "EncryptedPackage".encode("utf-16-le") in directory:
        return "encrypted-workbook"
    if any(name.encode("utf-16-le") in directory for name in ("Workbook", "Book")):
        return "xls"
    return "office-document"
