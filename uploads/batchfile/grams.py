"""Which four bytes stand behind one another in a text of many lines: a search passes over most by it."""

import numpy as np

_LENGTH = 4
_BITS = 16
# Odd, and with bits all over: neighbouring bytes are to end up far from one another.
_FACTOR = np.uint32(0x9E3779B1)


def alike(text: str) -> str:
    """The text in the case in which values are searched."""
    # The one letter whose lower case depends on what stands beside it, perhaps in another value.
    return text.lower().replace("\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK SMALL LETTER SIGMA}")


def grams_of(text: str) -> bytes:
    """A bit for each hash of four bytes that occur in the text, 8 kB in all; upper and lower case alike."""
    bits = np.zeros(1 << _BITS, bool)
    bits[_hashes(text)] = True
    return np.packbits(bits).tobytes()


class WantedGrams:
    """The four bytes of a text that is looked for; a text of less than four passes over nothing."""

    def __init__(self, text: str):
        places = np.unique(_hashes(text))
        self._bits = [(place >> 3, 0x80 >> (place & 7)) for place in places.tolist()]

    def may_be_in(self, grams: bytes) -> bool:
        """Whether a text with these grams may have the one looked for; False is certain."""
        return all(grams[byte] & mask for byte, mask in self._bits)


def _hashes(text: str) -> np.ndarray:
    every = np.frombuffer(alike(text).encode("utf-8", "surrogatepass"), np.uint8).astype(np.uint32)
    if len(every) < _LENGTH:
        return np.zeros(0, np.uint32)
    fours = every[:-3] | every[1:-2] << 8 | every[2:-1] << 16 | every[3:] << 24
    return fours * _FACTOR >> np.uint32(32 - _BITS)
