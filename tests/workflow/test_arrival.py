"""Profiles of a batch that has ended are read back from the real sandbox, and counted."""

import json
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tests.support.overlaps import OTHERS
from tests.support.waiting import eventually
from uploads import files, workflow
from uploads.models import (
    ArrivalCheck,
    AuditEvent,
    Batch,
    BatchState,
    Call,
    Destination,
    Forgetting,
    Part,
    PartState,
)
from uploads.workflow import calls

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 12
CONTENT = b"thirdPartyId,tier\n" + b"".join(b"A%d,gold\n" % number for number in range(ROWS))


@pytest.fixture
def ended(released, sandbox, follow_to_end):
    """A batch that Target is done with; faults strike its submission."""

    def ended(content: bytes = CONTENT, *faults: dict, **as_whom) -> Batch:
        for fault in faults:
            sandbox.fault(**fault)
        batch = released(content, **as_whom)
        for part in batch.parts.all():
            workflow.deliver(part.pk)
            follow_to_end(part)
        batch.refresh_from_db()
        return batch

    return ended


@pytest.fixture
def proven(make_due):
    """Does what is due of a batch's first check, until it has ended."""

    def proven(batch: Batch, check: ArrivalCheck | None = None) -> ArrivalCheck:
        check = check or batch.arrival_checks.first()

        def over():
            ArrivalCheck.objects.filter(pk=check.pk).exclude(due_at=None).update(due_at=now())
            workflow.prove(check.pk)
            check.refresh_from_db()
            return check.due_at is None

        eventually(over, "the check of arrival ends")
        return check

    return proven


def counts(check: ArrivalCheck) -> dict[str, int]:
    names = ("carrying", "changed", "differing", "unknown", "unanswered")
    return {name: getattr(check, name) for name in names if getattr(check, name)}


# When ------------------------------------------------------------------------------------------


def test_the_end_of_a_batch_plans_two_looks(ended):
    batch = ended()
    assert batch.state == BatchState.COMPLETE
    first, second = batch.arrival_checks.all()
    # T12: the sandbox shows at once what it took.
    assert first.due_at <= now()
    assert timedelta(hours=23) < second.due_at - batch.ended_at <= timedelta(hours=25)
    assert {first.wanted, second.wanted} == {50}


def test_target_itself_is_given_an_hour(ended, settings):
    batch = ended()
    batch.arrival_checks.all().delete()
    Destination.objects.update(kind=Destination.Kind.TARGET)
    batch.refresh_from_db()
    workflow.arrival.plan(Batch.objects.get())
    first = batch.arrival_checks.first()
    assert timedelta(minutes=59) < first.due_at - now() <= timedelta(hours=1)


@pytest.mark.parametrize("state", [BatchState.FAILED, BatchState.CANCELLED])
def test_of_what_did_not_go_nothing_is_read_back(ended, state):
    batch = ended()
    batch.arrival_checks.all().delete()
    batch.state = state
    workflow.arrival.plan(batch)
    assert not batch.arrival_checks.exists()


def test_a_destination_can_do_without(ended, destination):
    destination.proof_profiles = 0
    destination.save()
    assert not ended().arrival_checks.exists()


# What is found ---------------------------------------------------------------------------------


def test_what_arrived_carries_the_values_sent(ended, proven):
    check = proven(ended())
    assert counts(check) == {"carrying": ROWS}
    assert check.is_whole
    event = AuditEvent.objects.get(action="batch.arrival-checked")
    assert (event.actor_name, event.facts["sampled"], event.facts["carrying"]) == ("", ROWS, ROWS)


def test_what_was_lost_silently_is_missing(ended, proven):
    batch = ended(CONTENT, {"kind": "partial-loss", "every": 4})  # T12
    assert batch.state == BatchState.COMPLETE
    check = proven(batch)
    assert counts(check) == {"carrying": 9, "unknown": 3}
    assert (check.missing, check.telling) == (3, ROWS)


def test_values_that_are_older_or_gone_differ(ended, proven, sandbox):
    ended(b"thirdPartyId,tier\nA1,silver\n")
    Part.objects.update(sending_at=now())
    batch = ended(
        b"thirdPartyId,tier,city\nA1,gold,Oslo\nA2,gold,Rome\n", {"kind": "partial-loss", "every": 1}
    )
    Part.objects.filter(batch=batch).update(sending_at=now() + timedelta(minutes=5))
    assert counts(proven(batch)) == {"differing": 1, "unknown": 1}


