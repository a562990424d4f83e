"""`make torture`: kills, floods and starves real processes, lets the sandbox judge, and prints the table."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import django

from tests.torture.arena import Arena

WORKERS = {"checking": 1, "delivering": 4, "following": 2}
FEW_WORKERS = {"checking": 1, "delivering": 2, "following": 1}


def main() -> int:
    """Run the cases that the arguments choose: 0 where nothing was lost, sent twice or falsely accepted."""
    options = _options()
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="bulkprofile-torture-"))
    with Arena(folder, FEW_WORKERS if options.short else WORKERS) as arena:
        # The harness is one more process of the same installation.
        os.environ.update(arena.environment(), LOG_LEVEL="ERROR")
        django.setup()
        from tests.torture.session import Session

        session = Session(arena, short=options.short, only=options.only, say=_say)
        sound = session.run()
    _say(f"\n{time.monotonic() - begun:.0f} s.")
    if sound:
        shutil.rmtree(folder)
    else:
        _say(f"The promise was broken, or not put to the test. Everything is kept in {folder}.")
    return 0 if sound else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="less than a minute, as in `make test`")
    parser.add_argument("--only", metavar="WORD", help="the groups of cases whose name has the word")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
