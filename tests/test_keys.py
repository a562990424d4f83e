"""Rings of keys: from a file or the environment, and how they change."""

import stat

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from bulkprofile.environment import kept_keys
from uploads.keys import KeyRing, KeysAreGiven, UnknownKey, name_of

VARIABLE = "BULKPROFILE_A_KEY"
NEW, OLD = "n" * 32, "o" * 32


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """The ring of a file that does not exist yet, or of what the environment is given."""

    def ring(given: str = "") -> KeyRing:
        monkeypatch.setenv(VARIABLE, given)
        return kept_keys(tmp_path / "keys", VARIABLE, "a.key", "A key.")

    return ring


def test_the_first_key_is_made_on_first_use_and_stays(ring):
    first = ring()
    [key] = first.all()
    assert len(key) >= 32
    assert ring().all() == (key,)
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600


def test_a_change_of_the_file_is_followed_by_whoever_has_read_it_before(ring):
    reader, changer = ring(), ring()
    old = reader.newest
    changer.add()
    new, kept = reader.all()
    assert (kept, reader.oldest, reader.newest) == (old, old, new)
    changer.forget_old()
    assert reader.all() == (new,)
    assert stat.S_IMODE(reader.path.stat().st_mode) == 0o600


def test_keys_of_the_environment_are_its_own_to_change(ring):
    given = ring(f"{NEW}, {OLD}")
    assert given.all() == (NEW, OLD)
    with pytest.raises(KeysAreGiven):
        given.add()
    given.forget_old()
    assert given.all() == (NEW, OLD)
    assert not given.path.exists()


@pytest.mark.parametrize("given", ["short", f"{NEW},short"])
def test_keys_that_can_be_guessed_are_refused(ring, given):
    with pytest.raises(ImproperlyConfigured, match="at least 32 characters"):
        ring(given)


def test_a_file_without_a_key_is_refused(ring):
    ring().path.write_text("\n")
    with pytest.raises(ImproperlyConfigured, match="holds no key"):
        ring()


def test_a_key_is_found_by_a_name_that_does_not_tell_it(ring):
    given = ring(f"{NEW},{OLD}")
    assert given.named(name_of(OLD)) == OLD
    assert name_of(OLD) not in OLD
    with pytest.raises(UnknownKey):
        given.named(name_of("another"))


@pytest.mark.django_db
def test_whoever_is_signed_in_stays_so_when_the_secret_key_is_changed(sign_in, uploader, settings):
    old = settings.SECRET_KEY
    active, away = sign_in(uploader), Client()
    away.force_login(uploader)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [old]
    assert active.get(reverse("home")).status_code == 200
    # A session goes over to the new key with its next request; one that made none ends with the old key.
    settings.SECRET_KEY_FALLBACKS = []
    assert active.get(reverse("home")).status_code == 200
    assert away.get(reverse("home")).status_code == 302
