"""Numbers as the language of the moment writes them."""

from django.utils import formats


def number(value: int | None) -> str:
    """A count with thousands separators; 0 for None."""
    return formats.number_format(value or 0, use_l10n=True, force_grouping=True)
