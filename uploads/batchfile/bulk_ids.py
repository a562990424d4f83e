"""The hashes of many ids at once; see `fingerprints`."""

import numpy as np

from .compiling import compiled
from .fingerprints import FINGERPRINT, WORD_BYTES, IdHash
from .tables import Table

_UPPER_HALF = np.uint64(0xFFFF_FFFF_0000_0000)
_HALF = np.uint64(32)


def hashes_of_cells(id_hash: IdHash, table: Table, cells: np.ndarray) -> np.ndarray:
    """The hashes of the ids in these cells of a table, as `IdHash.of_texts` has them."""
    hashes = np.empty((len(cells), 2), FINGERPRINT)
    longest = int((table.ends[cells] - table.starts[cells]).max(initial=0))
    _hash(table.cells, cells, id_hash.factors(longest), WORD_BYTES, hashes)
    return hashes


@compiled
def _hash(cells, ids, factors, word_bytes, hashes):
    lanes = factors.shape[1]
    sums = np.empty(lanes, np.uint64)
    for number, cell in enumerate(ids):
        begin, end = cells.starts[cell], cells.ends[cell]
        for lane in range(lanes):
            sums[lane] = factors[0, lane] + np.uint64(end - begin) * factors[1, lane]
        for offset in range(0, end - begin, word_bytes):
            word = np.uint64(0)
            for place in range(begin + offset, min(begin + offset + word_bytes, end)):
                word |= np.uint64(cells.data[place]) << np.uint64(8 * (place - begin - offset))
            for lane in range(lanes):
                sums[lane] += word * factors[2 + offset // word_bytes, lane]
        for half in range(lanes // 2):
            hashes[number, half] = (sums[2 * half] & _UPPER_HALF) | (sums[2 * half + 1] >> _HALF)
