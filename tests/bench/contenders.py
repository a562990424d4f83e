"""One run of one contender over one file, in a process of its own: its time and its memory.

`python -m tests.bench.contenders NAME FILE READING` prints a JSON object with `seconds` of processor time,
of all threads and imports left out, and `megabytes`: the peak of resident memory above what the idle
interpreter had after its imports.
"""

import csv
import gc
import hashlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import overlap

_BLOCK = 1_048_576
_KEY = b"of the bench"


def bare_reader(path: Path, reading: dict) -> Callable[[], None]:
    """One pass of csv.reader that looks at nothing: the unit of all ratios."""

    def run() -> None:
        encoding = "utf-16" if reading["encoding"].startswith("utf-16") else "utf-8-sig"
        with path.open(encoding=encoding, newline="") as file:
            for _cells in csv.reader(file, delimiter=reading["delimiter"]):
                pass

    return run


def our_check(path: Path, reading: dict, **choices) -> Callable[[], None]:
    """The whole job: problems, figures, duplicates, fingerprints and parts on disk."""
    from uploads.batchfile import ProblemStore, Reading, check, warm_up

    warm_up()

    def run() -> None:
        with (
            tempfile.TemporaryDirectory() as work,
            path.open("rb") as stream,
            ProblemStore.create(Path(work) / "problems.sqlite3") as problems,
        ):
            check(
                stream,
                Reading.from_json(reading),
                problems=problems,
                parts_dir=Path(work) / "parts",
                fingerprint_key=_KEY,
                **choices,
            )

    return run


def our_reference(path: Path, reading: dict) -> Callable[[], None]:
    """The same by the reference, row by row."""
    return our_check(path, reading, row_by_row=True)


def source_hash(path: Path, _reading: dict) -> Callable[[], None]:
    """Reading the bytes and their SHA-256: the least that anything here can cost."""

    def run() -> None:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)

    return run


def polars_read(path: Path, _reading: dict) -> Callable[[], None]:
    """polars reads the file, as text; nothing is checked."""
    import polars

    return lambda: polars.read_csv(path, infer_schema=False)


def pandas_checks(path: Path, _reading: dict) -> Callable[[], None]:
    """pandas reads the file and finds the rows with wrong ids; it encodes and reports nothing."""
    import pandas

    def run() -> None:
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False, on_bad_lines="skip")
        ids, values = frame.iloc[:, 0], frame.iloc[:, 1:]
        wrong = (ids == "") | ids.str.contains("[+/]") | (ids.str.len() > 256) | ids.duplicated()
        wrong |= (values == "").all(axis=1)
        for name in values:
            wrong |= values[name].str.contains("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
            wrong |= values[name].str.len() > 256
        wrong.sum()

    return run


def frictionless_validate(path: Path, _reading: dict) -> Callable[[], None]:
    """frictionless validates the shape of the rows, and that ids are there, short and unique."""
    import frictionless

    with path.open(encoding="utf-8", newline="") as file:
        fields = [{"name": name, "type": "string"} for name in next(csv.reader(file))]
    fields[0]["constraints"] = {"required": True, "unique": True, "maxLength": 256, "pattern": "[^+/]*"}
    schema = frictionless.Schema.from_descriptor({"fields": fields})

    def run() -> None:
        with frictionless.system.use_context(trusted=True):
            frictionless.Resource(str(path), schema=schema).validate()

    return run


def import_export_dry_run(path: Path, _reading: dict) -> Callable[[], None]:
    """django-import-export's dry run of the file into an empty table with these columns."""
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["import_export"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    )
    django.setup()
    import tablib
    from django.db import connection, models
    from import_export import resources

    with path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    fields = {name: models.CharField(max_length=256, blank=True) for name in names[1:]}
    fields[names[0]] = models.CharField(max_length=256, primary_key=True)
    meta = type("Meta", (), {"app_label": "bench"})
    model = type("Profile", (models.Model,), fields | {"__module__": __name__, "Meta": meta})
    with connection.schema_editor() as editor:
        editor.create_model(model)
    resource_class = resources.modelresource_factory(model)

    def run() -> None:
        data = tablib.Dataset().load(path.read_text("utf-8"), format="csv")
        # The resource looks rows up by a column "id" unless told which one is the key.
        made = resource_class()
        made._meta.import_id_fields = [names[0]]
        made.import_data(data, dry_run=True)

    return run


def bare_readers(folder: Path, _reading: dict) -> Callable[[], None]:
    """One pass of csv.reader over the parts of all batches: the unit of what comparing them costs."""

    def run() -> None:
        for batch in overlap.batches_in(folder):
            for part in batch.parts:
                with part.open(encoding="ascii", newline="") as file:
                    for _cells in csv.reader(file):
                        pass

    return run


def fingerprints_in_common(folder: Path, _reading: dict) -> Callable[[], None]:
    """What the first batch's fingerprints share with those of each other one."""
    from uploads.batchfile import shared_fingerprints

    mine, *earlier = (batch.fingerprints for batch in overlap.batches_in(folder))
    return lambda: shared_fingerprints(mine, earlier)


def fingerprints_by_isin(folder: Path, _reading: dict) -> Callable[[], None]:
    """The same by numpy.isin."""
    import numpy

    mine, *earlier = (numpy.fromfile(batch.fingerprints, "<u8") for batch in overlap.batches_in(folder))
    return lambda: [numpy.isin(mine, other) for other in earlier]


def our_comparison(folder: Path, _reading: dict) -> Callable[[], None]:
    """The whole comparison of the first batch with all others."""
    from uploads.batchfile import compare, warm_up

    warm_up()
    mine, *earlier = overlap.batches_in(folder)
    files = {"output": folder / overlap.FOUND, "work": folder}
    return lambda: compare(mine.parts, mine.fingerprints, earlier, key=overlap.KEY, **files)


def our_carrying_over(folder: Path, _reading: dict) -> Callable[[], None]:
    """The first batch's parts written anew with all that would be lost."""
    from uploads.batchfile import carry_over

    mine, *_earlier = overlap.batches_in(folder)
    return lambda: carry_over(mine.parts, folder / overlap.FOUND, folder / "carried")


CONTENDERS = {
    "csv.reader": bare_reader,
    "check": our_check,
    "check, reference": our_reference,
    "sha256": source_hash,
    "polars": polars_read,
    "pandas": pandas_checks,
    "frictionless": frictionless_validate,
    "import-export": import_export_dry_run,
    overlap.BARE: bare_readers,
    overlap.SHARED: fingerprints_in_common,
    overlap.BY_ISIN: fingerprints_by_isin,
    overlap.COMPARE: our_comparison,
    overlap.CARRY: our_carrying_over,
}


def _resident(field: str) -> float:
    """Megabytes of this process's memory: `VmRSS` now, `VmHWM` at its peak.

    The peak that getrusage tells begins with the parent's on Linux; elsewhere there is no other.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000
    line = next(line for line in status.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1_000_000


def main(name: str, path: str, reading: str) -> None:
    """Run one contender and print what it took."""
    run = CONTENDERS[name](Path(path), json.loads(reading))
    gc.collect()
    idle = _resident("VmRSS")
    began = time.process_time()
    run()
    seconds = time.process_time() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": _resident("VmHWM") - idle}))


if __name__ == "__main__":
    main(*sys.argv[1:])
