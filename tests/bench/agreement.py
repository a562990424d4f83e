"""Nasty files, and whether the check in bulk says of them exactly what the reference says.

`python -m tests.bench.agreement [FILES] [FIRST]` compares so many files, each known by its number.
"""

import io
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.batchfile.checked import as_detected
from uploads.batchfile import PartLimits, ProblemStore, Reading, check

_FILES = 15_000
_KEY = b"the same for both ways"
_NAMES = ("tier", "city", "note", "score", "last seen", "größe", "x")
_PLAIN = ("gold", "Oslo", "10115", "2031-01-02", "made up", "Beer & Ale", "100%", "a.b_c~d-e")
_BEYOND_ASCII = ("Köln", "日本語", "naïve café", "🙂", "\u00a0x\u3000", "Ωmega", "ﬁne", "\u2028", "İK")
_WORDS = ("NULL", "n/a", "None", "#N/A", "undefined", "nULl", "null ", "undeﬁned")
_ODD = (
    "",
    " ",
    "  x ",
    "\t",
    "a\tb",
    "\x00",
    "\x07",
    "\x1f",
    "\x1e",
    "\x7f",
    "\x85",
    "=1+1",
    "a,b",
    "a;b",
    "|",
    "&",
    "+",
    "%41",
    "%zz",
    "%c3%a9",
    "%C3",
    "%00",
    "%2C",
    "%0D%0A",
    "%",
    "1,5",
    "x" * 255,
    "x" * 256,
    "x" * 257,
    "é" * 129,
    "é" * 256,
    "日" * 257,
)
_IDS = (
    "4.89E+12",
    "1E-05",
    "3,1e-10",
    "12-E-123",
    "a+b",
    "a/b",
    " lead",
    "trail ",
    "mail@example.org",
    "x@y",
    "@",
    "1" * 38,
    "1" * 37 + "x",
    "1" * 39,
    "1367320065048-801944.01_00",
    "1514187733806-729395",
    "12345-6",
    "12345678901-",
    "12345678901-1.2",
    "12345678901-1._3",
    "é",
    "日本",
    "\u00a0id",
    "id\u3000",
    "i" * 256,
    "i" * 257,
    "é" * 200,
    "NULL",
    "i\x00d",
    'i"d',
    "i,d",
)
_RAW = (
    b'"',
    b'""',
    b'"""',
    b'","',
    b',"',
    b'",',
    b'\n"',
    b'"\n',
    b'x"y',
    b'"x"y',
    b'"x" ,',
    b"\r",
    b"\r\n",
    b"\n\r",
    b"\n\n",
    b"\xff",
    b"\xc3",
    b"\xa9",
    b"\xed\xa0\x80",
    b"\xfe\xfd",
    b"\x00",
    b"\x1e\x1f",
    b"\xef\xbb\xbf",
    b"\xc2\x85",
    b",,,,,,,,",
    b'"never closed',
    b"%",
    b"%4",
    b"\x1a",
)
_CLEAR_VALUES = ("none", "NULL", "Beer & Ale", "日本語", "100%", "x" * 256)
_ENCODINGS = ("utf-8",) * 8 + ("utf-16-le", "utf-16-be", "windows-1252", "iso-8859-1")