def test_what_the_site_changed_since_is_not_missing(ended, proven, sandbox):
    batch = ended()
    sandbox.visit("A3", {"tier": "platinum"})  # F13
    check = proven(batch)
    assert counts(check) == {"carrying": ROWS - 1, "changed": 1}
    assert (check.missing, check.telling) == (0, ROWS - 1)


def test_rows_that_target_refused_are_not_looked_up(ended, proven):
    batch = ended(CONTENT, {"kind": "failed-rows", "every": 4})  # T9
    assert batch.state == BatchState.COMPLETE_WITH_FAILURES
    check = proven(batch)
    assert (counts(check), check.left_out) == ({"carrying": 9}, 3)
    assert check.is_whole
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == 9


def test_as_many_more_are_drawn_as_target_refused(ended, proven, destination):
    destination.proof_profiles = 6
    destination.save()
    check = proven(ended(CONTENT, {"kind": "failed-rows", "every": 2}))
    assert check.sampled == 6
    assert not check.missing


def test_every_part_that_target_took_is_looked_into(ended, proven, tmp_path):
    batch = ended()
    for number, state in ((2, PartState.STATUS_UNKNOWN), (3, PartState.REFUSED)):
        part = Part.objects.create(batch=batch, number=number, rows=6, bytes=1, state=state, sending_at=now())
        path = tmp_path / "part"
        path.write_bytes(b"batch=thirdPartyId,tier\n" + b"".join(b"B%d,gold\n" % row for row in range(6)))
        files.keep(path, files.part_name(part))
    check = proven(batch)
    assert (check.rows, counts(check), check.is_whole) == (18, {"carrying": 12, "unknown": 6}, True)


def test_of_a_part_that_was_sent_again_the_later_one_is_looked_into(ended, proven):
    batch = ended(CONTENT)
    part = batch.parts.get()
    again = Part.objects.get(pk=part.pk)
    again.pk, again.number, again.resends = None, 2, part
    again.save()
    check = proven(batch)
    assert {each["part"] for each in workflow.look_of(check)["profiles"]} == {2}


def test_pcids_are_read_back_by_their_own_address(ended, proven, sandbox, destination):
    destination.api_version = "v1"  # F10
    destination.save()
    sandbox.visit("1-2.01_00", {"tier": "none"}, key="pcId")
    check = proven(ended(b"pcId,tier\n1-2.01_00,gold\n3-4.01_00,gold\n"))
    assert counts(check) == {"carrying": 1, "unknown": 1}
    assert workflow.look_of(check)["key"] == "pcId"


def test_a_second_look_takes_the_same_profiles_anew(ended, proven, destination):
    destination.proof_profiles = 3
    destination.save()
    first, second = ended().arrival_checks.all()
    ids = [
        [each["id"] for each in workflow.look_of(proven(check.batch, check))["profiles"]]
        for check in (first, second)
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 3
    assert not first.is_whole


# Jobs ------------------------------------------------------------------------------------------


def test_calls_are_left_to_sending_and_polls(ended, make_due):
    batch = ended()
    check, part = batch.arrival_checks.first(), batch.parts.get()
    used = Call.objects.count()
    for _ in range(calls.CALLS_BEFORE_PROFILES - used - 5):
        calls.reserve(part, Call.Kind.STATUS)
    workflow.prove(check.pk)
    check.refresh_from_db()
    assert (check.looked_up, check.sampled, check.finished_at) == (5, ROWS, None)
    assert calls.reserve(part, Call.Kind.PROFILE) is None
    assert calls.reserve(part, Call.Kind.STATUS) is not None


def test_a_check_goes_on_where_it_was(ended, proven):
    batch = ended()
    part = batch.parts.get()
    for _ in range(calls.CALLS_BEFORE_PROFILES - Call.objects.count() - 5):
        calls.reserve(part, Call.Kind.STATUS)
    workflow.prove(batch.arrival_checks.first().pk)
    Call.objects.exclude(kind=Call.Kind.PROFILE).delete()
    assert counts(proven(batch)) == {"carrying": ROWS}
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == ROWS


def test_a_job_that_comes_twice_or_early_looks_once(ended):
    first, second = ended().arrival_checks.all()
    for check in (first, first, second):
        workflow.prove(check.pk)
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == ROWS
    assert AuditEvent.objects.filter(action="batch.arrival-checked").count() == 1


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        ({"kind": "http", "status": 401}, True),
        ({"kind": "http", "status": 503, "retry_after": 60}, True),
        ({"kind": "http", "status": 500}, False),
        ({"kind": "garbage"}, False),
    ],
    ids=["token", "busy", "failed", "garbage"],
)
def test_a_look_that_gets_no_answer_waits_or_says_so(ended, sandbox, fault, waits):
    batch = ended()
    sandbox.fault(on="profile", **fault)
    check = batch.arrival_checks.first()
    workflow.prove(check.pk)
    check.refresh_from_db()
    assert (check.finished_at is None) == waits
    assert counts(check) == ({} if waits else {"carrying": ROWS - 1, "unanswered": 1})
    assert calls.available(batch.destination) == (not waits)
    workflow.prove(check.pk)
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == (1 if waits else ROWS)


