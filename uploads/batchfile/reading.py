"""How a file is to be read: the *reading*, one JSON value.

Detection proposes it, a person confirms it, and the check obeys it. Nothing in it is guessed later:
a key column that nobody chose is None, and then only the header itself can name one.
"""

from dataclasses import asdict, dataclass, field, fields

FORMATS = ("csv", "batch")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "windows-1252", "iso-8859-1")
DELIMITERS = (",", ";", "\t", "|")
CONTAINERS = ("gzip", "zip", "xlsx")
KEYS = ("pcId", "thirdPartyId")  # F2
DUPLICATES = ("first", "last", "reject")


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
        if not isinstance(self.mapping, dict) or not all(
            isinstance(text, str) for pair in self.mapping.items() for text in pair
        ):
            raise ReadingError("mapping must be an object of header names with the names to send instead.")
        if self.key_column is not None and self.key_column in self.dont_send:
            raise ReadingError(f"dont_send names the key column, {self.key_column!r}, which is always sent.")
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
