"""A check in a process that has little memory to spare."""

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

from uploads.batchfile import ProblemStore, check, detect

MB = 1_000_000
LIMIT = 100 * MB
#: What detection and check may take beyond what the imports have taken, in bytes of address space.
SPARE = 120 * MB


def check_with_little_memory(folder: Path) -> None:
    """Detect and check the folder's file, and print what was found; the process can take SPARE."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    taken = int(status["VmSize"].split()[0]) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (taken + SPARE, resource.RLIM_INFINITY))
    with (folder / "file").open("rb") as stream, ProblemStore.create(folder / "problems") as problems:
        reading = replace(detect(stream, max_bytes=LIMIT).reading, key=None, key_column=None)
        found = check(stream, reading, problems=problems, parts_dir=folder / "parts", max_bytes=LIMIT)
    counted = [found.size, found.unpacked_size, found.rows, found.accepted, found.problems_by_code]
    sys.stdout.write(json.dumps(counted))
