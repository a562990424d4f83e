"""What the audit log says of a change: each field with what it was and what it is."""

from collections.abc import Iterable

from django.db.models import Model

#: Never in the log, not even that they differ.
SECRETS = {"password", "token_sealed"}


def changes(before: Model | None, after: Model, fields: Iterable[str]) -> dict[str, list]:
    """The fields that differ, as [before, after]; [None, after] of something new."""
    told = {}
    for name in sorted(set(fields) - SECRETS):
        old, new = (None if each is None else _plain(getattr(each, name)) for each in (before, after))
        if old != new:
            told[name] = [old, new]
    return told


def _plain(value):
    return value if value is None or isinstance(value, bool | int) else str(value)
