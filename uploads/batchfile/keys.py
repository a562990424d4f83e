"""Which column holds the id, and of which kind: what the names and the first values tell (F2).

All of this only proposes. A file is never sent by a key that neither its header nor a person named.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from operator import itemgetter

from .reading import KEYS

# How people write the two kinds (F2), lower case, without anything but letters and digits.
_SPELLINGS = {
    "thirdPartyId": {
        "thirdpartyid",
        "thirdparty",
        "3rdpartyid",
        "mbox3rdpartyid",
        "mboxthirdpartyid",
        "mbox3rdparty",
    },
    "pcId": {"pcid", "tntid", "mboxpc", "mboxpcid"},
}
# What pages and the at.js library call the thirdPartyId, in the same way.
_PAGE_PARAMETERS = {"mbox3rdpartyid", "mboxthirdpartyid", "mbox3rdparty"}
# Measured by difflib: one letter too few or too many, or two that changed places.
_MISSPELT = 0.85
_MOST_LETTERS_MORE = 2
_ECID_NAMES = {
    "ecid",
    "mcid",
    "mid",
    "experiencecloudid",
    "experiencecloudvisitorid",
    "marketingcloudid",
    "marketingcloudvisitorid",
}
# Names under which customer systems export their own id; the first that the header has is proposed.
_CUSTOMER_ID_NAMES = (
    "customerid",
    "customernumber",
    "customerno",
    "crmid",
    "userid",
    "memberid",
    "loyaltyid",
    "accountid",
    "clientid",
    "contactid",
    "subscriberid",
    "profileid",
    "externalid",
    "visitorid",
    "personid",
    "uid",
    "id",
)
_ENDS_IN_ID = re.compile("([a-z0-9]I[dD]|[_ -][iI][dD])$")
LEAST_PCID_DIGITS = 10  # F2, before the dash
ECID_DIGITS = 38  # F2
_PCID_VALUE = re.compile(rf"[0-9]{{{LEAST_PCID_DIGITS},}}-[0-9]+(\.[0-9]+_[0-9]+)?")  # F2
_ECID_VALUE = re.compile(f"[0-9]{{{ECID_DIGITS}}}")


def kind_of(name: str) -> str:
    """The kind of id that a chosen column's name speaks of: ``pcId`` if so spelled, else ``thirdPartyId``."""
    return "pcId" if _folded(name) in _SPELLINGS["pcId"] else "thirdPartyId"


def why_suggested(name: str, key: str) -> str:
    """What speaks for the column as the one that holds the id, for the sentence that proposes it.

    ``exact``: it has the key's name; ``spelling``: nearly so; ``page-parameter``: pages call the same
    id so; ``target-id``: another name of the pcId; ``values``: they have a pcId's form;
    ``customer-number``: customer systems call their own id so; ``ends-in-id``: the name does (F2).
    """
    folded = _folded(name)
    if name == key:
        return "exact"
    if folded in _PAGE_PARAMETERS:
        return "page-parameter"
    if folded == key.lower() or (key == "thirdPartyId" and _is_third_party(folded)):
        return "spelling"
    if key == "pcId":
        return "target-id" if folded in _SPELLINGS["pcId"] else "values"
    return "customer-number" if folded in _CUSTOMER_ID_NAMES else "ends-in-id"


def ecid_column(header: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> str | None:
    """The first column that by its name or by its values holds Experience Cloud IDs (F2).

    rows: the cells of some content rows; only a column all of whose values there have an ECID's
    shape is recognised by its values.
    """
    named = next((name for name in header if _folded(name) in _ECID_NAMES), None)
    if named is not None:
        return named
    for position, name in enumerate(header):
        values = _values_below(position, rows)
        if values and all(map(looks_like_ecid, values)):
            return name
    return None


def looks_like_pcid(value: str) -> bool:
    """Whether the value has the form of a pcId, with or without the suffix that names the edge (F2)."""
    return _PCID_VALUE.fullmatch(value) is not None


def looks_like_ecid(value: str) -> bool:
    """Whether the value has the shape of an Experience Cloud ID: exactly 38 ASCII digits (F2)."""
    return _ECID_VALUE.fullmatch(value) is not None


def suggest_key(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str | None, str | None]:
    """The column that probably holds the id and the kind of that id, or (None, None).

    header: the names as they stand; rows: the cells of some content rows, possibly short ones.
    A column is proposed by its exact name, by a known spelling (F2), by values of Target's own
    shape, by a misspelt name, by a usual name of a customer number, or by a name that ends in "id", in
    this order.
    """
    times = Counter(header)
    candidates = {}
    for position, name in enumerate(header):
        values = _values_below(position, rows)
        if times[name] == 1 and _folded(name) not in _ECID_NAMES and not any(map(looks_like_ecid, values)):
            candidates[name] = values
    return next(_by_likelihood(candidates), (None, None))


def _by_likelihood(candidates: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Columns and kinds, the likeliest first. candidates: the names with the values seen below them."""
    for key in reversed(KEYS):
        if key in candidates:
            yield key, key
    named = {name: _folded(name) for name in candidates}
    for key, spellings in _SPELLINGS.items():
        yield from ((name, key) for name, folded in named.items() if folded in spellings)
    for name, values in candidates.items():
        if values and all(map(looks_like_pcid, values)):
            yield name, "pcId"
    yield from ((name, "thirdPartyId") for name, folded in named.items() if _is_third_party(folded))
    usual = [(_CUSTOMER_ID_NAMES.index(f), n) for n, f in named.items() if f in _CUSTOMER_ID_NAMES]
    yield from ((name, "thirdPartyId") for _rank, name in sorted(usual, key=itemgetter(0)))
    yield from ((name, "thirdPartyId") for name in candidates if _ENDS_IN_ID.search(name))


def _values_below(position: int, rows: Sequence[Sequence[str]]) -> list[str]:
    """What stands in the column, without empty cells."""
    return [row[position] for row in rows if position < len(row) and row[position]]


def _is_third_party(folded: str) -> bool:
    """Whether the folded name is a spelling of thirdPartyId, or misspells one (F2)."""
    spellings = _SPELLINGS["thirdPartyId"]
    return folded in spellings or any(_resembles(folded, spelling) for spelling in sorted(spellings))


def _resembles(name: str, spelling: str) -> bool:
    # Most names differ in length alone; a comparison letter by letter costs much more.
    return abs(len(name) - len(spelling)) <= _MOST_LETTERS_MORE and (
        SequenceMatcher(None, name, spelling).ratio() >= _MISSPELT
    )


def _folded(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.casefold())
