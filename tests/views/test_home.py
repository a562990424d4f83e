"""The home page: what waits for whom, what happened, and whether everything runs."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from tests.support import files as made
from tests.support.answers import text_of
from uploads import queue, workflow
from uploads.models import (
    Account,
    AuditEvent,
    AuditVerification,
    Batch,
    BatchState,
    Beat,
    Call,
    DayRows,
    Destination,
    Membership,
)
from uploads.models.people import Role
from uploads.pages.chart import ABOVE, BELOW, LEAST

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(sign_in, valkey):
    """What the home page says to a person."""

    def home(person):
        return sign_in(person).get(reverse("home")).context["view"]

    return home


@pytest.fixture
def chart_for(sign_in, valkey):
    """The chart on a person's home page."""

    def chart_for(person):
        return sign_in(person).get(reverse("home")).context["chart"]

    return chart_for


def names(view) -> list[str]:
    return [need.name for need in view.needs]


def test_a_newcomer_is_told_what_to_do_first(sign_in, uploader, valkey):
    page = text_of(sign_in(uploader).get(reverse("home")))
    assert "Nothing waits for you." in page
    assert "Send your first batch" in page
    assert "Nothing was sent in these days." in page


@pytest.mark.parametrize(
    ("state", "needing"),
    [
        (BatchState.RECEIVED, {"uploader": ["reading"]}),
        (BatchState.READY, {"uploader": ["ready"]}),
        (BatchState.AWAITING_APPROVAL, {"reviewer": ["approval"]}),
        (BatchState.NEEDS_ATTENTION, {"reviewer": ["doubt"]}),
        (BatchState.DELIVERING, {}),
        (BatchState.COMPLETE, {}),
    ],
)
def test_each_is_asked_for_what_they_may_do(request, home, receive, state, needing):
    batch = receive(made.GOOD)
    Batch.objects.filter(pk=batch.pk).update(state=state)
    for who in ("uploader", "colleague", "reviewer", "outsider", "auditor", "admin"):
        view = home(request.getfixturevalue(who))
        assert names(view) == needing.get(who, []), who
        assert [one.pk for one in view.recent] == ([] if who in ("colleague", "outsider") else [batch.pk])


def test_of_much_that_waits_the_oldest_stand_first_and_the_rest_is_one_click_away(
    sign_in, home, receive, uploader
):
    batches = [receive(made.NO_KEY).pk for _number in range(7)]
    (need,) = home(uploader).needs
    assert ([row.batch.pk for row in need.rows], need.more) == (batches[:5], 2)
    listed = sign_in(uploader).get(need.url).context["page"].batches
    assert [one.pk for one in listed] == batches[::-1]


def test_an_admin_is_asked_for_another_token_and_members_hear_why_it_waits(
    home, admin, uploader, destination
):
    Account.objects.create(code="sandbox:sandbox", paused_at=now(), pause_reason="token")
    (need,) = home(admin).needs
    assert need.url == reverse("destination", args=[destination.pk])
    view = home(uploader)
    assert view.needs == []
    assert "until an admin enters another one" in " ".join(line.note for line in view.health.troubles)


@pytest.mark.parametrize("who", ["auditor", "admin"])
def test_a_broken_chain_is_said_to_those_who_may_read_the_log(request, home, admin, uploader, who):
    AuditVerification.objects.create(asked_by=admin, until=3, broken_at=2, fault="changed", ended_at=now())
    assert names(home(request.getfixturevalue(who))) == ["chain"]
    assert names(home(uploader)) == []


# Health -------------------------------------------------------------------------------------------


def health(view) -> dict[str, tuple[str, str]]:
    return {line.name: (line.tone, line.label) for line in view.health.lines}


def test_where_everything_runs_one_line_says_so(home, at_work, swept, uploader):
    at_work()
    view = home(uploader)
    assert (view.health.tone, view.health.troubles) == ("done", [])
    assert health(view)["Checking files"] == ("done", "1 worker, nothing waits")
    assert health(view)["Sandbox"] == ("done", "open, no call yet")


def test_a_worker_that_died_shows(home, at_work, swept, uploader):
    at_work()
    at_work(60, ["delivering"])
    at_work(60, ["checking"])
    view = home(uploader)
    assert health(view)["Sending to Target"] == ("done", "1 worker, 1 not heard of any more, nothing waits")


