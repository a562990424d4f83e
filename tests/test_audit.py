"""The audit log's chain."""

import pytest
from django.db import connection
from django.db.models import F

from uploads import audit
from uploads.models import AuditEvent, AuditHead

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(uploader):
    for number in range(3):
        audit.record(uploader, "person.signed-in", number=number)


def test_an_untouched_chain_is_whole(three):
    assert audit.first_break() is None
    assert list(AuditEvent.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3]


def test_an_empty_log_is_whole():
    assert audit.first_break() is None


def test_an_edited_event_shows(three):
    AuditEvent.objects.filter(sequence=2).update(actor_name="somebody else")
    assert audit.first_break() == 2


def test_edited_facts_show(three):
    AuditEvent.objects.filter(sequence=2).update(facts={"number": 9})
    assert audit.first_break() == 2


def test_a_removed_event_shows(three):
    AuditEvent.objects.filter(sequence=2).delete()
    assert audit.first_break() == 2


def test_a_log_cut_off_at_its_end_shows(three):
    AuditEvent.objects.filter(sequence=3).delete()
    assert audit.first_break() == 3


def test_events_past_the_chains_known_end_show(three):
    AuditHead.objects.update(sequence=2, hash=AuditEvent.objects.get(sequence=2).hash)
    assert audit.first_break() == 3


def test_a_log_that_grows_while_it_is_read_is_whole(three, uploader):
    asked = []

    def work_goes_on(execute, sql, *rest):
        if 'FROM "uploads_auditevent"' in sql and not asked:
            asked.append(sql)
            audit.record(uploader, "person.signed-in")
        return execute(sql, *rest)

    with connection.execute_wrapper(work_goes_on):
        assert audit.first_break() is None
    assert AuditEvent.objects.count() == 4


def test_a_chain_made_with_another_key_shows(three, settings):
    settings.AUDIT_KEY = "another"
    assert audit.first_break() == 1


def test_events_that_changed_places_show(three):
    first, second = AuditEvent.objects.get(sequence=1), AuditEvent.objects.get(sequence=2)
    facts = first.facts, second.facts
    AuditEvent.objects.filter(sequence=1).update(facts=facts[1])
    AuditEvent.objects.filter(sequence=2).update(facts=facts[0])
    assert audit.first_break() == 1


def test_an_unknown_action_is_a_mistake(uploader):
    with pytest.raises(ValueError, match="not an audit action"):
        audit.record(uploader, "batch.misspelt")
    assert not AuditEvent.objects.exists()


def test_what_is_rolled_back_leaves_no_event(uploader):
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(uploader, "person.signed-in")
        raise RuntimeError
    assert not AuditEvent.objects.exists()
    audit.record(uploader, "person.signed-in")
    assert AuditHead.objects.filter(sequence=F("pk")).exists()


def test_the_command_says_whether_the_chain_holds(three, capsys):
    from django.core.management import CommandError, call_command

    call_command("verify_audit")
    assert "whole" in capsys.readouterr().out
    AuditEvent.objects.filter(sequence=2).update(actor_name="somebody else")
    with pytest.raises(CommandError, match="event 2"):
        call_command("verify_audit")
