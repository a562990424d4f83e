"""Tokens under another key: all or none, with everything running, and as often as it takes."""

from threading import Event, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from tests.support import audit_guards
from uploads import audit, workflow
from uploads.keys import KeyRing, write_secret
from uploads.models import AuditEvent, AuditHead, Destination, Forgetting
from uploads.sealing import CannotUnseal, seal, unseal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

OLD, NEW = "o" * 32, "n" * 32
TOKEN = "a-token-of-the-tests"


@pytest.fixture(autouse=True)
def rings(tmp_path, settings):
    """Keys in files of this test's own."""
    for name in ("TOKEN_KEYS", "AUDIT_KEYS"):
        ring = KeyRing(tmp_path / name)
        write_secret(ring.path, OLD)
        setattr(settings, name, ring)


@pytest.fixture
def ring(rings, settings):
    return settings.TOKEN_KEYS


@pytest.fixture
def place(destination, admin):
    """A destination with a token, as it was read before anything changed."""
    workflow.set_token(admin, destination, TOKEN)
    return destination


def kept(place: Destination) -> bytes:
    return bytes(Destination.objects.get(pk=place.pk).token_sealed)


def test_everything_is_encrypted_anew_and_the_old_key_forgotten(ring, place, other_destination, admin):
    wanted = workflow.look_for(admin, "C-1")
    done = workflow.rotate_token_key()
    assert (done.tokens, done.lost, done.keys_left) == (1, (), 1)
    assert OLD not in ring.all()
    assert unseal(kept(place), ring.newest) == TOKEN
    with pytest.raises(CannotUnseal):
        unseal(kept(place), OLD)
    assert unseal(Forgetting.objects.get(pk=wanted.pk).sealed, ring.newest) == "C-1"
    event = AuditEvent.objects.get(action="site.token-key-changed")
    assert event.facts == {"tokens": 1, "lost": []}
    assert not any(secret in str(event.facts) for secret in (TOKEN, OLD, *ring.all()))


def test_whoever_read_the_token_before_can_use_it_afterwards(place):
    workflow.rotate_token_key()
    assert place.target_account().token == TOKEN


def test_while_two_keys_are_there_both_open_and_the_new_one_seals(ring, place):
    ring.add()
    assert place.target_account().token == TOKEN
    assert unseal(seal("another"), ring.newest) == "another"


def test_a_change_that_fails_leaves_everything_as_it_was_but_a_key_more(ring, place, admin):
    before = kept(place)
    audit.record(admin, "person.signed-in")
    with audit_guards.removed():
        AuditHead.objects.update(sequence=1)
    with pytest.raises(IntegrityError):
        workflow.rotate_token_key()
    assert kept(place) == before
    assert place.target_account().token == TOKEN
    assert len(ring.all()) == 2


@pytest.mark.parametrize("sealed_anew", [False, True], ids=["before the tokens", "after the tokens"])
def test_a_change_that_was_interrupted_is_completed_without_a_third_key(ring, place, sealed_anew):
    write_secret(ring.path, f"{NEW}\n{OLD}")
    if sealed_anew:
        workflow.rotate_token_key()
        write_secret(ring.path, f"{NEW}\n{OLD}")
    workflow.rotate_token_key()
    assert ring.all() == (NEW,)
    assert unseal(kept(place), NEW) == TOKEN


def test_a_token_that_no_key_opens_is_named_and_keeps_nothing_from_changing(place, other_destination):
    Destination.objects.filter(pk=other_destination.pk).update(token_sealed=seal(TOKEN, "lost"))
    done = workflow.rotate_token_key()
    assert (done.tokens, done.lost) == (1, ("Elsewhere",))
    assert place.target_account().token == TOKEN


def test_tokens_entered_meanwhile_are_under_a_key_that_stays(place, admin):
    begun, over, entered = Event(), Event(), []

    def enter() -> None:
        try:
            while not over.is_set():
                entered.append(f"{TOKEN}-{len(entered)}")
                workflow.set_token(admin, Destination.objects.get(pk=place.pk), entered[-1])
                begun.set()
        finally:
            connection.close()

    thread = Thread(target=enter)
    thread.start()
    begun.wait()
    try:
        for _time in range(5):
            workflow.rotate_token_key()
    finally:
        over.set()
        thread.join()
    assert Destination.objects.get(pk=place.pk).target_account().token == entered[-1]


def test_the_commands_say_what_was_done(place, other_destination, capsys):
    Destination.objects.filter(pk=other_destination.pk).update(token_sealed=seal(TOKEN, "lost"))
    call_command("rotate_token_key")
    said = capsys.readouterr().out
    assert "Tokens under the new key: 1." in said
    assert "No key fits the token of Elsewhere" in said
    call_command("rotate_audit_key")
    assert "in place of" in capsys.readouterr().out
    call_command("verify_audit")


@pytest.mark.parametrize("kind", ["token", "audit"])
def test_keys_of_the_environment_are_changed_there_first(place, settings, capsys, kind):
    name, command = f"{kind.upper()}_KEYS", f"rotate_{kind}_key"
    setattr(settings, name, KeyRing(settings.TOKEN_KEYS.path, (OLD,)))
    with pytest.raises(CommandError, match=f"BULKPROFILE_{kind.upper()}_KEY"):
        call_command(command)
    setattr(settings, name, KeyRing(settings.TOKEN_KEYS.path, (NEW, OLD)))
    call_command(command)
    told = {"token": "leave the first alone", "audit": "Keep every older key"}
    assert told[kind] in capsys.readouterr().out
    assert audit.verify().broken is None
