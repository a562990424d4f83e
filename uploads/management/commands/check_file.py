"""`manage.py check_file`: the check of the web pages, for people without a browser.

It uses neither a database nor Redis.
"""

import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TextIO

from django.core.management.base import BaseCommand, CommandError

from uploads import explanations
from uploads.batchfile import (
    BATCH_PREFIX,
    CODES,
    KEYS,
    PART_NAME,
    UNPROVEN_VALUES,
    ProblemStore,
    Reading,
    ReadingError,
    Summary,
    check,
    correction_lines,
    detect,
)

EVERY_ROW_MAY_GO = 0
SOME_ROWS_HAVE_ERRORS = 1
CANNOT_BE_USED = 2

_SHOWN_FILE_PROBLEMS = 20
# The options that name files about the problems.
_OUTPUTS = ("problems", "report")


class Command(BaseCommand):
    """Checks one file; the exit status tells whether all of it, some of it or none of it may go."""

    help = (
        "Check a file of visitor profiles as the web pages do, and make its batch files. Exit status 0: "
        "every row may go (warnings allowed); 1: some rows have errors; 2: the file cannot be used."
    )
    requires_system_checks = ()
    _arguments_are_good = False

    def add_arguments(self, parser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", metavar="PATH", help="the file to check: CSV, or already a batch file")
        parser.add_argument("--key", choices=sorted(KEYS, reverse=True), help="the kind of the visitors' id")
        parser.add_argument("--key-column", metavar="NAME", help="the header's name of the id's column")
        parser.add_argument("--reading", metavar="FILE.json", help="how to read the file, as JSON")
        parser.add_argument(
            "--problems", metavar="OUT.csv", help="write every problem to this file, for programs"
        )
        parser.add_argument(
            "--report", metavar="OUT.csv", help="write the rows with problems to this file, to be corrected"
        )
        parser.add_argument("--parts", metavar="DIR", help="write the batch files to this folder")
        parser.add_argument(
            "--unproven-values",
            choices=UNPROVEN_VALUES,
            default="notice",
            help="what to do with values that contain a comma or a line break",
        )
        parser.add_argument(
            "--ecid",
            action="store_true",
            help="refuse a file by pcId, as version 2 does for an account that uses ECIDs",
        )
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def run_from_argv(self, argv: list[str]) -> None:
        """As Django does; with --json, wrong arguments are answered with an object as well."""
        try:
            super().run_from_argv(argv)
        except SystemExit as stop:
            if stop.code == CANNOT_BE_USED and not self._arguments_are_good and "--json" in argv:
                self._print_json(_failure("The arguments are wrong; the usage is on standard error."))
            raise

    def handle(self, *args, **options) -> None:
        """Check the file, print the result, and leave by the exit status."""
        self._arguments_are_good = True
        try:
            summary, reading = self._check(options)
        except (OSError, sqlite3.Error, ReadingError, CommandError) as error:
            if not options["json"]:
                raise CommandError(_in_words(error), returncode=CANNOT_BE_USED) from None
            self._print_json(_failure(_in_words(error)))
            sys.exit(CANNOT_BE_USED)
        if options["json"]:
            self._print_json(_result(summary, reading))
        if not summary.usable:
            sys.exit(CANNOT_BE_USED)
        if summary.rejected:
            sys.exit(SOME_ROWS_HAVE_ERRORS)

    def _check(self, options: dict) -> tuple[Summary, Reading]:
        path = Path(options["path"])
        parts_dir = Path(options["parts"]) if options["parts"] is not None else None
        outputs = [Path(options[name]) if options[name] is not None else None for name in _OUTPUTS]
        with _opened(path) as stream, tempfile.TemporaryDirectory(prefix="bulkprofile-") as work:
            reading = _reading(stream, options)
            _refuse_to_overwrite(path, options["reading"], outputs, parts_dir)
            store_path = Path(work) / "problems.sqlite3"
            # Opened first: an output that cannot be written is told before a long check, not after it.
            with _output(outputs[0]) as problems_file, _output(outputs[1]) as report_file:
                with ProblemStore.create(store_path) as problems:
                    progress = None if options["json"] else self._show_progress
                    summary = check(
                        stream,
                        reading,
                        problems=problems,
                        parts_dir=parts_dir,
                        progress=progress,
                        unproven_values=options["unproven_values"],
                        takes_pcids=not options["ecid"],
                    )
                with ProblemStore.open(store_path) as store:
                    if problems_file is not None:
                        problems_file.writelines(explanations.report_lines(store))
                    if report_file is not None:
                        report_file.writelines(
                            correction_lines(stream, reading, store, explanations.explain_beside_row)
                        )
                    if not options["json"]:
                        self._show_for_now("")
                        self._print_summary(path, summary, store)
        return summary, reading

    def _show_progress(self, bytes_read: int, rows: int) -> None:
        self._show_for_now(f"{bytes_read / 1_000_000:,.0f} MB, {rows:,} rows")

    def _show_for_now(self, text: str) -> None:
        """Show a line that the next one overwrites, to people only."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{text:<40}\r", style_func=str, ending="")

    def _print_json(self, result: dict) -> None:
        self.stdout.write(json.dumps(result))

    def _print_summary(self, path: Path, summary: Summary, store: ProblemStore) -> None:
        lines = [_headline(path, summary)]
        if summary.usable:
            lines += [
                f"  accepted  {summary.accepted:>11,}   ({summary.warnings:,} with warnings)",
                f"  rejected  {summary.rejected:>11,}",
                f"  skipped   {summary.skipped:>11,}   (no content)",
            ]
            lines += [
                f"  {code}: {summary.problems_by_code[code]:,} ({about.severity}). "
                f"{explanations.title(code)}; {explanations.advice(code)}"
                for code, about in CODES.items()
                if code in summary.problems_by_code
            ]
            lines += [
                f"  {notice.code} ({CODES[notice.code].severity}). {explanations.explain_notice(notice)}"
                for notice in summary.notices
            ]
            lines += [
                f"  part {number}: {part.rows:,} rows, {part.bytes:,} bytes"
                + (f", {part.path}" if part.path else "")
                for number, part in enumerate(summary.parts, start=1)
            ]
        else:
            lines += [
                f"  line {problem.line}: {problem.code} {problem.column}".rstrip()
                + f": {explanations.explain(problem)}"
                for problem in store.page(limit=_SHOWN_FILE_PROBLEMS)
            ]
        self.stdout.write("\n".join(lines).encode("utf-8", "backslashreplace").decode("utf-8"))


def _opened(path: Path) -> BinaryIO:
    if not path.exists():
        raise CommandError(f"There is no file {path}.")
    if not path.is_file():
        raise CommandError(f"{path} is not a regular file.")
    return path.open("rb")


def _reading(stream: BinaryIO, options: dict) -> Reading:
    """How to read the file: as --key and --key-column say, else --reading, else as it looks.

    A key column that detection only supposes is never taken: the header or the caller names it.
    """
    stored = {} if options["reading"] is None else _stored(Path(options["reading"]))
    looks = replace(_as_it_looks(stream, stored), key=None, key_column=None)
    reading = Reading.from_json(stored, looks)
    chosen = {name: options[name] for name in ("key", "key_column") if options[name] is not None}
    return replace(reading, **chosen)


def _stored(source: Path) -> object:
    try:
        return json.loads(source.read_bytes())
    except (ValueError, RecursionError):
        raise CommandError(f"{source} does not hold JSON.") from None


def _as_it_looks(stream: BinaryIO, stored: object) -> Reading:
    """What detection proposes beside the encoding, delimiter and sheet that are chosen already."""
    if not isinstance(stored, dict):
        return Reading()
    asked = {name: stored[name] for name in ("encoding", "delimiter") if stored.get(name) is not None}
    Reading.from_json(asked)  # before detection works with them
    sheet = stored.get("sheet")
    return detect(stream, **asked, sheet=sheet if isinstance(sheet, str) else None).reading


def _refuse_to_overwrite(
    source: Path, reading: str | None, outputs: Iterable[Path | None], parts_dir: Path | None
) -> None:
    """Raise CommandError where an output would replace an input, or a file that is not ours to replace."""
    inputs = [source] + ([Path(reading)] if reading is not None else [])
    written = [output for output in outputs if output is not None]
    for output in written:
        if output.exists() and any(output.samefile(path) for path in inputs):
            raise CommandError(f"The problems would overwrite {output}, which is read.")
    if len({output.resolve() for output in written}) < len(written):
        raise CommandError(f"The problems and the report cannot both go to {written[0]}.")
    if parts_dir is None:
        return
    for output in written:
        if PART_NAME.fullmatch(output.name) and output.parent.resolve() == parts_dir.resolve():
            raise CommandError(f"The problems cannot go to {output}: that is the name of a part.")
    for old in parts_dir.iterdir() if parts_dir.exists() else ():
        if PART_NAME.fullmatch(old.name) and (
            any(old.samefile(path) for path in inputs) or not _is_batch_file(old)
        ):
            raise CommandError(f"The parts would overwrite {old}, which no earlier check has made.")


def _is_batch_file(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(BATCH_PREFIX)) == BATCH_PREFIX


def _output(path: Path | None) -> AbstractContextManager[TextIO | None]:
    return nullcontext() if path is None else path.open("w", encoding="utf-8", newline="")


def _result(summary: Summary, reading: Reading) -> dict:
    """The object that --json prints, the counts first."""
    result = summary.to_json() | {"reading": reading.to_json()}
    first = ("rows", "accepted", "rejected", "skipped", "warnings", "problems_by_code", "parts")
    return {name: result[name] for name in first} | result


def _failure(message: str) -> dict:
    """The object that --json prints where there is nothing to count."""
    counts = dict.fromkeys(("rows", "accepted", "rejected", "skipped", "warnings"), 0)
    return counts | {"problems_by_code": {}, "parts": [], "usable": False, "error": message}


def _in_words(error: Exception) -> str:
    """The message of an error, without the values of any row."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    if isinstance(error, sqlite3.Error):
        return f"The problems could not be kept in a temporary file: {error}."
    return str(error)


def _headline(path: Path, summary: Summary) -> str:
    if not summary.usable:
        return f"{path} cannot be used."
    return f"{path}: {summary.rows:,} rows, {summary.size:,} bytes, key {summary.key}"
