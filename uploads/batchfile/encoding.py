"""Percent-encoding as Target reads a batch file (F5), and back."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_to_bytes

BATCH_PREFIX = b"batch="  # F1
# F5: what a body that is read as a form must not hold bare, and the problem code of each.
RAW_SIGNS = {"+": "raw-plus", "&": "raw-ampersand"}

# The separator of a row on its way through one substitution: faster than a call for each cell.
_SEPARATOR = "\x00"
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~]+")
_UNSAFE_IN_ROW = re.compile(rf"[^A-Za-z0-9\-._~{_SEPARATOR}]+")
# Most of what is escaped is one lone ASCII character: looked up in half the time.
_ESCAPES = {chr(code): f"%{code:02X}" for code in range(128)}
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class PercentEncodingError(ValueError):
    """A ``%`` without two hexadecimal digits, or bytes that are not UTF-8."""


def encode_text(text: str) -> str:
    """A name, an id or a value as it stands in a batch file: only letters, digits and -._~ stay bare (F5)."""
    return _UNSAFE.sub(_escape, text)


def encode_row(cells: Sequence[str]) -> str:
    """The cells as one row of a batch file, without its line feed (F5)."""
    joined = _SEPARATOR.join(cells)
    if joined.count(_SEPARATOR) != len(cells) - 1:
        return ",".join(map(encode_text, cells))
    return _UNSAFE_IN_ROW.sub(_escape, joined).replace(_SEPARATOR, ",")


def encode_header(names: Iterable[str]) -> bytes:
    """The first line of a batch file (F1), its line feed included."""
    return BATCH_PREFIX + f"{encode_row(list(names))}\n".encode("ascii")


def decode_text(text: str) -> str:
    """A name, an id or a value of a batch file in clear; ``+`` is a plus (F5).

    Raises PercentEncodingError.
    """
    if "%" not in text:
        return text
    if _BROKEN_ESCAPE.search(text):
        raise PercentEncodingError("% without two hexadecimal digits")
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise PercentEncodingError("not UTF-8") from None


def _escape(match: re.Match) -> str:
    run = match[0]
    return _ESCAPES.get(run) or "%" + run.encode("utf-8", "surrogateescape").hex("%").upper()