def test_a_queue_that_nobody_works_on_is_said_with_what_waits(home, at_work, swept, uploader, receive):
    at_work(queues=["delivering", "following"])
    at_work(60, ["checking"])
    receive(made.GOOD)
    queue.ring("check", 1_000_000)
    view = home(uploader)
    (trouble,) = view.health.troubles
    assert (view.health.tone, trouble.tone) == ("error", "error")
    assert "No worker checks files" in trouble.note
    assert trouble.label.startswith("0 workers, 1 not heard of any more")


def test_a_job_server_that_is_away_is_no_error_page(home, swept, uploader, settings):
    settings.RQ_QUEUES = {
        name: {**parts, "PORT": 1, "REDIS_CLIENT_KWARGS": {}} for name, parts in settings.RQ_QUEUES.items()
    }
    view = home(uploader)
    assert health(view)["Job server"][0] == "error"


@pytest.mark.parametrize(
    ("minutes", "tone", "label"),
    [(0, "done", "ran 0 s ago"), (2, "error", "ran 2 min ago"), (3 * 1440, "error", "ran 3 days ago")],
)
def test_a_sweep_that_stays_away_is_said(home, at_work, uploader, minutes, tone, label):
    at_work()
    Beat.objects.create(name=Beat.Name.SWEEP, at=now() - timedelta(minutes=minutes))
    found = health(home(uploader))["Timer that finds what is due"]
    assert found[0] == tone
    assert minutes == 0 or found[1] == label


def test_without_a_sweep_ever_nothing_goes_on(home, at_work, uploader):
    at_work()
    assert "Nothing goes on by itself" in home(uploader).health.troubles[0].note


@pytest.mark.parametrize(
    ("account", "fields", "tone", "label"),
    [
        ({"paused_at": True, "pause_reason": "admin"}, {}, "warning", "paused, no call yet"),
        ({"paused_at": True, "pause_reason": "token"}, {}, "error", "token refused, no call yet"),
        ({"slow_until": True}, {}, "warning", "slowed down, no call yet"),
        ({}, {"active": False}, "neutral", "not active, no call yet"),
        ({}, {"kind": Destination.Kind.TARGET}, "done", "open, without a token, no call yet"),
    ],
    ids=["paused", "token refused", "slowed", "not active", "no token"],
)
def test_each_destination_says_how_it_is(
    home, at_work, swept, uploader, destination, account, fields, tone, label
):
    at_work()
    Destination.objects.filter(pk=destination.pk).update(**fields)
    destination.refresh_from_db()
    soon = now() + timedelta(minutes=5)
    Account.objects.create(
        code=destination.account_code,
        **{name: soon if value is True else value for name, value in account.items()},
    )
    assert health(home(uploader))["Sandbox"] == (tone, label)


def test_the_last_call_is_told(home, uploader, checked):
    batch = checked(made.GOOD)
    account = workflow.account_of(batch.destination)
    Call.objects.create(
        account=account.code,
        kind=Call.Kind.SUBMIT,
        part=batch.parts.get(),
        at=now() - timedelta(hours=5),
        answered_at=now(),
    )
    assert health(home(uploader))["Sandbox"][1] == "open, last call 5 hours ago"


# The chart ----------------------------------------------------------------------------------------


@pytest.fixture
def rows(uploader, destination):
    """Counts rows on a day so many days ago."""

    def rows(days: int, sent: int, refused: int = 0, *, owner=uploader, place=destination):
        day = localdate() - timedelta(days=days)
        DayRows.objects.create(day=day, destination=place, owner=owner, sent=sent, refused=refused)

    return rows


def test_the_chart_shows_thirty_days_and_the_table_says_the_same(sign_in, chart_for, uploader, rows):
    rows(30, 999)
    rows(29, 1_000_000, 5)
    rows(0, 1, 0)
    chart = chart_for(uploader)
    assert (chart.sent, chart.refused, len(chart.days)) == (1_000_001, 5, 30)
    assert (chart.days[0].sent_height, chart.days[0].refused_height) == (ABOVE, LEAST)
    assert (chart.days[-1].sent_height, chart.days[-1].refused_height) == (LEAST, 0)
    page = text_of(sign_in(uploader).get(reverse("home")))
    assert '<td class="number">1,000,000</td>' in page
    assert '<td class="number">999</td>' not in page


