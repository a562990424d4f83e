"""A person is taken out of every file that is kept, and out of nothing else."""

import gzip
import json
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from uploads import files, local_files, workflow
from uploads.models import AuditEvent, Batch, BatchState, Forgetting, Part

pytestmark = pytest.mark.django_db(transaction=True)

WHO = "visitor-774211"
OTHER = "visitor-774212"
CONTENT = f"thirdPartyId,tier\n{OTHER},gold\n{WHO},silver\n{WHO},bronze\n/{OTHER},x\n".encode()


@pytest.fixture
def ended(checked, uploader):
    """A checked and cancelled batch of these bytes."""

    def ended(content: bytes = CONTENT) -> Batch:
        batch = checked(content)
        if not batch.is_final:
            assert workflow.cancel(uploader, batch)
            batch.refresh_from_db()
        return batch

    return ended


@pytest.fixture
def look(admin):
    """Looks for the visitor to the end."""

    def look(identifier: str = WHO) -> Forgetting:
        return finished(workflow.look_for(admin, identifier))

    return look


def finished(wanted: Forgetting) -> Forgetting:
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    return wanted


@pytest.fixture
def forget(look, admin):
    """Looks for the visitor and removes what was found."""

    def forget(identifier: str = WHO) -> Forgetting:
        wanted = look(identifier)
        assert workflow.remove_found(admin, wanted)
        return finished(wanted)

    return forget


def contents(batch: Batch) -> dict[str, bytes]:
    """Everything that is kept of a batch."""
    folder = files.original_name(batch).rpartition("/")[0]
    found = {}
    for name in default_storage.listdir(folder)[1]:
        with default_storage.open(f"{folder}/{name}") as file:
            found[name] = file.read()
    return found


def test_every_kept_file_loses_the_visitor_and_keeps_all_others(ended, forget, reviewer):
    batch = ended()
    part = batch.parts.get()
    with local_files.scratch_folder() as folder:
        (folder / "listed").write_text(json.dumps(WHO) + "\n" + json.dumps(OTHER) + "\n")
        files.keep(folder / "listed", files.listed_name(part))
        profiles = [{"id": id_, "sent": {"tier": "silver"}} for id_ in (WHO, OTHER)]
        (folder / "read").write_text(json.dumps({"key": "thirdPartyId", "profiles": profiles}))
        files.keep(folder / "read", files.read_back_name(part))
    Part.objects.filter(pk=part.pk).update(listed=2, locate_due_at=timezone.now() - timedelta(days=1))
    workflow.locate(part.pk)
    before = contents(batch)
    wanted = forget()
    after = contents(batch)
    assert set(after) == set(before)
    assert len(before) == 8
    assert not [name for name, content in after.items() if WHO.encode() in content]
    lines = f"thirdPartyId,tier\n{OTHER},gold\n\n\n/{OTHER},x\n".encode()
    assert after["original"] == lines
    assert OTHER.encode() in after["part-0001"] and OTHER in after["listed-0001.jsonl"].decode()
    with workflow.open_problems(batch) as problems:
        assert {problem.line for problem in problems} == {5}
    with workflow.located_rows(batch) as rows:
        assert [row.value for row in rows] == [OTHER]
    assert len(after["fingerprints.u64"]) == len(before["fingerprints.u64"]) - 8
    assert all(not column["samples"] for column in json.loads(after["figures.json"])["columns"])
    assert [profile["id"] for profile in workflow.read_back_of(part)["profiles"]] == [OTHER]
    assert (wanted.phase, wanted.found) == ("done", [{"batch": batch.pk, "rows": 2, "outcome": "removed"}])
    now = Batch.objects.get(pk=batch.pk)
    assert now.forgotten_at
    assert (now.sha256, now.rows, now.accepted) == (batch.sha256, batch.rows, batch.accepted)


def test_nothing_is_removed_before_the_admin_says_so(ended, look):
    batch = ended()
    before = contents(batch)
    wanted = look()
    assert (wanted.phase, wanted.found[0]["outcome"]) == ("found", "removable")
    assert contents(batch) == before


