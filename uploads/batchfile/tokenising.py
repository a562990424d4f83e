"""The cells of many records at once: what csv.reader makes of them, found in one loop over the bytes."""

from typing import NamedTuple

import numpy as np

from .compiling import compiled
from .lines import RECORD_LIMIT
from .reading import Reading
from .records import Records
from .tables import Table

_LF, _CR, _QUOTE = b'\n\r"'
_NO_QUOTE = -1
# The first two bits of a byte that goes on with a character in UTF-8.
_FIRST_TWO_BITS, _CONTINUED = 0xC0, 0x80
# Looked at together, at most: hundreds of thousands of tiny cells would take much memory.
_MOST_SPECIALS = 120_000
# How a quoted value or a record ends: as it should; so, but a quote is left out in the midst of a character;
# with the line on which a quote opens that nothing closes; behind what is there; or too far on to tell.
_WHOLE, _TORN, _UNCLOSED, _CUT, _STUCK = range(5)


class Tokens(NamedTuple):
    """The whole records at the start of a piece of a file.

    table: their cells; its lines are counted from 0.
    size: how many bytes they take; lines: how many physical lines; seen: how many bytes were looked at.
    is_stuck: whether all that may be looked at does not tell where the next record ends.
    """

    table: Table
    size: int
    lines: int
    seen: int
    is_stuck: bool


class _Piece(NamedTuple):
    """A piece of a file, for the loops.

    data: its bytes, from which quotes are left out in place as their cells are found.
    specials: the places of delimiters, line ends and quotes, and behind these the end of all.
    limit: how many bytes a record may have; is_last: whether nothing comes behind the piece.
    """

    data: np.ndarray
    specials: np.ndarray
    delimiter: int
    quote: int
    limit: int
    is_last: bool


def tokenise(content: bytes, reading: Reading, *, is_last: bool) -> Tokens:
    """The records of a piece that begins where a record does.

    is_last: whether nothing comes behind the piece; else a last record without its end is left.
    """
    data = np.frombuffer(content, np.uint8).copy()
    delimiter = ord(reading.delimiter)
    quote = _NO_QUOTE if reading.format == "batch" else _QUOTE  # F5
    is_special = np.isin(np.arange(256), (delimiter, quote, _LF, _CR))
    specials, is_cut = _find(data, is_special, _MOST_SPECIALS)
    if is_cut:
        data, is_last = data[: specials[-1]], False
    starts, ends, first_cells, row_starts, lines = np.empty((5, len(specials) + 1), np.intp)
    hows = np.empty(len(specials), np.uint8)
    piece = _Piece(data, specials, delimiter, quote, RECORD_LIMIT, is_last)
    rows, size, line, is_stuck = _tokenise(piece, starts, ends, first_cells, row_starts, lines, hows)
    row_starts[rows] = size
    table = Table(
        data=data,
        starts=starts[: first_cells[rows]],
        ends=ends[: first_cells[rows]],
        first_cells=first_cells[: rows + 1],
        lines=lines[:rows],
        unclosed=np.flatnonzero(hows[:rows] == _UNCLOSED),
        torn={
            row: _cells(content[row_starts[row] : row_starts[row + 1]], reading)
            for row in np.flatnonzero(hows[:rows] == _TORN).tolist()
        },
    )
    return Tokens(table, size, line, len(data), is_stuck or (is_cut and not rows))


def _cells(record: bytes, reading: Reading) -> list[str]:
    return next(iter(Records([record], reading, 1))).cells


@compiled
def _find(data, is_special, most):
    """The places of the special bytes and, behind these, the end of all; or the first `most`, and True."""
    count = 0
    for byte in data:
        count += is_special[byte]
    is_cut = count >= most
    specials = np.empty(most if is_cut else count + 1, np.intp)
    at = number = 0
    end = len(data)
    while at < end and not (is_cut and number == most):
        # Overwritten until it is right: faster than to ask.
        specials[number] = at
        number += is_special[data[at]]
        at += 1
    if not is_cut:
        specials[count] = end
    return specials, is_cut


@compiled
def _tokenise(piece, starts, ends, first_cells, row_starts, lines, hows):
    """Fill the arrays; the number of records, their bytes, their physical lines, whether it is stuck."""
    at = special = row = line = 0
    first_cells[0] = 0
    while at < len(piece.data):
        how, behind, special, cell, lines_taken = _record(piece, at, special, starts, ends, first_cells[row])
        if how in (_CUT, _STUCK):
            return row, at, line, how == _STUCK
        row_starts[row], lines[row], hows[row] = at, line, how
        row += 1
        first_cells[row] = cell
        at = behind
        line += lines_taken
    return row, at, line, False


