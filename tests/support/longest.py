"""The order of the test files in `make test`: the longest first, so that all workers end together.

A worker takes whole files, in this order. The long ones last would leave the others with nothing to do.
"""

import pytest

#: Files of half a minute and more on an idle machine, the longest first.
LONGEST = (
    "tests/browser/test_main_job.py",
    "tests/browser/test_pages.py",
    "tests/torture/test_short_form.py",
    "tests/browser/test_roles.py",
    "tests/runtime/test_run.py",
    "tests/runtime/test_canary.py",
    "tests/test_workers.py",
    "tests/batchfile/test_hostile_files.py",
    "tests/browser/test_four_eyes.py",
    "tests/test_rights.py",
    "tests/workflow/test_state_machine.py",
    "tests/batchfile/test_agreement.py",
    "tests/target/test_sandbox_process.py",
    "tests/test_headers.py",
)


def sort(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first, in place; all others keep their order."""
    place = {path: number for number, path in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))
