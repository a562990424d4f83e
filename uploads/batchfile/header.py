"""The header: which names the columns get, which one is the key, and what is wrong with them (F2, F4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .encoding import BATCH_PREFIX, RAW_SIGNS, PercentEncodingError, decode_text
from .keys import ecid_column, kind_of, suggest_key, why_suggested
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
    sent: the name under which each of them is sent, in the same order; None where its column is not.
    key: ``pcId`` or ``thirdPartyId``; None where no column could be settled on.
    key_index: the key column's place in `names`, counted from 0; None where there is no key.
    problems: everything that is wrong with it; with any of these the file cannot be used.
    warnings: what is worth knowing about names of a batch file (F5).
    skipped_columns: how many columns without a name stood behind the last name; they are not in `names`.
    clear_values: what is sent for blank cells (F7), by the place of its column, ascending.
    """

    line: int
    names: tuple[str, ...]
    sent: tuple[str | None, ...]
    key: str | None
    key_index: int | None
    problems: tuple[Problem, ...]
    skipped_columns: int = 0
    warnings: tuple[Problem, ...] = ()
    clear_values: dict[int, str] = field(default_factory=dict)

    @property
    def order(self) -> list[int]:
        """The places of the columns that are sent: the key's first, the others in the file's order."""
        sent = [index for index, name in enumerate(self.sent) if name is not None]
        return [self.key_index, *(index for index in sent if index != self.key_index)]

    @property
    def attributes(self) -> list[str]:
        """The names under which all columns but the key are sent, in the file's order."""
        return [self.sent[index] for index in self.order[1:]]


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
    unknown = _columns_not_there(record.line, names, reading)
    sent = _sent_as(names, reading)
    if record.fault or not names:
        return Header(record.line, tuple(names), tuple(sent), None, None, tuple(unreadable))
    key_index, key, problems = _find_key(record.line, names, sent, reading, rows)
    if key_index is not None:
        sent[key_index] = key
    problems += unknown + unreadable
    problems += _problems_of_names(
        record.line, names, sent, key_index, {problem.position - 1 for problem in unreadable}
    )
    problems.sort(key=lambda problem: problem.position)
    skipped = len(record.cells) - len(names)
    warnings = tuple(_raw_signs(record)) if reading.format == "batch" else ()
    return Header(
        record.line,
        tuple(names),
        tuple(sent),
        key,
        key_index,
        tuple(problems),
        skipped,
        warnings,
        _clear_values(names, sent, key_index, reading),
    )


def problems_of_names(names: Sequence[str], reading: Reading) -> list[Problem]:
    """What is wrong with the names under which columns would be sent (F4), on line 1.

    names: those of a header, in clear; the reading's key column is one of them.
    """
    sent = _sent_as(names, reading)
    key_index = names.index(reading.key_column)
    sent[key_index] = reading.key
    return _problems_of_names(1, names, sent, key_index, unreadable=set())


def pcid_refused(header: Header) -> tuple[Problem, ...]:
    """The problem of a file by pcId, for an account that uses ECIDs (F11); none of one by thirdPartyId."""
    if header.key != "pcId":
        return ()
    name = excerpt(header.names[header.key_index])
    return (Problem(header.line, name, "pcid-with-ecid", name, position=header.key_index + 1),)


def _sent_as(names: Sequence[str], reading: Reading) -> list[str | None]:
    return [None if name in reading.dont_send else reading.mapping.get(name, name) for name in names]


def _clear_values(
    names: Sequence[str], sent: Sequence[str | None], key_index: int | None, reading: Reading
) -> dict[int, str]:
    return {
        index: reading.clear[name]
        for index, name in enumerate(names)
        if name in reading.clear and sent[index] is not None and index != key_index
    }


def _raw_signs(record: Record) -> Iterator[Problem]:
    """What Target would take for something else if the header of a batch file were sent as it is (F5)."""
    for index, cell in enumerate(record.cells):
        shown = excerpt(cell)
        yield from (
            Problem(record.line, shown, code, shown, position=index + 1)
            for sign, code in RAW_SIGNS.items()
            if sign in cell
        )


def _columns_not_there(line: int, names: list[str], reading: Reading) -> list[Problem]:
    """What the reading says of columns that the header does not have: it was made for another file.

    Going on would send a column that somebody wanted kept back, or send it under the wrong name.
    """
    wanted = dict.fromkeys((*reading.dont_send, *reading.mapping, *reading.clear))
    return [
        Problem(line, "", "header-without-column", excerpt(name), {"name": excerpt(name)})
        for name in wanted
        if name and name not in names
    ]


def _problems_of_names(
    line: int, names: Sequence[str], sent: list[str | None], key_index: int | None, unreadable: set[int]
) -> list[Problem]:
    """What is wrong with the names as they would be sent; a column that is not sent may have any name."""
    problems = []
    first_at: dict[str, int] = {}
    for index, (name, sent_as) in enumerate(zip(names, sent, strict=True)):
        if sent_as is None or index in unreadable:
            continue
        place = {"line": line, "column": excerpt(name), "value": excerpt(sent_as), "position": index + 1}
        reason = None if index == key_index else _wrong_with_name(sent_as)
        if reason:
            params = {"reason": reason, "length": len(sent_as), "limit": NAME_LIMIT}
            if reason == "profile-prefix":
                params["bare"] = excerpt(sent_as.removeprefix(RESERVED_PREFIX))
            problems.append(Problem(code="header-name", params=params, **place))
        if sent_as and first_at.setdefault(sent_as, index + 1) != index + 1:
            params = {"name": excerpt(sent_as), "first_position": first_at[sent_as]}
            problems.append(Problem(code="header-duplicate", params=params, **place))
    return problems


def _find_key(
    line: int, names: list[str], sent: list[str | None], reading: Reading, rows: Iterable[Sequence[str]]
) -> tuple[int | None, str | None, list[Problem]]:
    """The key column's index and kind, or neither of them and the problem.

    A column is chosen by its name in the file; a kind by the name under which its column is sent.
    """
    if reading.key_column is not None:
        chosen, found = reading.key_column, _places(names, (reading.key_column,))
    elif reading.key is not None:
        chosen, found = reading.key, _places(sent, (reading.key,))
    else:
        chosen, found = None, _places(sent, KEYS)
    if len(found) == 1:
        (index,) = found
        kind = reading.key or (sent[index] if chosen is None else kind_of(chosen))
        return index, kind, []
    params = {"found": [excerpt(names[index]) for index in found[:_MOST_NAMED]]}
    if chosen is None:
        params["reason"] = "several" if found else "missing"
    else:
        params |= {"reason": "repeated" if found else "not-in-header", "chosen": excerpt(chosen)}
    params |= _advice_on_key(names, list(rows), params["reason"] == "missing")
    return None, None, [Problem(line, "", "header-key", ", ".join(params["found"]), params)]


def _advice_on_key(names: list[str], rows: list[Sequence[str]], missing: bool) -> dict[str, str]:
    """Parameters about the column that may be meant, and about one with ECIDs that cannot be (F2)."""
    params = {}
    column, key = suggest_key(names, rows)
    if column is not None:
        params |= {
            "suggested_column": excerpt(column),
            "suggested_key": key,
            "suggested_by": why_suggested(column, key),
        }
    if missing and (ecid := ecid_column(names, rows)) is not None:
        params["ecid_column"] = excerpt(ecid)
        if column is None:
            params["reason"] = "ecid"
    return params


def _places(names: Sequence[str | None], wanted: Sequence[str]) -> list[int]:
    return [index for index, name in enumerate(names) if name in wanted]


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
