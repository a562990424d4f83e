"""Any encoding of a reading as UTF-8, block by block: everything behind knows UTF-8 only.

What cannot be decoded is never replaced: it goes on as bytes that are not UTF-8 either, at its place,
and is then reported like any other undecodable bytes.
"""

import codecs
from collections.abc import Iterable, Iterator

_UTF_16 = ("utf-16-le", "utf-16-be")


def as_utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The text of the blocks in UTF-8; a byte order mark stays, as that of UTF-8.

    encoding: one of `reading.ENCODINGS`. A character may be cut by the end of a block.
    """
    if encoding == "utf-8":
        return iter(blocks)
    return _from_utf_16(blocks, encoding) if encoding in _UTF_16 else _from_single_bytes(blocks, encoding)


def _from_single_bytes(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    # The five bytes that Windows-1252 leaves undefined could only continue a character in UTF-8. As
    # they follow whole characters here, they stay undecodable, each by itself.
    for block in blocks:
        yield block.decode(encoding, "surrogateescape").encode("utf-8", "surrogateescape")


def _from_utf_16(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    # A lone surrogate goes on as its three bytes, which UTF-8 forbids: its own two could spell a comma.
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for block in blocks:
        if text := decoder.decode(block):
            yield text.encode("utf-8", "surrogatepass")
    pending, _state = decoder.getstate()
    odd = len(pending) % 2
    text = pending[: len(pending) - odd].decode(encoding, "surrogatepass")
    # Half a character at the very end is as undecodable, whatever its one byte would mean elsewhere.
    text += "".join(chr(0xDC00 + byte) for byte in pending[len(pending) - odd :])
    if text:
        yield text.encode("utf-8", "surrogatepass")
