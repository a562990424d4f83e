"""A batch of 500,000 visitors beside 20 earlier ones as large: what it costs to find what Target would lose.

`make bench ARGS="--only overlap"`. Every run is a process of its own, as in the bench of checks, and what is
told are medians of ratios within a round. Fingerprints are measured against numpy's way to find those in
common, the rest against a bare `csv.reader` pass over the parts of all 21 batches.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from uploads.batchfile import FINGERPRINTS_NAME, EarlierBatch
from uploads.batchfile.fingerprints import IdHash, write_fingerprints

KEY = b"of the bench"
FOUND = "found.sqlite3"
BARE, SHARED, BY_ISIN, COMPARE, CARRY = (
    "csv.reader, 21 parts",
    "shared_fingerprints",
    "numpy.isin",
    "compare",
    "carry_over",
)
#: The share of the visitors that each earlier batch has as well.
_SHARES = (0.0, 0.03, 1.0)
# What is measured by which unit, and how many of these it may take.
_AIMS = ((SHARED, BY_ISIN, 0.3), (COMPARE, BARE, 2.0), (CARRY, BARE, 2.0))
_MOST_MEMORY = 150.0
_IDS_AT_A_TIME = 10_000


def main() -> None:
    """Write the batches, measure, print the tables and what falls short."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.overlap", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--visitors", type=int, default=500_000, metavar="N", help="of each batch")
    parser.add_argument("--batches", type=int, default=20, metavar="N", help="earlier ones")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    _say(f"{options.visitors:,} visitors, {options.batches} earlier batches as large.")
    short: list[str] = []
    for share in _SHARES:
        with tempfile.TemporaryDirectory(prefix="bulkprofile-bench-") as folder:
            _write(Path(folder), options, share)
            short += _measure(Path(folder), options.rounds, share)
    _say("\n" + ("\n".join(f"Short of the aim: {line}" for line in short) if short else "All aims are met."))


def batches_in(folder: Path) -> list[EarlierBatch]:
    """The batches there, the one that is compared first."""
    return [
        EarlierBatch(number, [path / "part-0001.csv"], path / FINGERPRINTS_NAME)
        for number, path in enumerate(sorted(folder.glob("batch-*")))
    ]


def _write(folder: Path, options: argparse.Namespace, share: float) -> None:
    """The batches; each earlier one has attributes that the first one lacks, and one of its own."""
    _write_batch(
        folder / "batch-00", 0, options.visitors, "tier,city,note", "gold,K%C3%B6ln,made-up%20visitor"
    )
    first = int(options.visitors * (1 - share))
    for number in range(1, options.batches + 1):
        names = f"tier,renewal,own-{number},note"
        row = "gold,2027-01-01,value%20of%20its%20own,made-up%20visitor%20of%20the%20bench"
        _write_batch(folder / f"batch-{number:02d}", first, options.visitors, names, row)


def _write_batch(folder: Path, first: int, visitors: int, names: str, row: str) -> None:
    folder.mkdir()
    id_hash, fingerprints = IdHash(KEY), []
    with (folder / "part-0001.csv").open("w", encoding="ascii") as file:
        file.write(f"batch=thirdPartyId,{names}\n")
        for begin in range(first, first + visitors, _IDS_AT_A_TIME):
            ids = [f"visitor-{number:09d}" for number in range(begin, begin + _IDS_AT_A_TIME)]
            file.writelines(f"{id_},{row}\n" for id_ in ids)
            fingerprints.append(id_hash.of_texts(ids)[:, 0])
    write_fingerprints(folder / FINGERPRINTS_NAME, [np.sort(np.concatenate(fingerprints))])


def _measure(folder: Path, rounds: int, share: float) -> list[str]:
    """Run all in turn; what falls short."""
    seconds: dict[str, list[float]] = {}
    megabytes: dict[str, list[float]] = {}
    for _round in range(rounds):
        for name in (BARE, SHARED, BY_ISIN, COMPARE, CARRY):
            command = [sys.executable, "-m", "tests.bench.contenders", name, str(folder), "{}"]
            result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            seconds.setdefault(name, []).append(result["seconds"])
            megabytes.setdefault(name, []).append(result["megabytes"])
    _say(f"\n{f'{share:.0%} shared':<22}{'x':>8}{'of':>22}{'aim':>6}{'CPU s':>8}{'peak MB':>9}")
    short = []
    for name, unit, most in _AIMS:
        ratio = median(own / of for own, of in zip(seconds[name], seconds[unit], strict=True))
        peak = max(megabytes[name])
        _say(f"{name:<22}{ratio:>8.2f}{unit:>22}{most:>6.1f}{median(seconds[name]):>8.2f}{peak:>9.0f}")
        if ratio > most:
            short.append(f"{name} with {share:.0%} shared takes {ratio:.2f} x {unit}, the aim is {most}")
        if peak > _MOST_MEMORY and unit == BARE:
            short.append(f"{name} with {share:.0%} shared takes {peak:.0f} MB, the aim is {_MOST_MEMORY:.0f}")
    return short


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
