"""The log goes on with another key, and what was written with an old one can still be verified."""

import pytest

from tests.support import audit_guards
from uploads import audit, workflow
from uploads.audit import Break, Link
from uploads.keys import KeyRing, UnknownKey, name_of, write_secret
from uploads.models import AuditEvent, AuditHead

pytestmark = pytest.mark.django_db

FIRST = "f" * 32


@pytest.fixture
def ring(tmp_path, settings):
    """The log's keys, in a file of this test's own."""
    settings.AUDIT_KEYS = KeyRing(tmp_path / "audit.key")
    write_secret(settings.AUDIT_KEYS.path, FIRST)
    return settings.AUDIT_KEYS


@pytest.fixture
def twice(ring, uploader):
    """Seven events, and two changes of the key among them: the third and the sixth."""
    for number in range(3):
        if number:
            workflow.rotate_audit_key()
        audit.record(uploader, "person.signed-in")
        audit.record(uploader, "person.signed-out")
    return ring


def write_anew(event: AuditEvent, key: str) -> None:
    """What somebody does who has the database and that key."""
    event.hash = audit.chain.hash_of(event, key)
    AuditEvent.objects.filter(pk=event.pk).update(hash=event.hash, ip=event.ip)


def test_each_key_hashes_what_follows_its_change(twice):
    third, second, first = twice.all()
    made_with = [first] * 3 + [second] * 3 + [third] * 2
    events = AuditEvent.objects.order_by("sequence")
    for event, key in zip(events, made_with, strict=True):
        assert event.hash == audit.chain.hash_of(event, key)
    assert audit.verify().broken is None


def test_the_event_names_both_keys_and_gives_none_away(twice):
    third, second, _first = twice.all()
    event = AuditEvent.objects.filter(action="log.key-changed").first()
    assert event.facts == {"key": name_of(third), "before": name_of(second)}
    assert not any(key in str(event.facts) for key in twice.all())


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_a_walk_in_slices_takes_the_right_key_up_again(twice, most):
    verdict = audit.verify(most=most)
    while not verdict.done:
        verdict = audit.verify(verdict.reached, most=most)
    assert (verdict.broken, verdict.reached) == (None, audit.end())


@pytest.mark.parametrize("sequence", range(1, 9))
def test_an_edited_event_shows_whichever_key_it_was_written_with(twice, sequence):
    with audit_guards.removed():
        AuditEvent.objects.filter(pk=sequence).update(ip="192.0.2.1")
    assert audit.verify().broken == Break(sequence, "changed")


def test_an_old_key_is_of_no_use_on_what_came_after_it(twice):
    event = AuditEvent.objects.get(pk=7)
    event.ip = "192.0.2.1"
    with audit_guards.removed():
        write_anew(event, twice.oldest)
    assert audit.verify().broken == Break(7, "changed")


def test_an_old_key_is_of_no_use_on_what_came_before_either(twice):
    """The event is right by itself, but the one behind it no longer follows it."""
    event = AuditEvent.objects.get(pk=3)
    event.ip = "192.0.2.1"
    with audit_guards.removed():
        write_anew(event, twice.oldest)
    assert audit.verify().broken == Break(4, "unlinked")


def test_a_log_written_anew_with_an_old_key_as_if_it_had_never_changed_shows(twice):
    second = AuditEvent.objects.get(pk=2)
    with audit_guards.removed():
        AuditEvent.objects.filter(sequence__gt=2).delete()
        AuditHead.objects.update(sequence=2, hash=second.hash)
    assert audit.verify().broken == Break(2, "old-key")


def test_without_an_old_key_it_is_said_where_it_is_needed(twice):
    third, _second, first = twice.all()
    write_secret(twice.path, f"{third}\n{first}")
    assert audit.verify().broken == Break(3, "unknown-key")
    half_way = AuditEvent.objects.get(pk=4)
    assert audit.verify(Link(4, half_way.hash)).broken == Break(4, "unknown-key")


def test_nothing_is_written_without_the_newest_key(twice, uploader):
    write_secret(twice.path, twice.oldest)
    with pytest.raises(UnknownKey):
        audit.record(uploader, "person.signed-in")


def test_a_change_that_was_interrupted_is_said_and_completed(ring, uploader):
    audit.record(uploader, "person.signed-in")
    ring.add()
    audit.record(uploader, "person.signed-out")
    assert audit.verify().broken == Break(2, "old-key")
    keys = ring.all()
    change = workflow.rotate_audit_key()
    assert ring.all() == keys
    assert (change.key, change.before) == (name_of(ring.newest), name_of(FIRST))
    assert audit.verify().broken is None


def test_the_first_event_of_all_may_change_the_key(ring):
    workflow.rotate_audit_key()
    assert audit.verify().broken is None
