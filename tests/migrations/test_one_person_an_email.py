"""A database from before addresses were one person's each: it goes on, or says plainly why it cannot yet."""

import pytest
from django.core.management.base import CommandError

BEFORE = "0004_refused_rows"
AFTER = "0005_one_person_an_email"


@pytest.fixture
def old(migrate):
    """The people of a database that the fourth migration left."""
    return migrate(BEFORE)("User")


def addresses(people) -> dict[str, str]:
    return dict(people.values_list("username", "email"))


def test_people_who_share_an_address_are_named_and_left_as_they_are(old, migrate):
    kept = {"mia": "one@example.com", "noa": "One@Example.com", "ida": "", "leo": "", "kai": "k@example.com"}
    for name, email in kept.items():
        old.create(username=name, email=email)
    with pytest.raises(CommandError) as refused:
        migrate(AFTER)
    said = str(refused.value)
    assert "  - mia, noa\n" in said
    assert "ida" not in said and "kai" not in said
    assert "example.com" not in said.lower()
    assert addresses(old) == kept

    old.filter(username="noa").update(email="")
    migrate(AFTER)
    assert addresses(old) == kept | {"noa": ""}


def test_people_with_addresses_of_their_own_go_on(old, migrate):
    old.create(username="mia", email="mia@example.com")
    old.create(username="noa", email="noa@example.com")
    migrate(AFTER)
    assert len(addresses(old)) == 2
