"""What is done to people from the command line stands in the audit log, too."""

import getpass

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command, get_commands
from django.urls import reverse

from uploads import demo
from uploads.models import AuditEvent, User
from uploads.pages.events import sentence

from ..conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another pass phrase"


@pytest.fixture
def typed(monkeypatch):
    """What is typed where a password is asked for, one line after the other."""
    lines = []
    monkeypatch.setattr(getpass, "getpass", lambda prompt: lines.pop(0))
    return lines


def last_sentence() -> str:
    return sentence(AuditEvent.objects.latest("sequence"))


@pytest.mark.parametrize("command", ["changepassword", "createsuperuser"])
def test_djangos_commands_about_people_are_replaced(command):
    assert get_commands()[command] == "uploads"


def test_a_changed_password_is_written_down_and_ends_the_sessions(typed, sign_in, uploader, capsys):
    client = sign_in(uploader)
    typed += ["one of two", "two of two", "password", "password", NEW, NEW]
    call_command("changepassword", "uploader")
    assert authenticate(username="uploader", password=NEW) == uploader
    assert client.get(reverse("batches")).status_code == 302
    assert last_sentence() == "Bulkprofile changed the password of uploader by the command changepassword."
    said = capsys.readouterr()
    assert "differ" in said.err and "too common" in said.err
    assert "has a new password" in said.out


def test_a_password_that_is_not_entered_changes_nothing(typed, uploader):
    typed += ["short"] * 6
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("changepassword", "uploader")
    assert authenticate(username="uploader", password=PASSWORD) == uploader
    assert not AuditEvent.objects.exists()


def test_nobody_of_that_name_is_said(db):
    with pytest.raises(CommandError, match="nobody with the user name 'noa'"):
        call_command("changepassword", "noa")


def test_the_first_admin_is_written_down(typed):
    typed += [NEW, NEW]
    call_command("createsuperuser", username="mia", email="Mia@Example.com")
    person = User.objects.get()
    assert (person.site_role, person.is_superuser, person.email) == ("admin", False, "mia@example.com")
    assert authenticate(username="mia", password=NEW) == person
    assert last_sentence() == "Bulkprofile added mia as Admin by the command createsuperuser."


def test_an_admin_is_made_without_asking(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)
    call_command("createsuperuser", interactive=False, username="mia", email="")
    assert authenticate(username="mia", password=NEW) == User.objects.get()


REFUSED = {
    "no name": ({"username": ""}, NEW, "username"),
    "a name with a line break": ({"username": "mia\nnoa"}, NEW, "username"),
    "no address": ({"email": "nowhere"}, NEW, "email"),
    "somebody's name": ({"username": "Uploader"}, NEW, "already"),
    "somebody's address": ({"email": "UPLOADER@example.com"}, NEW, "already"),
    "no password": ({}, "", "DJANGO_SUPERUSER_PASSWORD"),
    "a bad password": ({}, "password", "too common"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_an_admin_that_cannot_be_is_refused_in_words(monkeypatch, uploader, why):
    User.objects.filter(pk=uploader.pk).update(email="uploader@example.com")
    options, password, words = REFUSED[why]
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match=words):
        call_command("createsuperuser", interactive=False, **{"username": "mia", "email": ""} | options)
    assert User.objects.count() == 1


def test_a_demo_password_that_is_set_anew_is_written_down(db):
    demo.make_demo(PASSWORD)
    before = AuditEvent.objects.count()
    demo.make_demo(PASSWORD)
    assert AuditEvent.objects.count() == before
    demo.make_demo(NEW)
    assert AuditEvent.objects.count() == before + len(demo.PEOPLE)
    assert last_sentence().endswith("by the command demo.")
