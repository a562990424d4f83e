"""Profiles of a part are read back from the real sandbox, within the account's budget."""

import json

import pytest

from uploads import workflow
from uploads.models import Account, AuditEvent, Call, Part
from uploads.workflow import calls
from uploads.workflow.read_back import PROFILES

pytestmark = pytest.mark.django_db(transaction=True)

IDS = [f"A{number}" for number in range(PROFILES)]
CONTENT = b"thirdPartyId,tier\n" + b"".join(b"%b,gold\n" % each.encode() for each in IDS)


@pytest.fixture
def asked(released, sandbox, reviewer):
    """A part that was sent, and of which somebody wants to see profiles."""

    def asked(**fault):
        if fault:
            sandbox.fault(**fault)
        part = released(CONTENT).parts.get()
        workflow.deliver(part.pk)
        part.refresh_from_db()
        assert workflow.ask_to_read_back(reviewer, part)
        return part

    return asked


def states(part) -> list[str]:
    return [profile["state"] for profile in workflow.read_back_of(part)["profiles"]]


def test_what_arrived_is_found_with_its_values_and_times(asked, sandbox, follow_to_end):
    part = asked()
    follow_to_end(part)
    workflow.read_back(part.pk)
    found = workflow.read_back_of(part)
    assert states(part) == ["found"] * PROFILES
    assert ([profile["id"] for profile in found["profiles"]], found["key"]) == (IDS, "thirdPartyId")
    assert found["finished"]
    for profile in found["profiles"]:
        value, modified_at = profile["attributes"]["tier"]
        assert (value, profile["sent"]) == ("gold", {"tier": "gold"})
        assert modified_at
    part.refresh_from_db()
    assert (part.read_back_due_at, part.read_back_at is None) == (None, False)


def test_what_did_not_arrive_is_not_known(asked):
    part = asked(kind="reset", before_body=True)
    workflow.read_back(part.pk)
    assert states(part) == ["unknown"] * PROFILES
    assert set(Call.objects.filter(kind=Call.Kind.PROFILE).values_list("outcome", flat=True)) == {"not-found"}


def test_asking_is_audited_and_asking_twice_asks_once(asked, reviewer):
    part = asked()
    assert not workflow.ask_to_read_back(reviewer, part)
    event = AuditEvent.objects.get(action="part.read-back")
    assert (event.actor_name, event.facts) == ("reviewer", {"part": 1, "profiles": PROFILES})


def test_a_part_that_was_never_sent_is_not_looked_up(released, reviewer):
    assert not workflow.ask_to_read_back(reviewer, released().parts.get())


def test_without_a_free_call_the_rest_waits_and_goes_on(asked, make_due):
    part = asked(kind="reset", before_body=True)
    used = Call.objects.count()
    for _ in range(calls.CALLS_BEFORE_PROFILES - used - 4):
        calls.reserve(part, Call.Kind.STATUS)
    workflow.read_back(part.pk)
    assert states(part) == ["unknown"] * 4 + ["waiting"] * (PROFILES - 4)
    Call.objects.exclude(kind=Call.Kind.PROFILE).delete()
    workflow.read_back(part.pk)
    assert "waiting" in states(part)
    Part.objects.update(read_back_due_at="2000-01-01T00:00:00Z")
    workflow.read_back(part.pk)
    assert states(part) == ["unknown"] * PROFILES
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == PROFILES


def test_a_job_that_comes_twice_looks_once(asked):
    part = asked(kind="reset", before_body=True)
    for _ in range(2):
        workflow.read_back(part.pk)
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == PROFILES


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"kind": "http", "status": 401}, "waiting"),
        ({"kind": "http", "status": 503, "retry_after": 60}, "waiting"),
        ({"kind": "http", "status": 500}, "unanswered"),
        ({"kind": "garbage"}, "unanswered"),
    ],
    ids=["token", "busy", "failed", "garbage"],
)
def test_a_look_that_gets_no_answer_says_so_or_waits(asked, sandbox, fault, seen):
    part = asked(kind="reset", before_body=True)
    sandbox.fault(on="profile", **fault)
    workflow.read_back(part.pk)
    assert states(part)[0] == seen
    assert (states(part)[-1] == "waiting") == (seen == "waiting")
    assert calls.available(part.batch.destination) == (seen != "waiting")
    part.refresh_from_db()
    assert (part.read_back_due_at is None) == (seen != "waiting")
    assert Account.objects.count() == 1


def test_a_part_whose_file_is_gone_ends_with_nothing_to_look_up(asked, settings):
    part = asked()
    for path in settings.MEDIA_ROOT.rglob("part-0001"):
        path.unlink()
    workflow.read_back(part.pk)
    assert workflow.read_back_of(part)["profiles"] == []


def test_a_second_look_takes_the_same_profiles_anew(asked, reviewer):
    part = asked(kind="reset", before_body=True)
    looks = []
    for _ in range(2):
        workflow.read_back(part.pk)
        looks.append([profile["id"] for profile in workflow.read_back_of(part)["profiles"]])
        workflow.ask_to_read_back(reviewer, part)
    assert looks[0] == looks[1]
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == 2 * PROFILES


def test_nothing_of_a_row_gets_into_the_database(asked):
    part = asked()
    workflow.read_back(part.pk)
    kept = json.dumps([list(rows.objects.values()) for rows in (Part, Call, AuditEvent)], default=str)
    assert all(profile["id"] not in kept for profile in workflow.read_back_of(part)["profiles"])
    assert "gold" not in kept