@pytest.mark.parametrize("state", [state for state in BatchState if not state.is_final])
def test_what_may_still_be_sent_is_not_changed_behind_an_approvals_back(ended, look, admin, state):
    batch = ended()
    before = contents(batch)
    wanted = look()
    Batch.objects.filter(pk=batch.pk).update(state=state, send_at=batch.created_at, scheduled_by=batch.owner)
    assert workflow.remove_found(admin, wanted)
    assert finished(wanted).found[0]["outcome"] == "under-way"
    assert contents(batch) == before
    again = look()
    assert (again.phase, again.found[0]["outcome"], again.sealed) == ("dropped", "under-way", None)


def test_rows_that_stayed_out_are_found_though_they_have_no_fingerprint(ended, look):
    batch = ended()
    assert look(f"/{OTHER}").found == [{"batch": batch.pk, "rows": 1, "outcome": "removable"}]


def test_an_id_with_spaces_around_it_is_found_and_removed(ended, forget):
    batch = ended(f"thirdPartyId,tier\n {WHO} ,gold\n{OTHER},gold\n".encode())
    assert forget().phase == "done"
    assert not [name for name, content in contents(batch).items() if WHO.encode() in content]
    assert "fingerprints.u64" not in contents(batch)


def test_an_archive_goes_whole_and_says_so(ended, forget):
    batch = ended(gzip.compress(CONTENT))
    assert forget().found[0]["outcome"] == "whole-file"
    assert "original" not in contents(batch)
    assert WHO.encode() not in b"".join(contents(batch).values())


def test_a_file_that_cannot_be_read_is_named_as_such(ended, look):
    batch = ended(b"%PDF-1.7\n" + WHO.encode())
    assert look().found == [{"batch": batch.pk, "rows": None, "outcome": "unreadable"}]


def test_it_can_be_done_twice(ended, forget, look):
    batch = ended()
    forget()
    once = contents(batch)
    assert look().found == []
    assert contents(batch) == once


def test_what_was_interrupted_is_taken_up_by_the_sweep(ended, look, admin):
    ended()
    wanted = look()
    assert workflow.remove_found(admin, wanted)
    Forgetting.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert finished(wanted).phase == "removing"
    Forgetting.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert finished(wanted).phase == "done"


def test_the_identifier_is_kept_sealed_and_no_longer_than_needed(ended, look, forget):
    ended()
    waiting = look()
    assert waiting.sealed and WHO.encode() not in bytes(waiting.sealed)
    Forgetting.objects.update(touched_at=timezone.now() - timedelta(hours=2))
    workflow.sweep()
    waiting.refresh_from_db()
    assert (waiting.phase, waiting.sealed) == ("dropped", None)
    assert forget().sealed is None


def test_the_log_tells_who_did_what_to_which_batch_and_not_to_whom(ended, forget, caplog):
    batch = ended()
    wanted = forget()
    events = list(AuditEvent.objects.filter(action__startswith="visitor.").order_by("sequence"))
    assert [(event.action, event.actor_name, event.batch_id) for event in events] == [
        ("visitor.looked-for", "admin", None),
        ("visitor.found", "", None),
        ("visitor.removal-asked", "admin", None),
        ("visitor.removed", "admin", batch.pk),
        ("visitor.forgotten", "", None),
    ]
    assert {event.facts["fingerprint"] for event in events} == {wanted.fingerprint}
    assert WHO not in json.dumps([event.facts for event in events]) + caplog.text


def test_a_file_from_which_somebody_was_taken_is_not_read_anew(ended, forget, uploader):
    batch = ended(f"a,b\n{WHO},1\n".encode().replace(b"a,b", b"thirdPartyId,thirdPartyId"))
    assert batch.state == BatchState.REFUSED
    forget()
    batch.refresh_from_db()
    assert not workflow.adjust_reading(uploader, batch, trim=True)
