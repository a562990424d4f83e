"""Names of columns and attributes: what makes a header known, and which name a column may be meant to have.

All of this only proposes: nothing is sent under a name that neither the file nor a person gave.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from .header import RESERVED_PREFIX
from .treatment import SPACES

#: In a shorter name nearly every other one is a slip away.
_SHORTEST = 4


@dataclass(frozen=True)
class NameProposal:
    """A name to send a column under instead of its own, and why.

    reason: ``used``: a name used before is nearly the same; ``prefix``: Target adds "profile." itself (F4);
    ``spaces``: there are spaces around it, which would become part of the name.
    """

    name: str
    reason: str


def shape_of(header: Sequence[str]) -> str:
    """The hash by which a header is known again: of its names as they stand, in whatever order."""
    return hashlib.sha256(json.dumps(sorted(header)).encode()).hexdigest()


class UsedNames:
    """Attribute names used before, asked whether a column's name was meant to be one of them."""

    def __init__(self, names: Iterable[str]):
        """names: those that are to be preferred first."""
        self._names = dict.fromkeys(names)
        self._folded: dict[str, str] = {}
        self._shortened: dict[str, list[str]] = {}
        for name in self._names:
            folded = _folded(name)
            if folded and self._folded.setdefault(folded, name) == name:
                for short in _shortened(folded):
                    self._shortened.setdefault(short, []).append(folded)

    def proposal_for(self, name: str) -> NameProposal | None:
        """Another name for the column, or None where its own speaks for itself (F4: case matters)."""
        if not name or name in self._names:
            return None
        trimmed = name.strip(SPACES)
        bare = trimmed.removeprefix(RESERVED_PREFIX)
        meant = bare if bare in self._names else self._meant_by(bare)
        if meant is not None:
            return NameProposal(meant, "used")
        if bare and bare != name:
            return NameProposal(bare, "spaces" if bare == trimmed else "prefix")
        return None

    def _meant_by(self, name: str) -> str | None:
        """The name used before that has the same letters and digits, or is one slip of the fingers away."""
        folded = _folded(name)
        if folded in self._folded:
            return self._folded[folded]
        if len(folded) < _SHORTEST:
            return None
        shared = (near for short in _shortened(folded) for near in self._shortened.get(short, ()))
        return next((self._folded[near] for near in shared if _is_a_slip(folded, near)), None)


def alike(names: Collection[str]) -> dict[str, list[str]]:
    """For each of the names that were perhaps meant to be one: the others, in order.

    The same letters and digits, whatever their case (F4), or one slip of the fingers away.
    """
    written: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        if folded := _folded(name):
            written[folded].append(name)
    near = _slips(written)
    found = {}
    for folded, group in written.items():
        meant = sorted([*group, *(name for other in near.get(folded, ()) for name in written[other])])
        if len(meant) > 1:
            found |= {name: [other for other in meant if other != name] for name in group}
    return found


def _slips(texts: Iterable[str]) -> dict[str, set[str]]:
    """For each of the texts with others one slip away: these."""
    # Most are alone: a list for each would take longer than all else.
    first: dict[str, str] = {}
    together: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        for short in _shortened(text) if len(text) >= _SHORTEST else ():
            if (other := first.setdefault(short, text)) != text:
                together[short] |= {other, text}
    near: dict[str, set[str]] = defaultdict(set)
    for group in together.values():
        for one, other in combinations(group, 2):
            if _is_a_slip(one, other):
                near[one].add(other)
                near[other].add(one)
    return near


def _folded(name: str) -> str:
    folded = name.casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


def _shortened(text: str) -> Iterator[str]:
    """The text, and it without each of its letters: two texts a slip apart have one of these in common.

    Digits stay: they are the same in both.
    """
    yield text
    for at, sign in enumerate(text):
        if not sign.isdigit():
            yield text[:at] + text[at + 1 :]


def _is_a_slip(one: str, other: str) -> bool:
    """Whether one letter was left out, added or mistaken, or two swapped; another digit is another name."""
    if [sign for sign in one if sign.isdigit()] != [sign for sign in other if sign.isdigit()]:
        return False
    short, long = sorted((one, other), key=len)
    at = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]