@compiled
def _record(piece, begin, special, starts, ends, cell):
    """Find the cells of one record.

    begin: where it begins; special: the number of the next special place; cell: that of its first cell.
    How it ends, where, the numbers of the next special place and the next cell, and its physical lines.
    """
    data, specials = piece.data, piece.specials
    at, lines, is_torn = begin, 0, False
    while True:
        starts[cell] = at
        is_quoted = at < len(data) and data[at] == piece.quote
        if is_quoted:
            starts[cell] = at + 1
            how, behind, special, lines = _quoted(piece, begin, special + 1, lines)
            if how != _WHOLE:
                ends[cell], _ = _without_quotes(data, at + 1, behind, piece.quote)
                return how, behind, special, cell + 1, lines
        # Text behind a closing quote belongs to the value, and other quotes are but text.
        while specials[special] < len(data) and data[specials[special]] == piece.quote:
            special += 1
        end = specials[special]
        ends[cell] = end
        if is_quoted:
            ends[cell], is_torn_here = _without_quotes(data, at + 1, end, piece.quote)
            is_torn |= is_torn_here
        cell += 1
        if end == len(data) or data[end] != piece.delimiter:
            break
        special += 1
        at = end + 1
    behind = _behind_line_end(piece, end)
    if (behind if behind else len(data)) - begin > piece.limit:
        return _STUCK, end, special, cell, lines
    while specials[special] < behind:
        special += 1
    how = _CUT if not behind else _TORN if is_torn else _WHOLE
    return how, behind, special, cell, lines + 1


@compiled
def _quoted(piece, begin, special, lines):
    """Find the end of a quoted value.

    begin: where its record begins; special: the number of the special place behind its opening quote.
    lines: how many physical lines have ended in the record.
    How it ends, where, the number of the next special place, and the lines anew.
    """
    data = piece.data
    had_line_end = False
    while piece.specials[special] < len(data):
        at = piece.specials[special] + 1
        byte = data[at - 1]
        special += 1
        if byte == piece.quote:
            if at == len(data) or data[at] != piece.quote:
                return _WHOLE, at, special, lines
            special += 1
        elif byte == _LF or (byte == _CR and (at == len(data) or data[at] != _LF)):
            lines += 1
            if not had_line_end:
                had_line_end = True
                if at == len(data) and byte == _CR and not piece.is_last:
                    break
                is_stuck = lines == 1 and at - begin > piece.limit
                how = _STUCK if is_stuck else _will_close(piece, begin, at)
                if how != _WHOLE:
                    return how, at, special, lines
    if len(data) - begin > piece.limit:
        return _STUCK, len(data), special, lines
    return (_UNCLOSED if piece.is_last else _CUT), len(data), special, lines + 1


@compiled
def _without_quotes(data, begin, end, quote):
    """Leave the quotes of a value out, in place. It begins behind its opening quote.

    Where it ends then, and whether bytes have come together that may now be taken for a character.
    """
    at = begin
    while at < end and data[at] != quote:
        at += 1
    written, is_open, is_torn = at, True, False
    while at < end:
        byte = data[at]
        at += 1
        if byte == quote and is_open:
            if at == end or data[at] != quote:
                is_open = False
                is_torn = at < end and (data[at] & _FIRST_TWO_BITS) == _CONTINUED
                continue
            at += 1
        data[written] = byte
        written += 1
    return written, is_torn


@compiled
def _will_close(piece, begin, at):
    """How the quoted value will end that goes on with the line there; begin: where its record begins.

    The next quote that is not one of two closes it if a value can end there, right before a delimiter or a
    line's end; else the opening one was never meant to quote, or its partner is missing.
    """
    data, limit = piece.data, piece.limit
    while at < len(data) and at - begin <= limit:
        if data[at] == piece.quote:
            if at + 1 == len(data) or data[at + 1] != piece.quote:
                break
            at += 1
        at += 1
    behind, closes = 0, False
    if at < len(data) and at - begin <= limit:
        at += 1
        closes = at == len(data) or data[at] in (piece.delimiter, _LF, _CR)
        while at < len(data) and at - begin <= limit and data[at] != _LF and data[at] != _CR:
            at += 1
        behind = _behind_line_end(piece, at)
    if piece.is_last or behind:
        return _WHOLE if closes and behind - begin <= limit else _UNCLOSED
    return _STUCK if len(data) - begin > limit else _CUT


@compiled
def _behind_line_end(piece, at):
    """The place behind the line end there, or the end of everything there; 0 if it is not all there."""
    data = piece.data
    if at == len(data):
        return at if piece.is_last else 0
    if data[at] == _CR:
        if at + 1 == len(data):
            return at + 1 if piece.is_last else 0
        if data[at + 1] == _LF:
            return at + 2
    return at + 1
