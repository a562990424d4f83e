"""Writers at once: the chain never forks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from uploads import audit

pytestmark = pytest.mark.django_db(transaction=True)


def write(number: int) -> None:
    try:
        for _turn in range(5):
            audit.record(None, "person.signed-in", number=number)
    finally:
        connection.close()


def test_writers_at_once_make_one_chain():
    with ThreadPoolExecutor(max_workers=4) as threads:
        list(threads.map(write, range(4)))
    verdict = audit.verify()
    assert (verdict.broken, verdict.reached.sequence) == (None, 20)
