"""The loop that weighs encoded rows; see `budget`."""

from .compiling import compiled

_COMMA, _LF, _PERCENT = b",\n%"


@compiled
def weigh_rows(data, bounds, rows, name_bytes, weights):
    """Fill in what each of these rows takes of its profile.

    bounds: where in the data each row begins, line feeds included, and behind these the end of all.
    name_bytes: of each attribute, in their order.
    """
    for place, row in enumerate(rows):
        at, end = bounds[row], bounds[row + 1]
        while data[at] != _COMMA and data[at] != _LF:
            at += 1
        weight = column = 0
        while at < end and data[at] == _COMMA:
            at += 1
            begin = at
            while data[at] != _COMMA and data[at] != _LF:
                # Three bytes stand for one (F5).
                weight -= 2 * (data[at] == _PERCENT)
                at += 1
            if at > begin:
                weight += at - begin + name_bytes[column]
            column += 1
        weights[place] = weight
