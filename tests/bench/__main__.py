"""`make bench`: our check beside the yardsticks, interleaved; `ARGS` holds the options below.

Every run is a process of its own. A round runs each contender once, so that a machine that slows down slows
all of them; what is told is the median of the ratios to the bare pass of the same round. Time is that of the
processor, of all threads together: what else the machine does counts for little.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

from tests.bench.datasets import DATA_SETS, DataSet
from uploads.batchfile import detect

_MEGABYTE = 1_000_000
_MOST_MEMORY = 120.0
_MOST_GROWTH = 1.3
_BIG = 1_000
_UNIT = "csv.reader"
_RATIO = "x bare"
_CHECK = "check"
_AUDIT, _PAGES, _OVERLAP = "audit", "pages", "overlap"
# Rows of the slice for what would take minutes over the whole file.
_SLICES = {"frictionless": 20_000, "import-export": 2_000}
_YARDSTICKS = ("sha256", "polars", "pandas", "check, reference")


@dataclass
class Figures:
    """What the runs of one contender over one file took, in the order of the rounds."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def ratio(self, unit: "Figures") -> float:
        """The median of its multiples of the unit's run in the same round."""
        return median(own / of for own, of in zip(self.seconds, unit.seconds, strict=True))

    @property
    def peak(self) -> float:
        """The highest megabytes above the idle interpreter."""
        return max(self.megabytes)


def main() -> None:
    """Measure what the arguments choose, print the tables and what falls short."""
    options = _options()
    if options.only not in (_AUDIT, _PAGES, _OVERLAP):
        _measure_checks(options)
    if options.only in (None, _AUDIT):
        _say("")
        command = [sys.executable, "-m", "tests.bench.audit_log", "--events", str(options.events)]
        subprocess.run(command, check=True)
    if options.only in (None, _PAGES):
        _say("")
        subprocess.run([sys.executable, "-m", "tests.bench.pages"], check=True)
    if options.only in (None, _OVERLAP):
        _say("")
        subprocess.run([sys.executable, "-m", "tests.bench.overlap"], check=True)


def _measure_checks(options: argparse.Namespace) -> None:
    chosen = [data for data in DATA_SETS if options.only in (None, data.name)]
    short: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bulkprofile-bench-") as folder:
        _say(f"Data sets of {options.size} MB, medians of {options.rounds} rounds, processor time.")
        _say(f"\n{'data set':<12}{_RATIO:>8}{'aim':>6}{'peak MB':>9}   what it is")
        per_megabyte = {}
        for data in chosen:
            path = Path(folder) / "data.csv"
            data.write(path, options.size * _MEGABYTE)
            found = _measure(path, (_UNIT, _CHECK), options.rounds)
            ratio, peak = found[_CHECK].ratio(found[_UNIT]), found[_CHECK].peak
            per_megabyte[data.name] = median(found[_CHECK].seconds) / options.size
            _say(f"{data.name:<12}{ratio:>8.2f}{data.limit:>6.1f}{peak:>9.0f}   {data.about}")
            short += _shortfalls(data.name, ratio, data.limit, peak)
        if not options.skip_yardsticks:
            _compare_yardsticks(Path(folder), options)
        if options.big:
            short += _measure_big(Path(folder), chosen[0], per_megabyte[chosen[0].name])
    _say("\n" + ("\n".join(f"Short of the aim: {line}" for line in short) if short else "All aims are met."))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=46, metavar="MB", help="megabytes of each data set")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of each data set")
    names = [*(data.name for data in DATA_SETS), _AUDIT, _PAGES, _OVERLAP]
    parser.add_argument(
        "--only", choices=names, help="one data set, the audit log, the pages, or the overlap"
    )
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="of the audit log")
    parser.add_argument("--big", action="store_true", help="the first set with 1 GB as well")
    parser.add_argument("--skip-yardsticks", action="store_true", help="without the other tools")
    return parser.parse_args()


def _compare_yardsticks(folder: Path, options: argparse.Namespace) -> None:
    """The other ways, over the clean set or a slice of it: not all of them survive a row that is too long."""
    path = folder / "data.csv"
    clean = next(data for data in DATA_SETS if data.name == "clean")
    clean.write(path, options.size * _MEGABYTE)
    _say(f"\n{'yardstick':<18}{_RATIO:>8}{'peak MB':>9}   over {clean.name!r}")
    rounds = min(options.rounds, 3)
    found = _measure(path, (_UNIT, *_YARDSTICKS), rounds)
    for name in _YARDSTICKS:
        _say(f"{name:<18}{found[name].ratio(found[_UNIT]):>8.2f}{found[name].peak:>9.0f}")
    for name, rows in _SLICES.items():
        part = folder / "slice.csv"
        with path.open("rb") as whole:
            part.write_bytes(b"".join(islice(whole, rows + 1)))
        found = _measure(part, (_UNIT, name), rounds)
        ratio, peak = found[name].ratio(found[_UNIT]), found[name].peak
        _say(f"{name:<18}{ratio:>8.1f}{peak:>9.0f}   the first {rows:,} rows")


def _measure_big(folder: Path, data: DataSet, cost: float) -> list[str]:
    """One run over 1 GB; `cost` is the seconds a megabyte of the usual size."""
    path = folder / "data.csv"
    data.write(path, _BIG * _MEGABYTE)
    found = _measure(path, (_UNIT, _CHECK), 1)
    growth = found[_CHECK].seconds[0] / _BIG / cost
    ratio, peak = found[_CHECK].ratio(found[_UNIT]), found[_CHECK].peak
    _say(f"\n1 GB of {data.name!r}: {ratio:.2f} {_RATIO}, {growth:.2f} of the cost a megabyte, {peak:.0f} MB")
    short = _shortfalls(f"{data.name} of 1 GB", ratio, data.limit, peak)
    if growth > _MOST_GROWTH:
        short.append(f"a megabyte of 1 GB costs {growth:.2f} times as much, the aim is {_MOST_GROWTH}")
    return short


def _measure(path: Path, names: tuple[str, ...], rounds: int) -> dict[str, Figures]:
    """Run the contenders in turn; the first, unmeasured read brings the file into the cache."""
    with path.open("rb") as file:
        reading = json.dumps(detect(file).reading.to_json())
    found = {name: Figures() for name in names}
    for _round in range(rounds):
        for name in names:
            command = [sys.executable, "-m", "tests.bench.contenders", name, str(path), reading]
            result = json.load(io.BytesIO(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
            found[name].seconds.append(result["seconds"])
            found[name].megabytes.append(result["megabytes"])
    return found


def _shortfalls(name: str, ratio: float, limit: float, peak: float) -> list[str]:
    short = []
    if ratio > limit:
        short.append(f"{name} takes {ratio:.2f} {_RATIO}, the aim is {limit:.0f}")
    if peak > _MOST_MEMORY:
        short.append(f"{name} takes {peak:.0f} MB, the aim is {_MOST_MEMORY:.0f}")
    return short


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
