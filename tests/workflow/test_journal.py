"""Target's answer to a POST outlives its worker, a database that is away, and a full disk."""

import os
import uuid

import pytest
from django.db.models.functions import Now

from tests.support import files as made
from uploads import target, workflow
from uploads.models import BatchState, Call, Part, PartState
from uploads.workflow import answers, calls, journal
from uploads.workflow.leases import LEASE

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = "2000-01-01T00:00:00Z"


@pytest.fixture
def posted(released):
    """A part whose worker made the POST and got no further; `lease_until` says whether it still lives."""

    def posted(lease_until=LONG_AGO):
        part = released(made.GOOD).parts.get()
        call = calls.reserve(part, Call.Kind.SUBMIT)
        Part.objects.filter(pk=part.pk).update(
            state=PartState.SENDING, claim=uuid.uuid4(), lease_until=lease_until, attempts=1
        )
        part.refresh_from_db()
        return part, call, journal.begin(part, call)

    return posted


def accepted(settings):
    address = f"{settings.SANDBOX_URL}/m2/sandbox/v2/profile/batchStatus?batchId=sandbox-7"
    return answers.accepted(target.Accepted(address, "sandbox-7", "Batch submitted for processing"))


def entries(settings):
    return list(settings.JOURNAL_ROOT.iterdir())


def test_an_answer_that_only_the_journal_has_is_brought_into_the_database(posted, sandbox, settings):
    part, call, entry = posted()
    entry.write(accepted(settings))
    workflow.sweep()
    part.refresh_from_db()
    call.refresh_from_db()
    assert (part.state, part.target_batch_id, part.claim) == (PartState.ACCEPTED, "sandbox-7", None)
    assert (call.outcome, call.http_status) == ("accepted", 200)
    assert part.batch.state == BatchState.DELIVERING
    assert entries(settings) == []


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (target.Refused("Batch is empty", http_status=200), "refused", "target"),
        (
            target.RetrySafely("Busy", kind="busy", http_status=503, retry_after=9.0),
            "waiting-to-retry",
            "busy",
        ),
        (target.RetrySafely("No", kind="token", http_status=401), "waiting-to-retry", "token"),
        (target.OutcomeUnknown("The connection failed.", handed_over=7), "in-doubt", "answer"),
    ],
    ids=["refused", "busy", "token", "unknown"],
)
def test_every_kind_of_answer_survives_in_the_journal(posted, error, state, reason):
    part, _, entry = posted()
    entry.write(answers.failed(error))
    workflow.sweep()
    part.refresh_from_db()
    assert (part.state, part.reason, part.message) == (state, reason, error.detail)


def test_without_an_answer_in_the_journal_the_part_is_in_doubt(posted):
    part, _, _ = posted()
    workflow.sweep()
    part.refresh_from_db()
    assert (part.state, part.reason) == (PartState.IN_DOUBT, "worker-lost")


def test_an_answer_that_was_cut_off_is_no_answer(posted, settings):
    part, _, entry = posted()
    entry.write(accepted(settings))
    with entry.path.open("r+b") as file:
        file.seek(90)
        file.write(bytes(8))
    workflow.sweep()
    part.refresh_from_db()
    assert part.state == PartState.IN_DOUBT


def test_an_answer_is_left_to_a_worker_that_lives(posted, settings):
    part, _, entry = posted(lease_until=Now() + LEASE)
    entry.write(accepted(settings))
    workflow.sweep()
    part.refresh_from_db()
    assert part.state == PartState.SENDING
    assert entries(settings) == [entry.path]


def test_an_answer_that_came_after_the_doubt_ends_it(posted, settings):
    part, _, entry = posted()
    workflow.sweep()
    entry.write(accepted(settings))
    workflow.sweep()
    part.refresh_from_db()
    assert (part.state, part.reason) == (PartState.ACCEPTED, "")


def test_an_answer_under_another_claim_changes_nothing(posted, settings):
    part, _, entry = posted()
    entry.write(accepted(settings))
    Part.objects.filter(pk=part.pk).update(claim=uuid.uuid4(), lease_until=Now() + LEASE)
    workflow.sweep()
    part.refresh_from_db()
    assert part.state == PartState.SENDING
    assert entries(settings) == []


def test_the_answer_fits_the_room_that_was_made_for_it(posted):
    _, _, entry = posted()
    entry.write(
        answers.accepted(target.Accepted("\N{PILE OF POO}" * 5000, "\\" * 5000, "\N{PILE OF POO}" * 5000))
    )
    assert entry.path.stat().st_size == journal.SIZE
    assert entry.read().state == PartState.ACCEPTED


def test_nothing_stays_in_the_journal_after_a_delivery(released, sandbox, settings):
    workflow.deliver(released(made.GOOD).parts.get().pk)
    assert entries(settings) == []


def test_what_never_got_an_answer_is_forgotten_in_the_end(posted, settings):
    _, _, entry = posted()
    workflow.sweep()
    assert entries(settings) == [entry.path]
    os.utime(entry.path, (0, 0))
    workflow.sweep()
    assert entries(settings) == []


def test_a_file_that_is_none_of_the_journals_is_left_alone(posted, settings):
    _, _, entry = posted()
    stray = entry.path.with_name("notes.txt")
    stray.write_text("of the admin")
    workflow.sweep()
    assert stray.exists()
