"""The loops over rows of parts that are compared; see `overlap_comparing`."""

import numpy as np

from .compiling import compiled

_COMMA, _LF, _PERCENT = b",\n%"


@compiled
def find_id_ends(data, starts, ends, id_ends):
    """Fill in where the id of each row ends."""
    for row in range(len(starts)):
        at = starts[row]
        while at < ends[row] and data[at] != _COMMA:
            at += 1
        id_ends[row] = at


@compiled
def gather(data, starts, ends, gathered):
    """Copy pieces of data one behind the other, a line feed behind each."""
    written = 0
    for piece in range(len(starts)):
        for at in range(starts[piece], ends[piece]):
            gathered[written] = data[at]
            written += 1
        gathered[written] = _LF
        written += 1


@compiled
def compare_rows(rows, parts, near_limit, found, replaced):
    """Compare each row of the batch with the rows behind it that may be of the same visitor.

    rows: as `overlap_comparing` has them in `Rows`; parts: `Columns`; found: `Found`, which is filled.
    near_limit: the bytes from which on a profile is heavy.
    replaced: whether values are sought that the row replaces, instead of those that it does not carry.
    How many visitors there are in it, how many cells, and how many heavy profiles.
    """
    # By attribute: the last row that had a value, be it its own or one from an earlier batch; and the same
    # without batches of which nothing is lost. Where replaced values are sought, `had_by` has the last row
    # whose own value has met none yet.
    set_by = np.full(found.losses.shape[1], -1, np.intp)
    had_by = set_by.copy()
    visitors = cells = heavy = at = 0
    while at < len(rows.numbers):
        mine, first_cell, is_known, is_shared, last_batch = at, cells, False, False, -1
        own = weight = 0
        id_end = _id_end(rows.data, rows.starts[mine], rows.ends[mine])
        at += 1
        while at < len(rows.numbers) and rows.numbers[at] == rows.numbers[mine]:
            if _is_same_id(rows, mine, id_end, at):
                if not is_known:
                    is_known = True
                    found.is_in[visitors] = False
                    own = weight = _note_own(rows, parts, mine, id_end, set_by, had_by)
                batch = parts.batches[rows.parts[at]]
                if batch != last_batch:
                    last_batch = batch
                    begin = rows.starts[at] + id_end - rows.starts[mine]
                    weight += _note_set(rows, parts, at, begin, set_by, mine)
                    if parts.may_lose[batch]:
                        is_shared = found.is_in[visitors, batch] = True
                        cells = _note_earlier(rows, parts, at, begin, had_by, mine, found, cells, replaced)
            at += 1
        if weight >= near_limit:
            found.heavy[heavy], found.heavy_own[heavy], found.heavy_in_all[heavy] = mine, own, weight
            heavy += 1
        if is_shared:
            found.visitors[visitors] = mine
            found.id_ends[visitors] = id_end
            found.cell_counts[visitors] = cells - first_cell
            visitors += 1
    return visitors, cells, heavy


@compiled
def _id_end(data, start, end):
    at = start
    while at < end and data[at] != _COMMA:
        at += 1
    return at


@compiled
def _is_same_id(rows, mine, id_end, other):
    start, other_start = rows.starts[mine], rows.starts[other]
    size = id_end - start
    if other_start + size > rows.ends[other]:
        return False
    for place in range(size):
        if rows.data[start + place] != rows.data[other_start + place]:
            return False
    return other_start + size == rows.ends[other] or rows.data[other_start + size] == _COMMA


@compiled
def _note_own(rows, parts, mine, id_end, set_by, had_by):
    """Note the attributes for which the batch's own row has a value; what these take of a profile."""
    weight = 0
    part = rows.parts[mine]
    column, behind = parts.first_columns[part], parts.first_columns[part + 1]
    begin, end = id_end + 1, rows.ends[mine]
    while begin <= end and column < behind:
        at, size = _value(rows.data, begin, end)
        if at > begin:
            attribute = parts.attributes[column]
            set_by[attribute] = had_by[attribute] = mine
            weight += size + parts.name_bytes[attribute]
        column += 1
        begin = at + 1
    return weight


@compiled
def _value(data, begin, end):
    """Where the value ends that begins here, and its bytes in clear (F5)."""
    at, size = begin, 0
    while at < end and data[at] != _COMMA:
        size += -1 if data[at] == _PERCENT else 1
        at += 1
    return at, size


@compiled
def _note_set(rows, parts, other, id_end, set_by, mine):
    """Note the attributes of an earlier row that nothing newer sets; what they take of a profile."""
    weight = 0
    part = rows.parts[other]
    column, behind = parts.first_columns[part], parts.first_columns[part + 1]
    begin, end = id_end + 1, rows.ends[other]
    while begin <= end and column < behind:
        at, size = _value(rows.data, begin, end)
        attribute = parts.attributes[column]
        if at > begin and set_by[attribute] != mine:
            set_by[attribute] = mine
            weight += size + parts.name_bytes[attribute]
        column += 1
        begin = at + 1
    return weight


@compiled
def _note_earlier(rows, parts, other, id_end, had_by, mine, found, cells, replaced):
    """Note the values of an earlier row that are sought; how many cells there are then."""
    part = rows.parts[other]
    column, behind = parts.first_columns[part], parts.first_columns[part + 1]
    batch = parts.batches[part]
    begin, end = id_end + 1, rows.ends[other]
    while begin <= end and column < behind:
        at = begin
        while at < end and rows.data[at] != _COMMA:
            at += 1
        attribute = parts.attributes[column]
        if at > begin and (had_by[attribute] == mine) == replaced:
            had_by[attribute] = -1 if replaced else mine
            found.attributes[cells], found.batches[cells] = attribute, batch
            found.starts[cells] = begin
            found.ends[cells] = at
            found.losses[batch, attribute] += 1
            cells += 1
        column += 1
        begin = at + 1
    return cells
