"""How a file is to be read: the *reading*, one JSON value.

Detection proposes it, a person confirms it, and the check obeys it. Nothing in it is guessed later:
a key column that nobody chose is None, and then only the header itself can name one.
"""

from dataclasses import asdict, dataclass, fields

FORMATS = ("csv", "batch")
ENCODINGS = ("utf-8",)
DELIMITERS = (",", ";", "\t")
KEYS = ("pcId", "thirdPartyId")  # F2


class ReadingError(ValueError):
    """A reading holds a name or a value that does not exist; the message says what is allowed."""


@dataclass(frozen=True)
class Reading:
    """How to read one file.

    format: ``csv``, or ``batch`` for a file already in Target's batch format (F1, F5).
    encoding: ``utf-8``, with or without a byte order mark.
    delimiter: comma, semicolon or tab; a batch file always has commas.
    key: the kind of id, ``pcId`` or ``thirdPartyId`` (F2), or None where nobody chose it.
    key_column: the header name of the column that holds the id, or None where nobody chose it.

    Raises ReadingError for any other value.
    """

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    key: str | None = None
    key_column: str | None = None

    def __post_init__(self) -> None:
        _one_of("format", self.format, FORMATS)
        _one_of("encoding", self.encoding, ENCODINGS)
        _one_of("delimiter", self.delimiter, DELIMITERS)
        _one_of("key", self.key, (*KEYS, None))
        if not isinstance(self.key_column, str | None):
            raise ReadingError(f"key_column must be the name of a column or null, not {self.key_column!r}.")
        if self.format == "batch" and self.delimiter != ",":
            raise ReadingError('A file in batch format is separated by commas: delimiter must be ",".')  # F1

    @classmethod
    def from_json(cls, value: object, defaults: "Reading | None" = None) -> "Reading":
        """The reading that a decoded JSON object describes; names it leaves out come from `defaults`.

        Raises ReadingError for anything but an object with known names and allowed values.
        """
        names = [field.name for field in fields(cls)]
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
        return asdict(self)


def _one_of(name: str, value: object, allowed: tuple) -> None:
    # The types too: JSON's 1 and true would otherwise pass for each other.
    if not any(value == choice and type(value) is type(choice) for choice in allowed):
        raise ReadingError(f"{name} must be one of {_listed(allowed)}, not {value!r}.")


def _listed(values) -> str:
    return ", ".join("null" if value is None else repr(value) for value in values)
