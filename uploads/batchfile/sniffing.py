"""What a file is by its first bytes, where it is no text with rows: people upload what they find.

Only certain signs count. A file without any of them is taken for text, and the check says what is wrong.
"""

import codecs
import re

SNIFF_BYTES = 4_096

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MAGIC = {
    b"%PDF-": "pdf",
    rb"{\rtf": "rtf",
    b"\x89PNG\r\n\x1a\n": "image",
    b"\xff\xd8\xff": "image",
    b"GIF87a": "image",
    b"GIF89a": "image",
    b"II*\x00": "image",
    b"MM\x00*": "image",
    b"7z\xbc\xaf\x27\x1c": "other-archive",
    b"Rar!\x1a\x07": "other-archive",
    b"\xfd7zXZ\x00": "other-archive",
    b"\x28\xb5\x2f\xfd": "other-archive",
    b"PAR1": "data-file",
    b"SQLite format 3\x00": "data-file",
    b"Obj\x01": "data-file",
}
_BZIP2 = re.compile(rb"BZh[1-9]1AY&SY")
_WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
_MARKUP = {
    "html": re.compile(rb"<(!doctype\s+html|html|head|body|meta|table|script)\b", re.IGNORECASE),
    "xml": re.compile(rb"<\?xml\b|<!doctype\b", re.IGNORECASE),
}
_JSON = re.compile(rb'\{\s*"|\[\s*[\[{]')
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def foreign_kind(head: bytes) -> str | None:
    """The kind of file that these first bytes are the sure sign of, or None.

    head: the first SNIFF_BYTES, or all there are. Kinds are ``pdf``, ``html``, ``xml``, ``json``,
    ``rtf``, ``image``, ``other-archive`` and ``data-file``; gzip, ZIP and the older Office format are
    for others to look into.
    """
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if _BZIP2.match(head):
        return "other-archive"
    if _WEBP.match(head):
        return "image"
    return _kind_of_text(head)


def _kind_of_text(head: bytes) -> str | None:
    for mark in _MARKS:
        head = head.removeprefix(mark)
    # In UTF-16 every other byte of markup is NUL.
    text = head.replace(b"\x00", b"").lstrip()
    if _JSON.match(text):
        return "json"
    if _MARKUP["xml"].match(text):
        # Web pages may say that they are XML; what follows then tells.
        return "html" if re.search(rb"<html\b", text, re.IGNORECASE) else "xml"
    return "html" if _MARKUP["html"].match(text) else None