def test_a_part_whose_file_is_gone_gives_the_check_up(ended, settings):
    batch = ended()
    next(settings.MEDIA_ROOT.rglob("part-0001")).unlink()
    check = batch.arrival_checks.first()
    workflow.prove(check.pk)
    check.refresh_from_db()
    assert (check.given_up, check.due_at, check.finished_at) == ("file-missing", None, None)


# Asking ----------------------------------------------------------------------------------------


def test_a_person_asks_for_more_and_the_log_says_so(ended, proven, uploader):
    batch = ended()
    proven(batch)
    assert workflow.ask_to_prove(uploader, batch, 5)
    assert not workflow.ask_to_prove(uploader, batch, 5)
    event = AuditEvent.objects.get(action="batch.arrival-asked")
    assert (event.actor_name, event.facts) == ("uploader", {"profiles": 5})
    check = proven(batch, batch.arrival_checks.get(asked_by=uploader))
    assert (check.sampled, counts(check)) == (5, {"carrying": 5})


def test_nobody_asks_for_what_has_not_gone_or_is_no_longer_there(released, ended, uploader):
    assert not workflow.ask_to_prove(uploader, released(OTHERS), 5)
    batch = ended()
    batch.arrival_checks.all().delete()
    for gone in ("files_deleted_at", "forgotten_at"):
        Batch.objects.update(**{"files_deleted_at": None, "forgotten_at": None, gone: now()})
        assert not workflow.ask_to_prove(uploader, batch, 5)


# What is kept ----------------------------------------------------------------------------------


def test_nothing_of_a_row_gets_into_the_database(ended, proven):
    check = proven(ended())
    tables = (ArrivalCheck, Part, Call, AuditEvent)
    kept = json.dumps([list(rows.objects.values()) for rows in tables], default=str)
    assert all(f'"{each["id"]}"' not in kept for each in workflow.look_of(check)["profiles"])
    assert "gold" not in kept


def test_what_was_read_back_goes_with_the_files_of_the_batch(ended, proven):
    batch = ended()
    check = proven(batch)
    Batch.objects.update(ended_at=now() - timedelta(days=60))
    workflow.sweep()
    assert workflow.look_of(check) is None
    later = batch.arrival_checks.last()
    assert (later.given_up, later.due_at) == ("files-deleted", None)
    check.refresh_from_db()
    assert counts(check) == {"carrying": ROWS}


def test_files_stay_while_a_worker_is_about_to_write_one_more(ended):
    batch = ended()
    Batch.objects.update(ended_at=now() - timedelta(days=60))
    held = batch.arrival_checks.filter(pk=batch.arrival_checks.first().pk)
    held.update(claim=batch.folder, lease_until=now() + timedelta(minutes=1))
    workflow.sweep()
    assert files.has_original(batch)
    held.update(lease_until=now() - timedelta(minutes=1))
    workflow.sweep()
    assert not files.has_original(batch)


def test_a_forgotten_person_is_in_no_look_and_nobody_looks_again(ended, proven, admin):
    batch = ended()
    check = proven(batch)
    wanted = workflow.look_for(admin, "A3")
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert workflow.remove_found(admin, wanted)
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert wanted.phase == Forgetting.Phase.DONE
    ids = [each["id"] for each in workflow.look_of(check)["profiles"]]
    assert ids == [f"A{number}" for number in range(ROWS) if number != 3]
    assert batch.arrival_checks.last().given_up == "forgotten"


def test_a_check_that_comes_late_to_changed_files_is_given_up(ended):
    batch = ended()
    Batch.objects.filter(pk=batch.pk).update(forgotten_at=now())
    check = batch.arrival_checks.first()
    workflow.prove(check.pk)
    check.refresh_from_db()
    assert (check.given_up, workflow.look_of(check)) == ("forgotten", None)
    assert not Call.objects.filter(kind=Call.Kind.PROFILE).exists()
