"""What a worker of `make test` takes at once, and in which order: the longest first, so all end together.

The long ones last would leave the other workers with nothing to do.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

#: Files that one worker takes together, and the longest of the others; the longest first. The browser and the
#: product behind it start once for each of the first two.
UNITS = (
    (
        "tests/browser/test_main_job.py",
        "tests/browser/test_pages.py",
        "tests/browser/test_sending.py",
        "tests/browser/test_fixing.py",
        "tests/browser/test_passkeys.py",
        "tests/browser/test_big_file.py",
    ),
    (
        "tests/browser/test_every_page.py",
        "tests/browser/test_roles.py",
        "tests/browser/test_intake.py",
        "tests/browser/test_four_eyes.py",
    ),
    ("tests/runtime/test_canary.py",),
    ("tests/torture/test_short_form.py",),
    ("tests/batchfile/test_overlap_at_target.py",),
    ("tests/batchfile/test_hostile_files.py",),
    ("tests/test_rights.py",),
    ("tests/runtime/test_run.py",),
    ("tests/workflow/test_state_machine.py",),
    ("tests/test_workers.py",),
    ("tests/test_headers.py",),
    ("tests/storage/test_product_on_s3.py",),
    ("tests/batchfile/test_restoring.py",),
    ("tests/migrations/test_upgrade.py",),
    ("tests/target/test_sandbox_process.py",),
    ("tests/batchfile/test_checking.py",),
    ("tests/batchfile/test_agreement.py",),
    ("tests/test_no_english.py",),
    ("tests/test_check_file.py",),
)
FILES = [path for unit in UNITS for path in unit]
_FIRST = {path: unit[0] for unit in UNITS for path in unit}
_PLACE = {path: number for number, path in enumerate(FILES)}


class Scheduling(LoadFileScheduling):
    """Hands a file to one worker, and with it those that belong to the same unit."""

    def _split_scope(self, nodeid: str) -> str:
        path = super()._split_scope(nodeid)
        return _FIRST.get(path, path)


def sort(items: list[pytest.Item]) -> None:
    """Put the tests of the units first, in place; all others keep their order."""
    items.sort(key=lambda item: _PLACE.get(item.nodeid.partition("::")[0], len(_PLACE)))
