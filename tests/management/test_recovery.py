"""The drill: a copy is made, more is sent, the older copy is brought back, and nothing goes twice."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils.timezone import now

from tests.support import files as made
from tests.support.bucket import ON_DISK
from tests.support.first_rows import FIRST, SEND_REST
from tests.support.sandbox import received_at
from uploads import audit, files, workflow
from uploads.models import AuditEvent, BatchState, Decision, Part, PartState
from uploads.workflow import backup
from uploads.workflow.recovery import Held

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="pg_dump copies PostgreSQL"),
]
BECAUSE = "Looked three visitors up in Target."


@pytest.fixture
def state(settings, tmp_path) -> Path:
    """A state folder of the test's own, beside whose database the files lie."""
    settings.VAR = tmp_path
    return tmp_path


@pytest.fixture
def copied(state):
    """Makes a copy; returns what brings it back."""

    def copied():
        call_command("backup", state / "copies")
        [copy] = (state / "copies").iterdir()

        def bring_back() -> None:
            database = Path(connection.settings_dict["NAME"])
            connections.close_all()
            for path in (database, *(database.with_name(f"{database.name}-{end}") for end in ("wal", "shm"))):
                path.unlink(missing_ok=True)
            # Not there where files are in a bucket, which stays as it is.
            shutil.rmtree(state / "files", ignore_errors=True)
            for path in copy.iterdir():
                target = database if path.name == database.name else state / path.name
                if path.is_dir():
                    shutil.copytree(path, target, dirs_exist_ok=True)
                else:
                    shutil.copy2(path, target)

        return bring_back

    return copied


def table(name: str, rows: int = 5) -> bytes:
    """A file of visitors that no other has."""
    return b"thirdPartyId,tier\n" + b"".join(b"%s%d,gold\n" % (name.encode(), row) for row in range(rows))


def send_all() -> None:
    """What workers and sweep do, until nothing is left to do."""
    for _round in range(3):
        workflow.sweep()
        for part in Part.objects.due_to_send():
            workflow.deliver(part.pk)
        for part in Part.objects.filter(state=PartState.ACCEPTED):
            Part.objects.filter(pk=part.pk).update(next_poll_at=now())
            workflow.follow(part.pk)


def test_what_went_after_the_copy_is_in_doubt_after_it_was_brought_back(
    copied, checked, uploader, reviewer, sandbox
):
    known = checked(made.GOOD)
    assert workflow.release(uploader, known)
    send_all()
    on_its_way = checked(table("way"))
    assert workflow.release(uploader, on_its_way)
    alone = checked(table("alone", 12))
    digest = workflow.digest_of(alone)
    first_rows = workflow.FirstRows(FIRST, SEND_REST)
    assert workflow.send(uploader, alone, digest, first_rows=first_rows)
    scheduled, ready = (checked(table(name)) for name in ("later", "ready"))
    at = now() + timedelta(hours=1)
    assert workflow.send(uploader, scheduled, workflow.digest_of(scheduled), at=at)
    bring_back = copied()

    send_all()
    assert workflow.release(uploader, ready)
    send_all()
    sent = received_at(sandbox.url)
    bring_back()
    with pytest.raises(CommandError, match="hold_recovered"):
        call_command("sweep", once=True)
    call_command("hold_recovered")
    call_command("sweep", once=True)
    send_all()

    assert received_at(sandbox.url) == sent
    for batch in (known, on_its_way, alone, scheduled, ready):
        batch.refresh_from_db()
    assert known.state == BatchState.COMPLETE
    for batch in (on_its_way, alone):
        assert batch.state == BatchState.NEEDS_ATTENTION
        parts = batch.parts.all()
        assert {(part.state, part.reason, part.is_held) for part in parts} == {
            ("in-doubt", "recovered", False)
        }
        assert {part.sending_at for part in parts} == {batch.released_at}
    for batch in (scheduled, ready):
        assert (batch.state, batch.schedule_failure, batch.send_at) == ("ready", "recovered", None)
    assert AuditEvent.objects.get(action="site.recovered").facts["parts"] == 3
    assert audit.verify().broken is None
    call_command("verify_audit")

    # A person looks, and only what they say did not arrive goes again.
    assert workflow.decide(reviewer, on_its_way.parts.get(), Decision.ARRIVED, BECAUSE)
    send_all()
    assert received_at(sandbox.url) == sent


def test_held_once_it_changes_nothing_more(copied, checked, uploader):
    batch = checked(made.GOOD)
    assert workflow.release(uploader, batch)
    copied()()
    assert workflow.hold_recovered().parts == 1
    assert workflow.hold_recovered() == Held(parts=0, batches=0, sessions=0)


@ON_DISK
def test_a_copy_is_whole_private_and_without_keys(state, receive):
    batch = receive(made.GOOD)
    call_command("backup", state / "copies")
    [copy] = (state / "copies").iterdir()
    assert (copy / "files" / files.original_name(batch)).read_bytes() == made.GOOD
    database = Path(connection.settings_dict["NAME"]).name
    assert {path.name for path in copy.iterdir()} >= {"files", backup.MARK, database}
    assert not list(copy.rglob("*.key"))
    assert copy.stat().st_mode & 0o077 == 0
    assert (copy / database).stat().st_mode & 0o077 == 0


def test_only_the_newest_copies_are_kept(state):
    old = [state / "copies" / f"2026010{day}T000000Z" for day in (1, 2, 3)]
    for path in (*old, state / "copies" / "of-somebody-else"):
        path.mkdir(parents=True)
    call_command("backup", state / "copies", "--keep", "2")
    left = {path.name for path in (state / "copies").iterdir()}
    assert left > {"20260103T000000Z", "of-somebody-else"} and len(left) == 3


def test_a_copy_that_cannot_be_made_leaves_nothing_behind(state, receive):
    (state / "copies").write_text("no folder")
    with pytest.raises(CommandError, match="There is no copy"):
        call_command("backup", state / "copies")


def test_no_approval_outlives_the_copy(copied, checked, uploader, destination):
    destination.approval = destination.Approval.ALWAYS
    destination.save()
    batch = checked(made.GOOD)
    assert workflow.ask_for_approval(uploader, batch, "", workflow.digest_of(batch))
    copied()()
    assert workflow.hold_recovered().batches == 1
    batch.refresh_from_db()
    assert (batch.state, batch.schedule_failure, batch.asked_digest) == (BatchState.READY, "recovered", "")
