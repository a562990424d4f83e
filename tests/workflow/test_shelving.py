"""File names are put together by the thousand, and a search finds on shelves what it finds without them."""

import uuid
from datetime import timedelta

import pytest
from django.utils.timezone import now

from uploads.models import Batch, NameShelf
from uploads.models.shelf import A_SHELF
from uploads.workflow.shelving import SETTLED, SHELVES_A_ROUND, shelve_names

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def named(uploader, destination):
    """Makes a batch of this number and name, an hour and more old."""

    def make(pk, name, *, age=SETTLED + timedelta(minutes=1)):
        batch = Batch.objects.create(
            pk=pk, owner=uploader, destination=destination, filename=name, folder=f"{pk:032x}", size=1
        )
        Batch.objects.filter(pk=pk).update(created_at=now() - age)
        return batch

    return make


def found(text):
    return sorted(Batch.objects.matching(text).values_list("pk", flat=True))


TEXTS = ("loyal", "LOYAL", "100%", "_", "\\", "ß", "ss", "köln", "7", "nowhere", "\n", ".csv", "a\nb")
NAMES = (
    "Loyalty.csv",
    "disloyal.csv",
    "100%_sure.csv",
    "back\\slash",
    "Straße.csv",
    "köln 7.csv",
    "a\nb.csv",
)


def test_a_search_finds_the_same_on_shelves_and_off_them(named):
    for number in range(3):
        for line, name in enumerate(NAMES):
            named(number * A_SHELF + line * 3 + 1, name)
    named(3 * A_SHELF, "the last loyal.csv")
    before = {text: found(text) for text in TEXTS}
    shelve_names()
    assert NameShelf.objects.count() == 3
    assert {text: found(text) for text in TEXTS} == before
    assert len(before["loyal"]) == 7
    assert before["nowhere"] == []


def test_a_text_that_too_many_names_have_to_list_them_is_found_as_well(uploader, destination):
    Batch.objects.bulk_create(
        Batch(
            pk=pk,
            owner=uploader,
            destination=destination,
            filename=f"l {pk}",
            folder=uuid.UUID(int=pk),
            size=1,
        )
        for pk in range(1, A_SHELF + 1)
    )
    Batch.objects.update(created_at=now() - 2 * SETTLED)
    shelve_names()
    assert NameShelf.objects.count() == 1
    assert found("l ") == list(range(1, A_SHELF + 1))
    assert found("l 77") == [77, *range(770, 780)]


def test_names_wait_until_no_number_before_them_can_still_appear(named):
    named(1, "first.csv")
    shelve_names()
    assert not NameShelf.objects.exists()
    named(A_SHELF, "behind.csv", age=timedelta(minutes=1))
    shelve_names()
    assert not NameShelf.objects.exists()
    Batch.objects.update(created_at=now() - 2 * SETTLED)
    shelve_names()
    assert NameShelf.objects.get().number == 0
    assert found("first") == [1]


def test_numbers_that_were_never_given_take_no_shelves(named):
    for pk in (1, 10**12, 10**12 + A_SHELF):
        named(pk, f"of {pk}.csv")
    shelve_names()
    assert sorted(NameShelf.objects.values_list("number", flat=True)) == [0, 10**12 // A_SHELF]
    assert found(f"of {10**12}.") == [10**12]


def test_a_round_fills_a_few_shelves_and_the_next_goes_on(named):
    for number in range(SHELVES_A_ROUND + 2):
        named(number * A_SHELF + 1, f"of {number}.csv")
    shelve_names()
    assert NameShelf.objects.count() == SHELVES_A_ROUND
    shelve_names()
    assert NameShelf.objects.count() == SHELVES_A_ROUND + 1


def test_a_search_finds_what_was_put_on_shelves_after_the_last_one(named):
    named(1, "first of all.csv")
    named(A_SHELF, "second.csv")
    shelve_names()
    assert found("first") == [1]
    named(A_SHELF + 1, "the first again.csv")
    named(2 * A_SHELF, "third.csv")
    shelve_names()
    assert NameShelf.objects.count() == 2
    assert found("first") == [1, A_SHELF + 1]
    assert found("third") == [2 * A_SHELF]
