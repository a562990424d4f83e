"""A log to tamper with."""

import pytest

from tests.support import audit_guards
from uploads import audit


@pytest.fixture
def three(uploader):
    """A log of three events."""
    for number in range(3):
        audit.record(uploader, "person.signed-in", number=number)


@pytest.fixture
def unguarded(db):
    """The database without its guards, as for somebody who has it in their hands."""
    audit_guards.remove()
