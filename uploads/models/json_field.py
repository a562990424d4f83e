"""JSON that holds whatever a file can have in the names of its columns, in either database."""

import re

from django.db import models

#: What PostgreSQL refuses in JSON: NUL, and what stands for bytes that are no UTF-8 (`surrogateescape`).
_REFUSED = [0, *range(0xDC80, 0xDD00)]
#: What stands for these, in a plane that Unicode leaves to private use.
_FIRST_STAND_IN = 0x100000
_STAND_INS = {code: _FIRST_STAND_IN + code for code in _REFUSED}
_GIVEN_BACK = {stand_in: code for code, stand_in in _STAND_INS.items()}
#: Where one may be in JSON, as a character or escaped.
_MAY_HOLD_ONE = re.compile("[\U00100000\U0010dc80-\U0010dcff]|\\\\udb(?:c0|f7)", re.IGNORECASE)


class JSONField(models.JSONField):
    """Django's, which migrations take it for: the column is the same."""

    def deconstruct(self):
        """As Django's own."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def get_prep_value(self, value):
        """The value, fit for either database."""
        return super().get_prep_value(_translated(value, _STAND_INS))

    def from_db_value(self, value, expression, connection):
        """The value as it was."""
        found = super().from_db_value(value, expression, connection)
        is_as_kept = isinstance(value, str) and not _MAY_HOLD_ONE.search(value)
        return found if is_as_kept else _translated(found, _GIVEN_BACK)


def _translated(value, table: dict[int, int]):
    match value:
        case str():
            return value.translate(table)
        case list() | tuple():
            return [_translated(each, table) for each in value]
        case dict():
            return {_translated(name, table): _translated(each, table) for name, each in value.items()}
    return value
