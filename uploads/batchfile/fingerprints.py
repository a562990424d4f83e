"""Fingerprints of ids: what is known of an id without keeping it.

The hash is multilinear: every 32 bits of it are the upper half of a sum of the id's 32-bit words and its
size, each times a 64-bit number of its own that comes from the key. For whoever does not know the key, two
ids collide in each with a probability of 2 to the power of -32, however they were chosen; and it takes a
few vector operations for thousands of ids.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from .encoding import decode_text
from .parts import row_blocks

FINGERPRINTS_NAME = "fingerprints.u64"
FINGERPRINT = np.dtype("<u8")
KEY_BYTES = 64
WORD_BYTES = 4
_WORDS = np.dtype("<u4")
# 32-bit lanes: two make the fingerprint, the other two tell ids apart that share one.
_LANES = 4
_UPPER_HALF = np.uint64(0xFFFF_FFFF_0000_0000)
_HALF = np.uint64(32)
# Fingerprints of two files that are held side by side, at most about so many.
_SIDE_BY_SIDE = 200_000
# The first bits tell of most fingerprints that they are not known: 16 MB, looked into in ascending order.
_FIRST_BITS = 24
_SHIFT = np.uint64(64 - _FIRST_BITS)
# So many times fewer are looked up one by one.
_FEW = 16


class IdHash:
    """Hashes ids with one key.

    key: at most KEY_BYTES bytes.
    """

    def __init__(self, key: bytes):
        self._key = key
        self._factors = np.empty((0, _LANES), FINGERPRINT)

    def of_texts(self, ids: Sequence[str]) -> np.ndarray:
        """The hashes of ids, a line of two 64-bit integers each; the first is the fingerprint."""
        encoded = [id_.encode("utf-8") for id_ in ids]
        hashes = np.empty((len(ids), 2), FINGERPRINT)
        alike: dict[int, list[int]] = {}
        for place, id_ in enumerate(encoded):
            # Padded to the next power of two: one long id must not make all others as long.
            alike.setdefault(1 << max(len(id_) - 1, WORD_BYTES).bit_length(), []).append(place)
        for width, places in alike.items():
            padded = b"".join(encoded[place].ljust(width, b"\0") for place in places)
            matrix = np.frombuffer(padded, np.uint8).reshape(-1, width)
            sizes = np.array([len(encoded[place]) for place in places])
            hashes[places] = self._of_bytes(matrix, sizes)
        return hashes

    def factors(self, id_bytes: int) -> np.ndarray:
        """What an id of so many bytes is multiplied with: a line each for 1, its size and its words."""
        count = 2 + -(-id_bytes // WORD_BYTES)
        if count > len(self._factors):
            # A longer stream begins with the same bytes.
            stream = hashlib.shake_256(self._key).digest(2 * count * _LANES * FINGERPRINT.itemsize)
            self._factors = np.frombuffer(stream, FINGERPRINT).reshape(-1, _LANES)
        return self._factors

    def _of_bytes(self, ids: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """The same of ids in UTF-8, one in each line of a matrix of bytes, NUL bytes behind its end."""
        words = ids.view(_WORDS).astype(FINGERPRINT)
        factors = self.factors(ids.shape[1])[: 2 + words.shape[1]]
        sums = words @ factors[2:] + sizes.astype(FINGERPRINT)[:, None] * factors[1] + factors[0]
        return (sums[:, 0::2] & _UPPER_HALF) | (sums[:, 1::2] >> _HALF)


def fingerprint(id_: str, key: bytes) -> int:
    """The fingerprint of an id: the first half of its hash, as an unsigned 64-bit integer.

    Two ids of 500,000 share one by chance once in 150 million files: a hit is to be confirmed by the id.
    """
    return int(IdHash(key).of_texts([id_])[0, 0])


def write_fingerprints(path: Path, ascending_runs: Iterable[np.ndarray]) -> None:
    """Write fingerprints as little-endian 64-bit integers; each run goes on above the one before."""
    with path.open("wb") as file:
        for run in ascending_runs:
            run.astype(FINGERPRINT, copy=False).tofile(file)


def write_fingerprints_of(parts: Iterable[Path], key: bytes, path: Path) -> None:
    """Write those of the ids in written parts, where none were kept; held in memory, 8 bytes an id."""
    hashes = IdHash(key)
    found = [np.empty(0, FINGERPRINT)]
    for rows in row_blocks(parts):
        ids = [decode_text(row.partition(b",")[0].decode("ascii")) for row in rows.splitlines()]
        found.append(hashes.of_texts(ids)[:, 0])
    write_fingerprints(path, [np.sort(np.concatenate(found))])


def read_fingerprints(path: Path) -> np.ndarray:
    """The fingerprints in a file, ascending; mapped, not loaded. No file but an empty one is refused."""
    if path.stat().st_size == 0:
        return np.empty(0, FINGERPRINT)
    return np.memmap(path, FINGERPRINT, "r")


def shared_fingerprints(mine: Path, earlier: Sequence[Path]) -> list[np.ndarray]:
    """For each of the earlier files the fingerprints that it shares with mine, ascending, each once.

    That two ids share one is no proof that they are the same; see `fingerprint`.
    """
    nothing, known = np.empty(0, FINGERPRINT), KnownFingerprints(mine)
    return [np.concatenate([nothing, *known.shared_runs(path)]) for path in earlier]


class KnownFingerprints:
    """Those of one file, among which those of others are looked for, in memory that grows with none."""

    def __init__(self, path: Path):
        self._known = read_fingerprints(path)
        self._begins_known = np.zeros(1 << _FIRST_BITS, np.bool_)
        for at in range(0, len(self._known), _SIDE_BY_SIDE):
            self._begins_known[self._known[at : at + _SIDE_BY_SIDE] >> _SHIFT] = True

    def shared_runs(self, path: Path) -> Iterator[np.ndarray]:
        """Those of another file that are known, in ascending runs, each once."""
        files = [np.asarray(self._known), np.asarray(read_fingerprints(path))]
        runs = 1 + sum(map(len, files)) // _SIDE_BY_SIDE
        begins = np.array([2**64 * run // runs for run in range(1, runs)], FINGERPRINT)
        bounds = [[0, *known.searchsorted(begins).tolist(), len(known)] for known in files]
        for run in range(runs):
            known, others = (
                file[places[run] : places[run + 1]] for file, places in zip(files, bounds, strict=True)
            )
            # As signed integers, which numpy takes for places as they are.
            firsts = (others >> _SHIFT).view(np.intp)
            may_be_known = self._begins_known.take(firsts)
            is_worth_it = np.count_nonzero(may_be_known) * _FEW < len(known)
            yield _looked_up(known, others[may_be_known]) if is_worth_it else _merged(known, others)


def _looked_up(known: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What both have, each once; both ascend, and the others are few."""
    others = _distinct(others)
    return others[known[np.minimum(known.searchsorted(others), len(known) - 1)] == others]


def _merged(known: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The same of many: to merge what is in order takes less time than to look each up."""
    merged = np.sort(np.concatenate([_distinct(known), _distinct(others)]), kind="stable")
    return merged[1:][merged[1:] == merged[:-1]]


def _distinct(ascending: np.ndarray) -> np.ndarray:
    is_repeated = ascending[1:] == ascending[:-1]
    return ascending[np.append(True, ~is_repeated)] if is_repeated.any() else ascending
