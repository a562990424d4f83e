"""The header: which names the columns get, which one is the key, and what is wrong with them (F2, F4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .encoding import BATCH_PREFIX, PercentEncodingError, decode_text
from .keys import ecid_column, kind_of, suggest_key
from .lines import RECORD_LIMIT
from .problems import UNDECODABLE, Problem, excerpt
from .reading import KEYS, Reading
from .records import TOO_BIG, UNCLOSED_QUOTE, Record
from .rules import control_characters

NAME_LIMIT = 128  # F4
RESERVED_PREFIX = "profile."  # F4
COLUMN_LIMIT = 10_000  # ours: F8 knows none
_MOST_NAMED = 5


@dataclass(frozen=True)
class Header:
    """The header of one file.

    line: the physical line on which it begins.
    names: the names as they stand in the file, in its order.
    key: ``pcId`` or ``thirdPartyId``; None where no column could be settled on.
    key_index: the key column's place in `names`, counted from 0; None where there is no key.
    problems: everything that is wrong with it; with any of these the file cannot be used.
    skipped_columns: how many columns without a name stood behind the last name; they are not in `names`.
    """

    line: int
    names: tuple[str, ...]
    key: str | None
    key_index: int | None
    problems: tuple[Problem, ...]
    skipped_columns: int = 0

    @property
    def attributes(self) -> list[str]:
        """The names of all columns but the key, in the file's order."""
        return [name for index, name in enumerate(self.names) if index != self.key_index]


def is_confirmed(names: Sequence[str]) -> bool:
    """Whether the header itself says which column holds the id: exactly one ``pcId`` or ``thirdPartyId``."""
    return sum(name in KEYS for name in names) == 1


def header_cells(record: Record, reading: Reading) -> tuple[list[str], list[Problem]]:
    """The names in clear up to the last one, and the problems of those that cannot be read."""
    if record.fault == TOO_BIG:
        return [], [Problem(record.line, "", "header-too-big", params={"limit": RECORD_LIMIT})]
    names = list(record.cells)
    problems = []
    if record.fault == UNCLOSED_QUOTE:
        shown = excerpt(names[-1])
        problems.append(Problem(record.line, shown, "unclosed-quote", shown, {"header": True}, len(names)))
    else:
        # Spreadsheets leave columns behind the last name; what stands below is surplus, not skipped.
        while names and not names[-1]:
            names.pop()
    if len(names) > COLUMN_LIMIT:
        params = {"columns": len(names), "limit": COLUMN_LIMIT}
        return [], [Problem(record.line, "", "too-many-columns", params=params)]
    if reading.format == "batch":
        names[0] = names[0].removeprefix(BATCH_PREFIX.decode())  # F1
    for index, name in enumerate(names):
        code = "undecodable" if UNDECODABLE.search(name) else None
        if code is None and reading.format == "batch":
            try:
                names[index] = decode_text(name)
            except PercentEncodingError:
                code = "bad-percent-encoding"
        if code:
            shown = excerpt(name)
            problems.append(Problem(record.line, shown, code, shown, position=index + 1))
    return names, problems


def read_header(record: Record, reading: Reading, rows: Iterable[Sequence[str]] = ()) -> Header:
    """The header of a file, judged as the reading has it.

    rows: the cells of the first rows, consumed only where there is no key and one is suggested.
    """
    names, unreadable = header_cells(record, reading)
    if record.fault or not names:
        return Header(record.line, tuple(names), None, None, tuple(unreadable))
    key_index, key, problems = _find_key(record.line, names, reading, rows)
    readable = set(range(len(names))) - {problem.position - 1 for problem in unreadable}
    problems += unreadable + _problems_of_names(record.line, names, key_index, key, readable)
    problems.sort(key=lambda problem: problem.position)
    skipped = len(record.cells) - len(names)
    return Header(record.line, tuple(names), key, key_index, tuple(problems), skipped)


def _problems_of_names(
    line: int, names: list[str], key_index: int | None, key: str | None, readable: set[int]
) -> list[Problem]:
    """What is wrong with the names as they would be sent, where the key column has the key's name."""
    problems = []
    first_at: dict[str, int] = {}
    for index, name in enumerate(names):
        if index not in readable:
            continue
        place = {"line": line, "column": excerpt(name), "value": excerpt(name), "position": index + 1}
        sent = key if index == key_index else name
        reason = None if index == key_index else _wrong_with_name(name)
        if reason:
            params = {"reason": reason, "length": len(name), "limit": NAME_LIMIT}
            problems.append(Problem(code="header-name", params=params, **place))
        if sent and first_at.setdefault(sent, index + 1) != index + 1:
            params = {"name": excerpt(sent), "first_position": first_at[sent]}
            problems.append(Problem(code="header-duplicate", params=params, **place))
    return problems


def _find_key(
    line: int, names: list[str], reading: Reading, rows: Iterable[Sequence[str]]
) -> tuple[int | None, str | None, list[Problem]]:
    """The key column's index and kind, or neither of them and the problem."""
    chosen = reading.key if reading.key_column is None else reading.key_column
    if chosen is None:
        found = [name for name in names if name in KEYS]
        if len(found) == 1:
            return names.index(found[0]), found[0], []
        reason = "several" if found else "missing"
    else:
        found = [name for name in names if name == chosen]
        if len(found) == 1:
            return names.index(chosen), reading.key or kind_of(chosen), []
        reason = "repeated" if found else "not-in-header"
    column, key = suggest_key(names, list(rows))
    params = {"reason": reason, "found": [excerpt(name) for name in found[:_MOST_NAMED]]}
    if chosen is not None:
        params["chosen"] = excerpt(chosen)
    if column is not None:
        params |= {"suggested_column": excerpt(column), "suggested_key": key}
    elif reason == "missing" and (ecid := ecid_column(names)) is not None:
        params |= {"reason": "ecid", "ecid_column": excerpt(ecid)}
    return None, None, [Problem(line, "", "header-key", ", ".join(params["found"]), params)]


def _wrong_with_name(name: str) -> str | None:
    """Why the name of an attribute cannot be sent (F4), or None."""
    if not name:
        return "empty"
    if control_characters(name):
        return "control-character"
    if name.startswith(RESERVED_PREFIX):
        return "profile-prefix"
    if len(name) > NAME_LIMIT:
        return "too-long"
    return None
