"""DATABASE_URL: which database the product uses."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from bulkprofile.environment import POSTGRESQL_OPTIONS, database

UNDERSTOOD = {
    "everything": (
        "postgresql://me:p%40ss%2Fw@db.example.com:6432/profiles?sslmode=verify-full",
        {"NAME": "profiles", "USER": "me", "PASSWORD": "p@ss/w", "HOST": "db.example.com", "PORT": "6432"},
        {"sslmode": "verify-full"},
    ),
    "a socket": (
        "postgresql://me@/profiles?host=/run/postgresql",
        {"NAME": "profiles", "USER": "me", "PASSWORD": "", "HOST": "/run/postgresql", "PORT": ""},
        {},
    ),
    "the other name": (
        "postgres://localhost/profiles",
        {"NAME": "profiles", "USER": "", "HOST": "localhost", "PORT": ""},
        {},
    ),
    "another patience": (
        "postgresql://localhost/profiles?options=-c%20lock_timeout%3D5s&connect_timeout=2",
        {"NAME": "profiles", "HOST": "localhost"},
        {"options": "-c lock_timeout=5s", "connect_timeout": "2"},
    ),
}


@pytest.mark.parametrize("value", ["", "  "], ids=["empty", "blank"])
def test_without_an_address_it_is_a_file(tmp_path, monkeypatch, value):
    monkeypatch.setenv("DATABASE_URL", value)
    found = database(tmp_path)
    assert (found["ENGINE"], found["NAME"].parent) == ("django.db.backends.sqlite3", tmp_path)


@pytest.mark.parametrize(("url", "wanted", "options"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_an_address_names_a_postgresql_database(tmp_path, monkeypatch, url, wanted, options):
    monkeypatch.setenv("DATABASE_URL", url)
    found = database(tmp_path)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert {name: found[name] for name in wanted} == wanted
    assert found["OPTIONS"] == POSTGRESQL_OPTIONS | options


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@localhost/profiles",
        "postgresql://me:secret@localhost",
        "postgresql://me:sec/ret@localhost/profiles",
        "postgresql://me:secret@localhost:port/profiles",
        "localhost/profiles:secret",
    ],
    ids=["another database", "no name", "a raw slash", "no port", "no scheme"],
)
def test_what_is_no_such_address_is_refused_without_being_quoted(tmp_path, monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not understood") as refused:
        database(tmp_path)
    assert "sec" not in str(refused.value)
