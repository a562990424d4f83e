"""Example files to download: what a file that works looks like, with made-up visitors."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import formats

from uploads.batchfile import line_writer
from uploads.models import Destination

SEPARATORS = {"comma": ",", "semicolon": ";"}
_IDS = {
    "thirdPartyId": ("EXAMPLE-0001", "EXAMPLE-0002", "EXAMPLE-0003"),
    "pcId": tuple(f"1000000000000-00000{number}.00_00" for number in (1, 2, 3)),  # F2
}
_NAMES = ("loyaltyTier", "favouriteCategory", "newsletter")
_VALUES = (("gold", "shoes", "yes"), ("silver", "books", "no"), ("bronze", "", "yes"))


@dataclass(frozen=True)
class Example:
    """One example file: the kind of id in it, and the names of the destinations that take such ids."""

    key: str
    destinations: list[str]


def examples_for(destinations: Iterable[Destination]) -> list[Example]:
    """The example files that are of use at these destinations."""
    destinations = list(destinations)
    # F11: with v2, pcIds must not be sent where the account has ECIDs for anonymous visitors.
    v1 = [place.name for place in destinations if place.api_version == Destination.Version.V1]
    examples = [Example("thirdPartyId", [place.name for place in destinations]), Example("pcId", v1)]
    return [example for example in examples if example.destinations]


def separators() -> list[str]:
    """The names in SEPARATORS, first the one with which Excel splits columns in the current language."""
    # Excel's list separator is a semicolon where the comma stands before decimals.
    first = "semicolon" if formats.get_format("DECIMAL_SEPARATOR") == "," else "comma"
    return sorted(SEPARATORS, key=lambda name: name != first)


def example_file(key: str, separator: str) -> bytes:
    """The file, with a byte order mark, by which Excel knows UTF-8; raises KeyError for other names."""
    rows = ((visitor, *values) for visitor, values in zip(_IDS[key], _VALUES, strict=True))
    lines = map(line_writer(SEPARATORS[separator]), [(key, *_NAMES), *rows])
    return "".join(lines).encode("utf-8-sig")
