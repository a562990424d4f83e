"""Whatever is done to the log behind the guards' back shows."""

from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import F

from uploads import audit
from uploads.audit import Break, Link
from uploads.keys import KeyRing
from uploads.models import AuditEvent, AuditHead

pytestmark = pytest.mark.django_db


def broken() -> tuple[int, str] | None:
    """Where and how the chain breaks."""
    found = audit.verify().broken
    return found and (found.sequence, found.fault)


def execute(statement: str, *values) -> None:
    """What somebody types who has the database in their hands."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def renumber(old: int, new: int) -> None:
    execute("UPDATE uploads_auditevent SET sequence = %s WHERE sequence = %s", new, old)


def swap(first: int, second: int) -> None:
    renumber(first, -1)
    renumber(second, first)
    renumber(-1, second)


def test_an_untouched_chain_is_whole(three):
    assert broken() is None
    assert list(AuditEvent.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]


def test_an_empty_log_is_whole():
    assert broken() is None


COLUMNS = {
    "at": "2020-01-01 00:00:00",
    "actor_id": 99,
    "actor_name": "somebody else",
    "site_role": "admin",
    "destination_roles": "reviewer",
    "ip": "192.0.2.1",
    "device": "Firefox on Linux",
    "action": "person.signed-out",
    "batch_id": 99,
    "destination_id": 99,
    "destination_name": "Production",
    "person_id": 99,
    "person_name": "somebody else",
    "facts": '{"number": 9}',
    "previous_hash": "0" * 64,
    "hash": "0" * 64,
}


@pytest.mark.parametrize("column", COLUMNS)
def test_an_edited_column_shows(three, unguarded, column):
    execute(f"UPDATE uploads_auditevent SET {column} = %s WHERE sequence = 2", COLUMNS[column])
    assert broken() == (2, "changed")


def test_the_edits_above_leave_no_column_out():
    assert {field.name for field in AuditEvent._meta.fields} == {*COLUMNS, "sequence"}


@pytest.mark.parametrize("sequence", [1, 2])
def test_a_removed_event_shows(three, unguarded, sequence):
    execute("DELETE FROM uploads_auditevent WHERE sequence = %s", sequence)
    assert broken() == (sequence, "missing")


def test_a_removed_event_whose_gap_was_closed_shows(three, unguarded):
    execute("DELETE FROM uploads_auditevent WHERE sequence = 2")
    renumber(3, 2)
    execute("UPDATE uploads_audithead SET sequence = 2")
    assert broken() == (2, "changed")


def test_events_that_changed_places_show(three, unguarded):
    swap(1, 2)
    assert broken() == (1, "changed")


def test_an_event_that_was_put_before_the_first_shows(three, unguarded):
    renumber(3, 0)
    assert broken() == (0, "changed")


def test_an_event_of_a_chain_of_its_own_shows(three, unguarded):
    """Its hash is right, as where somebody has the key: it just does not follow the one before."""
    event = AuditEvent.objects.get(sequence=2)
    event.previous_hash = "0" * 64
    forged = audit.chain.hash_of(event, audit.key_in_force())
    execute(
        "UPDATE uploads_auditevent SET previous_hash = %s, hash = %s WHERE sequence = 2", "0" * 64, forged
    )
    assert broken() == (2, "unlinked")


def test_a_log_cut_off_at_its_end_shows(three, unguarded):
    execute("DELETE FROM uploads_auditevent WHERE sequence = 3")
    assert broken() == (3, "cut-off")


def test_a_log_that_was_emptied_shows(three, unguarded):
    execute("DELETE FROM uploads_auditevent")
    assert broken() == (1, "cut-off")


def test_events_past_the_chains_known_end_show(three, unguarded):
    second = AuditEvent.objects.get(sequence=2)
    execute("UPDATE uploads_audithead SET sequence = 2, hash = %s", second.hash)
    assert broken() == (3, "past-the-end")


def test_another_end_than_the_last_event_shows(three, unguarded):
    execute("UPDATE uploads_audithead SET hash = %s", "0" * 64)
    assert broken() == (3, "other-end")


def cut_off_with_its_head() -> None:
    execute("DELETE FROM uploads_auditevent WHERE sequence = 3")
    second = AuditEvent.objects.get(sequence=2)
    execute("UPDATE uploads_audithead SET sequence = 2, hash = %s", second.hash)


def empty_with_its_head() -> None:
    execute("DELETE FROM uploads_auditevent")
    execute("DELETE FROM uploads_audithead")


@pytest.mark.parametrize(
    ("tamper", "at"), [(cut_off_with_its_head, 3), (empty_with_its_head, 1)], ids=["cut off", "emptied"]
)
def test_a_log_cut_off_together_with_its_head_shows_against_a_kept_copy(three, unguarded, tamper, at):
    kept = audit.end()
    assert audit.contains(kept) is None
    tamper()
    assert broken() is None
    assert audit.contains(kept) == Break(at, "cut-off")


def test_what_was_written_anew_after_it_shows_against_a_kept_copy(three, unguarded, uploader):
    kept = audit.end()
    cut_off_with_its_head()
    audit.record(uploader, "person.signed-out")
    assert broken() is None
    assert audit.contains(kept) == Break(3, "other-log")


def test_a_kept_copy_stays_part_of_a_log_that_grows(three, uploader):
    kept = audit.end()
    audit.record(uploader, "person.signed-out")
    assert audit.contains(kept) is None
    assert audit.contains(Link()) is None


def test_a_log_that_grows_while_it_is_read_is_whole(three, uploader):
    asked = []

    def work_goes_on(execute, sql, *rest):
        if 'FROM "uploads_auditevent"' in sql and not asked:
            asked.append(sql)
            audit.record(uploader, "person.signed-in")
        return execute(sql, *rest)

    with connection.execute_wrapper(work_goes_on):
        assert audit.verify().broken is None
    assert AuditEvent.objects.count() == 4


def test_a_walk_in_slices_finds_what_one_walk_finds(uploader, unguarded):
    for _number in range(7):
        audit.record(uploader, "person.signed-in")
    verdict, rounds = audit.verify(most=2), 1
    while not verdict.done:
        verdict, rounds = audit.verify(verdict.reached, most=2), rounds + 1
    assert (verdict.broken, verdict.reached, rounds) == (None, audit.end(), 4)
    execute("UPDATE uploads_auditevent SET ip = '192.0.2.1' WHERE sequence = 6")
    assert audit.verify(Link(4, AuditEvent.objects.get(pk=4).hash), most=2).broken == Break(6, "changed")


def test_a_chain_made_with_another_key_shows(three, settings):
    settings.AUDIT_KEYS = KeyRing(Path(), ("another",))
    assert broken() == (1, "changed")


def test_the_hash_of_an_event_from_before_the_later_columns_still_holds():
    """Made with the first release: no role, no origin, nobody whom it is about."""
    event = AuditEvent(
        sequence=1,
        at="2026-11-22T04:00:00+00:00",
        actor_name="",
        action="destination.added",
        destination_id=1,
        destination_name="Sandbox",
    )
    event.at = AuditEvent._meta.get_field("at").to_python(event.at)
    hashed = audit.chain.hash_of(event, "a key for the tests")
    assert hashed == "3adc94ed5a56eae68fc4ecfb49316d9c4f40dd9556006df813e7dd949d48a127"


def test_what_is_rolled_back_leaves_no_event(uploader):
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(uploader, "person.signed-in")
        raise RuntimeError
    assert not AuditEvent.objects.exists()
    audit.record(uploader, "person.signed-in")
    assert AuditHead.objects.filter(sequence=F("pk")).exists()
