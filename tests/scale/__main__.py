"""`make bench-scale` and `make soak`: the product as a company runs it, all its parts as separate processes.

Both need a PostgreSQL server in DATABASE_URL, as the Makefile starts one. They end with 1 where anything
broke, was lost, sent twice or falsely accepted.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django

from tests.scale.figures import progress, say
from tests.scale.rig import Rig
from uploads import batchfile

#: Bytes on the disk for each byte that is uploaded (its slices, the bucket's objects, copies of them, the
#: sandbox), for a seeded batch with its part, for an event, and for the rest.
_UPLOADED, _BATCH, _EVENT, _REST = 6, 2_500, 1_000, 2_000_000_000


def main() -> int:
    """Do what the arguments say: 0 where nothing broke and nothing was lost."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="bulkprofile-scale-"))
    needed = _bytes_needed(options)
    if shutil.disk_usage(folder).free < needed:
        say(f"{needed / 1e9:.0f} GB must be free where {folder.parent} is; TMPDIR names another place.")
        return 1
    if not os.environ.get("DATABASE_URL"):
        say("Name a PostgreSQL server in DATABASE_URL, or type `make bench-scale`, which starts one.")
        return 1
    with Rig(folder, {}) as rig:
        wrong = _run(rig, options)
    for line in wrong:
        say(f"WRONG: {line}")
    if wrong:
        say(f"Everything that was logged is kept in {rig.log}.")
        return 1
    shutil.rmtree(folder)
    progress("0 errors; nothing was lost, sent twice or falsely accepted.")
    return 0


def _run(rig: Rig, options: argparse.Namespace) -> list[str]:
    # The harness is one more process of the same installation.
    os.environ.update(rig.environment(), LOG_FORMAT="text", LOG_LEVEL="ERROR")
    django.setup()
    from django.core.management import call_command

    from tests.scale import seed
    from tests.scale.bench import Bench
    from tests.scale.soak import Soak

    progress("the tables are made, and what the check compiles is compiled")
    batchfile.warm_up()
    call_command("migrate", verbosity=0)
    company = seed.found(options.people, options.destinations)
    progress(f"{options.batches:,} batches and {options.events:,} audit events are put into the tables")
    seed.fill(company, options.batches, options.events)
    progress(f"{seed.megabytes():,.0f} MB of tables; the processes start")
    rig.start()
    if options.soak:
        return Soak(rig, company, options).run()
    return Bench(rig, company, options).run()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20, metavar="N", help="who upload at once")
    parser.add_argument("--megabytes", type=int, default=45, metavar="MB", help="of each of their files")
    parser.add_argument("--queued", type=int, default=500, metavar="N", help="small batches in the queue")
    parser.add_argument(
        "--batches", type=int, default=200_000, metavar="N", help="earlier ones in the tables"
    )
    parser.add_argument("--events", type=int, default=5_000_000, metavar="N", help="in the audit log")
    parser.add_argument(
        "--destinations", type=int, default=100, metavar="N", help="each with its own account"
    )
    parser.add_argument(
        "--soak", type=float, metavar="MINUTES", help="mixed traffic while workers are killed"
    )
    return parser.parse_args()


def _bytes_needed(options: argparse.Namespace) -> int:
    files = 24 + options.people
    uploaded = files * options.megabytes * 1_000_000
    return uploaded * _UPLOADED + options.batches * _BATCH + options.events * _EVENT + _REST


if __name__ == "__main__":
    sys.exit(main())
