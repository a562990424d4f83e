"""Verifying the log in slices, and by command."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.support import audit_guards
from uploads import audit, workflow
from uploads.models import AuditEvent, AuditHead, AuditVerification

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(uploader):
    """A log of three events."""
    for _number in range(3):
        audit.record(uploader, "person.signed-in")


def test_a_verification_goes_on_where_its_last_slice_ended(three, auditor):
    running = workflow.ask_to_verify(auditor)
    second = AuditEvent.objects.get(pk=2)
    AuditVerification.objects.update(reached=2, reached_hash=second.hash)
    with audit_guards.removed():
        AuditEvent.objects.filter(pk=1).update(ip="192.0.2.1")
    workflow.go_on_verifying(running.pk)
    running.refresh_from_db()
    assert (running.reached, running.broken_at, running.ended_at is not None) == (3, None, True)


def test_one_verification_at_a_time(three, auditor, admin):
    first = workflow.ask_to_verify(auditor)
    assert workflow.ask_to_verify(admin) == first
    workflow.go_on_verifying(first.pk)
    workflow.go_on_verifying(first.pk)
    assert AuditEvent.objects.filter(action="log.verified", actor_name="auditor").count() == 1
    assert workflow.ask_to_verify(admin) != first


def test_a_log_that_takes_no_more_events_is_said_to_be_broken(three, auditor):
    running = workflow.ask_to_verify(auditor)
    with audit_guards.removed():
        AuditHead.objects.update(sequence=1)
    workflow.go_on_verifying(running.pk)
    running.refresh_from_db()
    assert (running.broken_at, running.fault) == (1, "other-end")


def test_the_command_says_whether_the_chain_holds(three, capsys):
    call_command("verify_audit")
    assert "whole: 3 events" in capsys.readouterr().out
    assert AuditEvent.objects.first().action == "log.verified"
    with audit_guards.removed():
        AuditEvent.objects.filter(sequence=2).update(actor_name="somebody else")
    with pytest.raises(CommandError, match="event 2") as broken:
        call_command("verify_audit")
    assert broken.value.returncode == 1


def test_the_command_leaves_an_empty_log_empty(db, capsys):
    call_command("verify_audit")
    assert "whole: 0 events" in capsys.readouterr().out
    assert not AuditEvent.objects.exists()


def test_the_command_says_so_where_the_log_takes_no_more_events(three, capsys):
    with audit_guards.removed():
        AuditHead.objects.update(sequence=1)
    with pytest.raises(CommandError, match="event 1"):
        call_command("verify_audit")
    assert "cannot take note" in capsys.readouterr().err


def test_the_command_compares_a_kept_copy_of_the_end(three, auditor, tmp_path):
    copy = tmp_path / "end.json"
    copy.write_text(workflow.copy_head(auditor))
    call_command("verify_audit", head=copy)
    copy.write_text(json.dumps({"sequence": 99, "hash": "0" * 64}))
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_audit", head=copy)
    copy.write_text("nonsense")
    with pytest.raises(CommandError, match="no copy") as wrong:
        call_command("verify_audit", head=copy)
    assert wrong.value.returncode == 2
