"""Which column holds the id, and of which kind: what the names and the first values tell (F2).

All of this only proposes. A file is never sent by a key that neither its header nor a person named.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
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
_PCID_VALUE = re.compile(r"[0-9]{10,}-[0-9]+(\.[0-9]+_[0-9]+)?")  # F2
_ECID_VALUE = re.compile("[0-9]{38}")  # F2


def kind_of(name: str) -> str:
    """The kind of id that a chosen column's name speaks of: ``pcId`` if so spelled, else ``thirdPartyId``."""
    return "pcId" if _folded(name) in _SPELLINGS["pcId"] else "thirdPartyId"


def ecid_column(header: Sequence[str]) -> str | None:
    """The first column that by its name holds Experience Cloud IDs, which Target refuses here (F2)."""
    return next((name for name in header if _folded(name) in _ECID_NAMES), None)


def looks_like_ecid(value: str) -> bool:
    """Whether the value has the shape of an Experience Cloud ID: exactly 38 ASCII digits (F2)."""
    return _ECID_VALUE.fullmatch(value) is not None


def suggest_key(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str | None, str | None]:
    """The column that probably holds the id and the kind of that id, or (None, None).

    header: the names as they stand; rows: the cells of some content rows, possibly short ones.
    A column is proposed by its exact name, by a known spelling (F2), by values of Target's own
    shape, by a usual name of a customer number, or by a name that ends in "id", in this order.
    """
    times = Counter(header)
    candidates = {}
    for position, name in enumerate(header):
        values = [row[position] for row in rows if position < len(row) and row[position]]
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
        if values and all(map(_PCID_VALUE.fullmatch, values)):
            yield name, "pcId"
    usual = [(_CUSTOMER_ID_NAMES.index(f), n) for n, f in named.items() if f in _CUSTOMER_ID_NAMES]
    yield from ((name, "thirdPartyId") for _rank, name in sorted(usual, key=itemgetter(0)))
    yield from ((name, "thirdPartyId") for name in candidates if _ENDS_IN_ID.search(name))


def _folded(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.casefold())