class NastyFile:
    """One file, how it is read and checked, and in which pieces; all of it follows from its number."""

    def __init__(self, number: int):
        self._random = random.Random(number)
        chance, pick = self._random.random, self._random.choice
        self.is_batch = chance() < 0.15
        self.delimiter = "," if self.is_batch else pick(",,,;\t|")
        self._newline = pick(("\n", "\n", "\r\n", "\r"))
        self._quoting = 0.0 if self.is_batch else pick((0.0, 0.1, 1.0))
        self._odd = pick((0.0, 0.02, 0.2, 0.6))
        self._names = ["thirdPartyId" if chance() < 0.8 else "pcId", *_NAMES[: self._random.randrange(1, 8)]]
        if chance() < 0.3:
            self._random.shuffle(self._names)
        self._few = [self._value() for _ in range(4)]
        self.data = self._bytes()
        self.reading = self._reading()
        self.choices = {
            "unproven_values": pick(("send", "notice", "notice", "reject")),
            "limits": PartLimits(pick((300, 5_000, 50_000_000)), pick((1, 7, 500_000))),
        }
        self.piece_bytes = pick((64, 500, 4_096, 1_000_000))

    def _bytes(self) -> bytes:
        rows = "".join(self._lines())
        encoding = self._random.choice(_ENCODINGS)
        mark = encoding.startswith("utf-16") or (encoding == "utf-8" and self._random.random() < 0.1)
        text = ("\ufeff" if mark else "") + rows
        data = bytearray(text.encode(encoding, "replace"))
        for _once in range(self._random.choice((0, 0, 0, 1, 3, 30))):
            at = self._random.randrange(len(data) + 1)
            data[at : at + self._random.randrange(2)] = self._random.choice(_RAW)
        if self._random.random() < 0.2:
            del data[-self._random.randrange(1, 4) :]
        return bytes(data)

    def _lines(self) -> Iterator[str]:
        chance = self._random.random
        end = self._newline
        yield "batch=" * self.is_batch + self.delimiter.join(map(self._written, self._names)) + end
        key = next(index for index, name in enumerate(self._names) if name in ("thirdPartyId", "pcId"))
        for number in range(self._random.choice((0, 1, 5, 30, 120))):
            if chance() < 0.03:
                yield self.delimiter * self._random.choice((0, 0, len(self._names) - 1, 20)) + end
            cells = [self._value() if chance() < 0.5 else self._random.choice(self._few) for _ in self._names]
            cells[key] = self._id(number)
            if chance() < 0.1:
                del cells[self._random.randrange(len(cells)) :]
            if chance() < 0.1:
                cells += [""] * self._random.randrange(3) + [self._value()] * self._random.randrange(2)
            yield self.delimiter.join(map(self._written, cells)) + (end if chance() > 0.01 else "\n")

    def _value(self) -> str:
        chance, pick = self._random.random, self._random.choice
        if chance() < self._odd:
            return pick(_ODD)
        return pick(pick((_PLAIN, _PLAIN, _PLAIN, _BEYOND_ASCII, _WORDS, ("",))))

    def _id(self, number: int) -> str:
        chance = self._random.random
        if chance() < self._odd:
            return self._random.choice(_IDS)
        if "pcId" in self._names:
            return f"{1_367_320_065_048 + number}-{number}" + ".28_0" * (chance() < 0.5)
        return f"crm-{self._random.randrange(1 + number) if chance() < 0.1 else number:06d}"

    def _written(self, cell: str) -> str:
        if self.is_batch:
            is_raw = self._random.random() < 0.3
            return (
                cell if is_raw else "".join(c if c.isalnum() and c.isascii() else _escaped(c) for c in cell)
            )
        must = any(character in cell for character in (self.delimiter, '"', "\n", "\r"))
        if must or self._random.random() < self._quoting:
            cell = cell.replace(" ", self._newline, 1) if self._random.random() < 0.2 else cell
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def _reading(self) -> Reading:
        chance, pick = self._random.random, self._random.choice
        reading = as_detected(self.data)
        if chance() < 0.7:
            key = next(name for name in self._names if name in ("thirdPartyId", "pcId"))
            reading = replace(
                reading,
                format="batch" if self.is_batch else "csv",
                delimiter=self.delimiter,
                key=key,
                key_column=key,
            )
        if chance() < 0.3:
            reading = replace(
                reading,
                trim=chance() < 0.5,
                blanks=pick(((), ("NULL", "n/a"), ('i"d', "gold", "", "日本語", "\udcff"))),
                duplicates=pick(("first", "last", "reject")),
            )
        if chance() < 0.1:
            reading = replace(reading, dont_send=tuple(pick(((), ("note", "city"), ("tier",)))))
        if chance() < 0.2:
            names = [name for name in self._names if name != reading.key_column and chance() < 0.4]
            reading = replace(reading, clear={name: pick(_CLEAR_VALUES) for name in names})
        return reading


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def said_of(file: NastyFile, folder: Path, *, row_by_row: bool) -> tuple:
    """Everything that comes of a check: the problems, the summary, the parts, the fingerprints."""
    folder.mkdir()
    try:
        with ProblemStore.create(folder / "problems") as problems:
            summary = check(
                io.BytesIO(file.data),
                file.reading,
                problems=problems,
                parts_dir=folder / "parts",
                fingerprint_key=_KEY,
                piece_bytes=file.piece_bytes,
                row_by_row=row_by_row,
                **file.choices,
            )
    except ValueError as error:
        # A row that no part is large enough for.
        return (str(error),)
    with ProblemStore.open(folder / "problems") as store:
        found = list(store)
    parts = [part.path.read_bytes() for part in summary.parts]
    fingerprints = summary.fingerprints and summary.fingerprints.read_bytes()
    without_paths = [replace(part, path=None) for part in summary.parts]
    return found, replace(summary, parts=without_paths, fingerprints=None), parts, fingerprints


def disagree(number: int) -> bool:
    """Whether the two ways differ on the nasty file of this number."""
    file = NastyFile(number)
    with tempfile.TemporaryDirectory() as folder:
        in_bulk = said_of(file, Path(folder) / "bulk", row_by_row=False)
        return in_bulk != said_of(file, Path(folder) / "rows", row_by_row=True)


def main(files: int = _FILES, first: int = 0) -> None:
    """Compare so many files, and leave with status 1 if the ways differ on any."""
    different = [number for number in range(first, first + files) if disagree(number)]
    sys.stdout.write(f"{files:,} files compared, {len(different):,} with a difference: {different[:20]}\n")
    sys.exit(bool(different))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
