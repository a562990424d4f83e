"""Writers at once: the chain never forks."""

import pytest

from tests.support.at_once import at_once
from uploads import audit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def write():
    for _turn in range(5):
        audit.record(None, "person.signed-in")


def test_writers_at_once_make_one_chain():
    at_once(*[write] * 4)
    verdict = audit.verify()
    assert (verdict.broken, verdict.reached.sequence) == (None, 20)
