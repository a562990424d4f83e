"""A database from before addresses were one person's each: it goes on, or says plainly why it cannot yet."""

import copy

import pytest
from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

OLD = "old"
BEFORE = ("uploads", "0004_refused_rows")
AFTER = ("uploads", "0005_one_person_an_email")


@pytest.fixture
def old(tmp_path, django_db_blocker):
    """A database of its own, as the fourth migration left it; returns its people."""
    about = copy.deepcopy(connections["default"].settings_dict)
    connections.databases[OLD] = about | {"NAME": str(tmp_path / "old.sqlite3")}
    with django_db_blocker.unblock():
        try:
            yield migrate(BEFORE).apps.get_model("uploads", "User").objects.using(OLD)
        finally:
            connections[OLD].close()
            del connections[OLD]
            del connections.databases[OLD]


def migrate(target):
    return MigrationExecutor(connections[OLD]).migrate([target])


def addresses(people) -> dict[str, str]:
    return dict(people.values_list("username", "email"))


def test_people_who_share_an_address_are_named_and_left_as_they_are(old):
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


def test_people_with_addresses_of_their_own_go_on(old):
    old.create(username="mia", email="mia@example.com")
    old.create(username="noa", email="noa@example.com")
    migrate(AFTER)
    assert len(addresses(old)) == 2
