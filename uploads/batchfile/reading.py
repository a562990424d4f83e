"""How a file is to be read: the *reading*, one JSON value.

Detection proposes it, a person confirms it, and the check obeys it. Nothing in it is guessed later:
a key column that nobody chose is None, and then only the header itself can name one.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields

from .encoding import encode_text

FORMATS = ("csv", "batch")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "windows-1252", "iso-8859-1")
DELIMITERS = (",", ";", "\t", "|")
CONTAINERS = ("gzip", "zip", "xlsx")
KEYS = ("pcId", "thirdPartyId")  # F2
DUPLICATES = ("first", "last", "reject")
CLEAR_VALUE_LIMIT = 256  # F9, in characters
CLEAR_VALUES_LIMIT = 64_000  # F8, in encoded bytes of all of them

# What no rule has a word about: no separator (F5), control character or half of a character in it, and no
# white space around it.
_CLEAR_VALUE = re.compile(rf"(?!\s)[^,\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{CLEAR_VALUE_LIMIT}}}(?<!\s)")


class ReadingError(ValueError):
    """A reading holds a name or a value that does not exist; the message says what is allowed."""


@dataclass(frozen=True)
class Reading:
    """How to read one file.

    format: ``csv``, or ``batch`` for a file already in Target's batch format (F1, F5).
    encoding: one of ENCODINGS, with or without a byte order mark; of no account in a workbook.
    delimiter: comma, semicolon, tab or pipe; a batch file always has commas.
    key: the kind of id, ``pcId`` or ``thirdPartyId`` (F2), or None where nobody chose it.
    key_column: the header name of the column that holds the id, or None where nobody chose it.
    container: what the rows are packed in: one file in ``gzip`` or ``zip``, an Excel workbook (``xlsx``),
        or None for a plain file.
    sheet: the name of the workbook's sheet, or None for its first one.
    trim: whether spaces around ids and values are taken away.
    blanks: words that count as empty where they are all that stands in a cell.
    duplicates: which of several good rows with one id goes, ``first`` or ``last``; ``reject``: none.
    dont_send: header names of columns that stay out of the batch files.
    mapping: header names with the attribute names under which their columns are sent instead.
    clear: header names with the text that is sent where a row has no value in their column, for blank cells
        never clear what Target has (F7); of no account for the key column and for columns that are not sent.
    corrects: whether the file is a report of ours that a person has corrected; None: its header tells.

    Raises ReadingError for any other value.
    """

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    key: str | None = None
    key_column: str | None = None
    container: str | None = None
    sheet: str | None = None
    trim: bool = False
    blanks: tuple[str, ...] = ()
    duplicates: str = "first"
    dont_send: tuple[str, ...] = ()
    mapping: dict[str, str] = field(default_factory=dict)
    clear: dict[str, str] = field(default_factory=dict)
    corrects: bool | None = None

    def __post_init__(self) -> None:
        _one_of("format", self.format, FORMATS)
        _one_of("encoding", self.encoding, ENCODINGS)
        _one_of("delimiter", self.delimiter, DELIMITERS)
        _one_of("key", self.key, (*KEYS, None))
        if not isinstance(self.key_column, str | None):
            raise ReadingError(f"key_column must be the name of a column or null, not {self.key_column!r}.")
        _one_of("container", self.container, (*CONTAINERS, None))
        if not isinstance(self.sheet, str | None):
            raise ReadingError(f"sheet must be the name of a sheet or null, not {self.sheet!r}.")
        if self.sheet is not None and self.container != "xlsx":
            raise ReadingError('Only a workbook (container "xlsx") has sheets: sheet must be null.')
        if self.format == "batch" and self.container == "xlsx":
            raise ReadingError('A workbook is not in batch format: format must be "csv".')
        _one_of("trim", self.trim, (True, False))
        _one_of("duplicates", self.duplicates, DUPLICATES)
        _one_of("corrects", self.corrects, (True, False, None))
        for name in ("blanks", "dont_send"):
            # A frozen dataclass is written to like this; JSON's lists become what nobody can change.
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        if not _is_text_by_name(self.mapping):
            raise ReadingError("mapping must be an object of header names with the names to send instead.")
        if not _is_text_by_name(self.clear) or not all(map(is_clear_value, self.clear.values())):
            raise ReadingError(
                "clear must be an object of header names with what to send instead of blanks: 1 to "
                f"{CLEAR_VALUE_LIMIT} characters without commas, control characters, or spaces around them."
            )
        if not fit_into_a_row(self.clear.values()):
            raise ReadingError(f"clear must have no more than {CLEAR_VALUES_LIMIT} encoded bytes in all.")
        if self.key_column is not None and self.key_column in self.dont_send:
            raise ReadingError(f"dont_send names the key column, {self.key_column!r}, which is always sent.")
        if self.key_column is not None and self.key_column in self.clear:
            raise ReadingError(f"clear names the key column, {self.key_column!r}, which is never blank.")
        if self.format == "batch" and self.delimiter != ",":
            raise ReadingError('A file in batch format is separated by commas: delimiter must be ",".')  # F1

    @classmethod
    def from_json(cls, value: object, defaults: "Reading | None" = None) -> "Reading":
        """The reading that a decoded JSON object describes; names it leaves out come from `defaults`.

        Raises ReadingError for anything but an object with known names and allowed values.
        """
        names = [known.name for known in fields(cls)]
        if not isinstance(value, dict):
            raise ReadingError(f"A reading must be a JSON object with the names {_listed(names)}.")
        unknown = [name for name in value if name not in names]
        if unknown:
            raise ReadingError(f"Unknown in a reading: {_listed(unknown)}. Known are {_listed(names)}.")
        merged = asdict(defaults or cls()) | value
        if merged["format"] == "batch" and "delimiter" not in value:
            merged["delimiter"] = ","
        return cls(**merged)

    def to_json(self) -> dict:
        """The reading as an object that JSON can hold; `from_json` gives it back."""
        return asdict(self) | {"blanks": list(self.blanks), "dont_send": list(self.dont_send)}


def is_clear_value(text: str) -> bool:
    """Whether the text can be sent in place of blank cells, in every row and to every server of Target's."""
    return _CLEAR_VALUE.fullmatch(text) is not None


def fit_into_a_row(clear_values: Iterable[str]) -> bool:
    """Whether Target takes all of them in one row (F8)."""
    return sum(len(encode_text(text)) for text in clear_values) <= CLEAR_VALUES_LIMIT


def _is_text_by_name(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _one_of(name: str, value: object, allowed: tuple) -> None:
    # The types too: JSON's 1 and true would otherwise pass for each other.
    if not any(value == choice and type(value) is type(choice) for choice in allowed):
        raise ReadingError(f"{name} must be one of {_listed(allowed)}, not {value!r}.")


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise ReadingError(f"{name} must be a list of texts, not {value!r}.")
    return tuple(value)


def _listed(values) -> str:
    return ", ".join("null" if value is None else repr(value) for value in values)