def test_what_was_refused_never_leaves_the_drawing(chart_for, uploader, rows):
    rows(0, 10, 1_000_000)
    assert chart_for(uploader).days[-1].refused_height == BELOW


@pytest.mark.parametrize(
    ("who", "sent"),
    [
        ("uploader", 1),
        ("colleague", 10),
        ("reviewer", 11),
        ("outsider", 100),
        ("auditor", 111),
        ("admin", 111),
    ],
)
def test_everybody_counts_what_they_may_see(
    request, chart_for, rows, colleague, other_destination, outsider, who, sent
):
    rows(0, 1)
    rows(0, 10, owner=colleague)
    rows(0, 100, owner=outsider, place=other_destination)
    assert chart_for(request.getfixturevalue(who)).sent == sent


# Looking a visitor up -----------------------------------------------------------------------------

HERE = b"thirdPartyId,tier\nother,gold\nvisitor-7,silver\nbad/1,x\n"


@pytest.fixture
def look_up(sign_in):
    """Looks an identifier up as somebody; returns the answer."""

    def look_up(person, identifier="visitor-7", **more):
        return sign_in(person).post(reverse("look-up"), {"identifier": identifier, **more})

    return look_up


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param(HERE, [3], id="accepted"),
        pytest.param(b"thirdPartyId,tier\nvisitor-7,\n", [2], id="with an error"),
        pytest.param(b"thirdPartyId,tier\nvisitor-7,a\nvisitor-7,b\n", [2, 3], id="twice"),
        pytest.param(b"thirdPartyId,tier\nvisitor-77,a\n", None, id="another"),
        pytest.param(b"thirdPartyId,tier\nA,visitor-7\n", None, id="in another column"),
    ],
)
def test_a_visitor_is_found_with_the_lines(look_up, checked, uploader, content, lines):
    batch = checked(content)
    found = look_up(uploader).context["look"].found
    assert [(hit.batch.pk, hit.lines) for hit in found] == ([(batch.pk, lines)] if lines else [])


@pytest.mark.parametrize(
    ("who", "finds"), [("uploader", True), ("reviewer", True), ("colleague", False), ("outsider", False)]
)
def test_only_batches_whose_values_one_may_see_are_searched(request, look_up, checked, who, finds):
    checked(HERE)
    assert bool(look_up(request.getfixturevalue(who)).context["look"].found) == finds


def test_files_that_are_too_long_to_read_say_what_is_known(look_up, checked, uploader):
    for content in (HERE, b"thirdPartyId,tier\nother,\n", b"thirdPartyId,tier\nother,a\n"):
        batch = checked(content)
        Batch.objects.filter(pk=batch.pk).update(size=10**9)
    found = look_up(uploader).context["look"].found
    assert [(hit.lines, hit.is_certain) for hit in found] == [(None, False), (None, True)]


def test_a_look_goes_on_where_the_last_one_ended(look_up, checked, uploader):
    older, newer = checked(HERE), checked(HERE)
    found = look_up(uploader, before=newer.pk).context["look"].found
    assert [hit.batch.pk for hit in found] == [older.pk]


def test_the_id_stands_in_no_address_and_not_in_the_log(look_up, sign_in, checked, uploader):
    checked(HERE)
    assert sign_in(uploader).get(reverse("look-up")).status_code == 405
    look_up(uploader)
    event = AuditEvent.objects.get(action="visitor.looked-up")
    assert event.facts.keys() == {"fingerprint", "batches", "found"}
    assert "visitor-7" not in str(event.facts)


def test_a_look_for_nothing_asks_for_an_id(look_up, uploader):
    answer = look_up(uploader, identifier=" ")
    assert answer.context["look"] is None
    assert "This field is required." in text_of(answer)


def test_home_costs_as_many_queries_however_many_destinations(
    sign_in, reviewer, valkey, django_assert_max_num_queries
):
    for number in range(10):
        place = Destination.objects.create(name=f"D{number}", kind="sandbox", client_code=f"d{number}")
        Membership.objects.create(person=reviewer, destination=place, role=Role.REVIEWER)
    client = sign_in(reviewer)
    with django_assert_max_num_queries(11):
        client.get(reverse("home"))
