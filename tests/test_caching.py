"""The cache keeps what it is given, in the database, for as long as it should."""

import pytest
from django.core.cache import cache

from tests.support.at_once import at_once
from uploads.models import CacheEntry

pytestmark = [pytest.mark.django_db, pytest.mark.database]

OVER, LONG = -1, 1_000


@pytest.mark.parametrize("value", [[1.5, 2.5], True, None, "y", {"a": 1}], ids=str)
def test_what_is_kept_comes_back(value):
    cache.set("name", value)
    assert cache.get("name", "nothing") == value


def test_what_was_never_kept_is_the_default():
    assert cache.get("name") is None
    assert cache.get("name", 7) == 7
    assert not cache.touch("name") and not cache.delete("name")


def test_a_later_value_takes_the_place_of_an_earlier_one():
    cache.set("name", 1, LONG)
    cache.set("name", 2, None)
    assert cache.get("name") == 2
    assert CacheEntry.objects.get().expires_at is None


def test_what_is_over_is_not_there():
    cache.set("name", 1, OVER)
    assert cache.get("name") is None
    assert not cache.touch("name", LONG)


def test_touching_lengthens_and_deleting_ends_a_life():
    cache.set("name", 1, LONG)
    assert cache.touch("name", OVER)
    assert "name" not in cache
    cache.set("name", 1, LONG)
    assert cache.delete("name")
    assert "name" not in cache


def test_adding_keeps_the_first_value_until_it_is_over():
    assert cache.add("name", 1, LONG)
    assert not cache.add("name", 2, LONG)
    assert cache.get("name") == 1
    cache.set("name", 1, OVER)
    assert cache.add("name", 2, LONG)
    assert cache.get("name") == 2


def test_clearing_forgets_everything():
    cache.set_many({"one": 1, "two": 2})
    assert cache.get_many(["one", "two"]) == {"one": 1, "two": 2}
    cache.clear()
    assert not CacheEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_connections_that_add_at_once_one_does():
    added = at_once(*(lambda number=number: cache.add("name", number, LONG) for number in range(4)))
    assert added.count(True) == 1
    assert cache.get("name") == added.index(True)
