"""What the real sandbox has of the first rows of a batch is read back, and decides about the rest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from tests.support.first_rows import (
    FIRST,
    ROWS,
    WAIT,
    check_of,
    go,
    held,
    ledger,
    look,
    names_in_folder,
    states,
    told,
)
from tests.support.overlaps import fresh
from tests.support.sandbox import profiles_at
from uploads import files, workflow
from uploads.models import (
    ArrivalCheck,
    BatchState,
    Call,
    Canary,
    Decision,
    Destination,
    Notification,
    User,
)

pytestmark = pytest.mark.django_db(transaction=True)


# What is found, and what follows ---------------------------------------------------------------


def test_once_all_first_rows_carry_the_values_the_rest_goes_by_itself(judged, follow_to_end, sandbox):
    batch = judged()
    check = check_of(batch)
    assert (check.carrying, check.sampled, check.wanted, check.is_whole) == (FIRST, FIRST, FIRST, True)
    assert Call.objects.filter(kind=Call.Kind.PROFILE).count() == FIRST
    assert not batch.arrival_checks.samples().exists()
    assert (batch.state, held(batch)) == (BatchState.DELIVERING, [])
    assert told(batch, "batch.rest-sent") == [("", {"rows": ROWS - FIRST, "parts": 1})]
    go(batch, follow_to_end)
    assert fresh(batch).state == BatchState.COMPLETE
    assert profiles_at(sandbox.url) == {f"A{number}": {"tier": "gold"} for number in range(ROWS)}
    assert len(sandbox.received()) == 2


def test_what_was_changed_since_does_not_keep_the_rest_back(gone, sandbox):
    batch = gone()
    sandbox.visit("A1", {"tier": "iron"})  # F13
    batch = look(batch)
    assert (check_of(batch).changed, held(batch)) == (1, [])


def test_where_every_profile_has_another_value_since_nothing_is_proven(gone, sandbox):
    batch = gone(rows=2)
    for visitor in ("A0", "A1"):
        sandbox.visit(visitor, {"tier": "iron"})  # F5
    batch = look(batch)
    assert (batch.state, held(batch)) == (BatchState.NEEDS_ATTENTION, [2])


@pytest.mark.parametrize(
    ("fault", "counts"),
    [
        ({"kind": "partial-loss", "every": 2}, {"carrying": 2, "unknown": 2}),  # T12
        ({"kind": "failed-rows", "every": 2}, {"carrying": 2, "left_out": 2}),  # T9
        ({"kind": "partial-loss", "every": 1}, {"unknown": FIRST}),
    ],
    ids=["lost silently", "refused by Target", "all lost"],
)
def test_where_first_rows_are_missing_a_person_is_asked(judged, uploader, reviewer, fault, counts):
    for person in (uploader, reviewer):
        User.objects.filter(pk=person.pk).update(email=f"{person}@example.com")
    batch = judged(fault)
    check = check_of(batch)
    assert {name: getattr(check, name) for name in counts} == counts
    assert (batch.state, held(batch)) == (BatchState.NEEDS_ATTENTION, [2])
    told_of = Notification.objects.values_list("person__username", "state")
    assert set(told_of) == {("uploader", "needs-attention"), ("reviewer", "needs-attention")}


@pytest.mark.parametrize(
    "fault",
    [{"kind": "refuse"}, {"kind": "stuck", "on": "status"}],
    ids=["refused", "stuck"],
)
def test_where_target_does_not_finish_the_first_rows_the_rest_stays(gone, reviewer, fault):
    batch = gone(fault)
    assert (batch.state, held(batch)) == (BatchState.NEEDS_ATTENTION, [2])
    if batch.parts.undecided().exists():
        assert not workflow.can_send_rest(batch)
        batch = look(batch)
        part = batch.parts.get(number=1)
        assert workflow.decide(reviewer, part, Decision.ACKNOWLEDGE, "Looked at it.")
    assert (fresh(batch).state, held(batch)) == (BatchState.NEEDS_ATTENTION, [2])
    assert workflow.can_send_rest(batch)


def test_in_doubt_a_reviewer_decides_first_and_rows_sent_again_are_the_first_rows(
    gone, reviewer, follow_to_end
):
    batch = gone({"kind": "http", "status": 500})
    assert (states(batch), batch.state) == (["in-doubt", "pending"], BatchState.NEEDS_ATTENTION)
    assert not workflow.can_send_rest(batch)
    assert workflow.decide(reviewer, batch.parts.get(number=1), Decision.SEND_AGAIN, "Nothing there.")
    go(batch, follow_to_end)
    assert states(batch) == ["not-applied", "pending", "complete"]
    batch = look(batch)
    assert check_of(batch).part.number == 3
    assert held(batch) == []
    go(batch, follow_to_end)
    assert fresh(batch).state == BatchState.COMPLETE


def test_rows_that_are_left_out_leave_the_rest_to_a_person(gone, reviewer):
    batch = gone({"kind": "http", "status": 500})
    assert workflow.decide(reviewer, batch.parts.get(number=1), Decision.LEAVE_OUT, "Nothing there.")
    assert fresh(batch).state == BatchState.NEEDS_ATTENTION
    assert workflow.can_send_rest(batch)


@pytest.mark.parametrize(("known", "goes"), [(2, True), (0, False)], ids=["some known", "none known"])
def test_of_version_1_unknown_visitors_prove_nothing_and_do_not_count(
    gone, sandbox, known, goes, destination
):
    Destination.objects.filter(pk=destination.pk).update(api_version="v1")  # F10
    for number in range(known):
        sandbox.visit(f"A{number}", {"tier": "none"})
    batch = look(gone())
    check = check_of(batch)
    assert (check.carrying, check.unknown) == (known, FIRST - known)
    assert (held(batch) == []) == goes


def test_pcids_are_read_back_by_their_own_address(gone, sandbox, destination):
    Destination.objects.filter(pk=destination.pk).update(api_version="v1")
    pcids = [f"{number}-2.01_00" for number in range(1, 5)]
    for pcid in pcids:
        sandbox.visit(pcid, {"tier": "none"}, key="pcId")
    rows = "".join(f"{pcid},gold\n" for pcid in pcids)
    batch = look(gone(content=f"pcId,tier\n{rows}".encode(), rows=2))
    assert (check_of(batch).carrying, held(batch)) == (2, [])


def test_target_itself_is_looked_at_after_minutes_and_again_while_values_are_missing(gone, settings):
    batch = gone({"kind": "partial-loss", "every": 2})
    check_of(batch).delete()
    Destination.objects.update(kind=Destination.Kind.TARGET)
    batch = fresh(batch)
    workflow.settle.settle(batch)
    check = check_of(batch)
    assert timedelta(minutes=4) < check.due_at - now() <= timedelta(minutes=5)
    assert [next_look(check, minutes) for minutes in (5, 16, 61)] == [15, 60, None]


def next_look(check: ArrivalCheck, minutes: int) -> int | None:
    """So many minutes after the end of the first rows the next look is due, after one that missed some."""
    check.part.ended_at = now() - timedelta(minutes=minutes)
    known = {"id": "A1", "state": "found", "sent": {"tier": "gold"}, "attributes": {"tier": ["gold", None]}}
    missed = {"id": "A2", "state": "unknown", "sent": {"tier": "gold"}, "attributes": {}}
    pause = workflow.canary.look_again(check, {"key": "thirdPartyId", "profiles": [known, missed]})
    assert (known["state"], missed["state"]) == ("found", "waiting" if pause else "unknown")
    return pause and minutes + round(pause / timedelta(minutes=1))


def test_a_lost_file_leaves_the_rest_to_a_person(gone):
    batch = gone()
    files.delete(files.part_name(batch.parts.get(number=1)))
    batch = look(batch)
    assert (check_of(batch).given_up, batch.state, held(batch)) == (
        "file-missing",
        BatchState.NEEDS_ATTENTION,
        [2],
    )


def test_a_changed_destination_lets_nothing_go(gone):
    batch = gone()
    Destination.objects.update(active=False)
    batch = look(batch)
    assert (batch.state, held(batch)) == (BatchState.NEEDS_ATTENTION, [2])
    assert not workflow.can_send_rest(batch)


# What a person does -----------------------------------------------------------------------------


def test_a_person_sends_the_rest_once_the_first_rows_have_told_all(
    gone, uploader, reviewer, follow_to_end, sandbox
):
    batch = gone(then=WAIT)
    assert not workflow.send_rest(uploader, batch)
    batch = look(batch)
    assert workflow.is_proven(check_of(batch))
    assert (batch.state, held(batch)) == (BatchState.NEEDS_ATTENTION, [2])
    assert workflow.send_rest(uploader, batch)
    assert not workflow.send_rest(reviewer, batch)
    assert told(batch, "batch.rest-sent") == [("uploader", {"rows": ROWS - FIRST, "parts": 1})]
    go(batch, follow_to_end)
    assert fresh(batch).state == BatchState.COMPLETE
    assert len(sandbox.received()) == 2


def test_a_person_stops_there_and_every_row_is_accounted_for(judged, uploader):
    batch = judged(then=WAIT)
    assert workflow.cancel(uploader, batch)
    batch = fresh(batch)
    assert (batch.state, states(batch)) == (BatchState.CANCELLED, ["complete", "cancelled"])
    assert not workflow.send_rest(uploader, batch)
    assert not Canary.objects.exclude(waits_since=None).exists()
    assert ledger(batch) == {
        "total": ROWS,
        "cancelled": ROWS - FIRST,
        "sent": FIRST,
        "consumed": FIRST,
        "updated": FIRST,
    }


def test_a_batch_stopped_while_its_first_rows_are_looked_up_stays_stopped(gone, uploader):
    batch = gone()
    assert workflow.cancel(uploader, batch)
    batch = look(batch)
    assert (batch.state, states(batch)) == (BatchState.CANCELLED, ["complete", "cancelled"])


def test_whoever_sends_and_stops_at_once_does_one_of_both(judged, uploader, reviewer, sandbox, follow_to_end):
    batch = judged(then=WAIT)
    done = at_once(
        lambda: workflow.send_rest(uploader, fresh(batch)),
        lambda: workflow.cancel(reviewer, fresh(batch)),
        lambda: workflow.send_rest(reviewer, fresh(batch)),
        lambda: workflow.deliver(batch.parts.get(number=2).pk),
        workflow.sweep,
    )
    assert sum(bool(one) for one in (done[0], done[2])) <= 1
    assert done[0] or done[1] or done[2]
    assert len(told(batch, "batch.rest-sent")) <= 1
    if not (done[0] or done[2]):
        assert states(batch) == ["complete", "cancelled"]
    assert len(sandbox.received()) <= 2


def at_once(*acts) -> list:
    """Each in a thread of its own; what they returned."""

    def acted(act):
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(acted, acts))


# What is left -----------------------------------------------------------------------------------


def test_a_forgotten_person_is_in_no_file_of_a_batch_that_was_cut(judged, follow_to_end, admin):
    batch = judged()
    go(batch, follow_to_end)
    batch = fresh(batch)
    for each in batch.arrival_checks.all():
        workflow.prove(each.pk)
    wanted = workflow.look_for(admin, "A2")
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert workflow.remove_found(admin, wanted)
    workflow.go_on_forgetting(wanted.pk)
    for name in names_in_folder(batch):
        with files.open_kept(f"batches/{batch.folder.hex}/{name}") as kept:
            assert b"A2," not in kept.read(), name
