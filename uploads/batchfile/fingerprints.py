"""Fingerprints of ids: what is known of an id without keeping it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

FINGERPRINTS_NAME = "fingerprints.u64"
FINGERPRINT = np.dtype("<u8")
KEY_BYTES = 64
_DIGEST_BYTES = 16


def digest(id_: str, key: bytes) -> bytes:
    """The keyed 128-bit hash of an id; nobody without the key can make two ids collide on purpose.

    key: at most KEY_BYTES bytes.
    """
    return hashlib.blake2b(id_.encode("utf-8"), digest_size=_DIGEST_BYTES, key=key).digest()


def fingerprint(id_: str, key: bytes) -> int:
    """The fingerprint of an id: the first half of its hash, as an unsigned 64-bit integer.

    Two ids of 500,000 share one by chance once in 150 million files: a hit is to be confirmed by the id.
    """
    return int(np.frombuffer(digest(id_, key), FINGERPRINT, 1)[0])


def write_fingerprints(path: Path, ascending_runs: Iterable[np.ndarray]) -> None:
    """Write fingerprints as little-endian 64-bit integers; each run goes on above the one before."""
    with path.open("wb") as file:
        for run in ascending_runs:
            run.astype(FINGERPRINT, copy=False).tofile(file)


def read_fingerprints(path: Path) -> np.ndarray:
    """The fingerprints in a file, ascending; mapped, not loaded. No file but an empty one is refused."""
    if path.stat().st_size == 0:
        return np.empty(0, FINGERPRINT)
    return np.memmap(path, FINGERPRINT, "r")
