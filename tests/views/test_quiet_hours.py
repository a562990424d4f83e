"""Before a big batch is sent: what is said of business hours, and the choice to wait until they are over."""

from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from tests.support import files as made
from tests.support.answers import text_of
from uploads import workflow
from uploads.models import AuditEvent, BatchState, Destination
from uploads.pages.words import moment

pytestmark = pytest.mark.django_db

TAKES_LONGER = "Target may take longer during business hours"


def zone_where_it_is(hour: int) -> str:
    """A zone whose clocks show that hour now, between 1 and 23: no test begins or ends at its midnight."""
    ahead = (hour - now().hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


@pytest.fixture
def open_at(destination):
    """Gives the destination business hours by clocks that show that hour; one row more is a big batch."""

    def open_at(hour: int, **fields) -> Destination:
        hours = {"business_start": time(9), "business_end": time(18), "business_last_day": 6, "big_rows": 1}
        Destination.objects.filter(pk=destination.pk).update(
            time_zone=zone_where_it_is(hour), **hours | fields
        )
        destination.refresh_from_db()
        return destination

    return open_at


@pytest.fixture
def batch(checked):
    """Of three rows."""
    return checked(made.GOOD)


def page_of(client, batch, name="batch-send"):
    return client.get(reverse(name, args=[batch.pk]))


def test_in_business_hours_the_page_offers_the_time_when_they_are_over(sign_in, uploader, open_at, batch):
    place = open_at(12)
    client = sign_in(uploader)
    page = page_of(client, batch)
    words = " ".join(text_of(page).split())
    hours = f"(09:00–18:00, Mon–Sun, {place.time_zone})"  # noqa: RUF001 (dashes are meant)
    assert f"{TAKES_LONGER} {hours}. That is now." in words
    at = page.context["quiet"].at
    assert f"When business hours are over: {moment(at)}" in words
    said = {"digest": page.context["view"].digest, "when": "quiet", "quiet_at": page.context["quiet"].stamp}
    assert f'name="quiet_at" value="{said["quiet_at"]}"' in page.content.decode().replace("&#x2B;", "+")
    client.post(reverse("batch-send", args=[batch.pk]), said)
    batch.refresh_from_db()
    assert (batch.state, batch.send_at) == (BatchState.SCHEDULED, at)
    assert timedelta(hours=4) < at - now() <= timedelta(hours=6)


@pytest.mark.parametrize(
    ("hour", "fields", "says", "offers"),
    [
        pytest.param(12, {}, True, True, id="a big batch, now"),
        pytest.param(20, {}, True, False, id="a big batch, but it is quiet now"),
        pytest.param(12, {"big_rows": 3}, False, False, id="no more rows than that"),
        pytest.param(12, {"business_start": None, "business_end": None}, False, False, id="no hours"),
    ],
)
def test_who_is_told_of_business_hours(sign_in, uploader, open_at, batch, hour, fields, says, offers):
    open_at(hour, **fields)
    page = page_of(sign_in(uploader), batch)
    assert (TAKES_LONGER in text_of(page)) == says
    assert (b'value="quiet"' in page.content) == offers


def test_a_chosen_time_in_business_hours_is_taken_and_told_of(sign_in, uploader, open_at, batch):
    open_at(12)
    client = sign_in(uploader)
    assert workflow.send(uploader, batch, workflow.digest_of(batch), now() + timedelta(hours=1))
    assert TAKES_LONGER in text_of(page_of(client, batch, "batch"))


def test_a_chosen_time_in_quiet_hours_says_nothing_of_others(sign_in, uploader, open_at, batch):
    open_at(12)
    client = sign_in(uploader)
    assert workflow.send(uploader, batch, workflow.digest_of(batch), now() + timedelta(hours=8))
    assert TAKES_LONGER not in text_of(page_of(client, batch, "batch"))


@pytest.mark.parametrize(
    ("hour", "quiet_at"),
    [
        pytest.param(12, "2026-01-01T18:00:00+00:00", id="a time that has passed"),
        pytest.param(12, "2999-01-01T18:00:00+00:00", id="a time too far ahead"),
        pytest.param(12, "soon", id="no time"),
        pytest.param(12, "", id="none"),
        pytest.param(20, "2026-01-01T18:00:00+00:00", id="business hours are over meanwhile"),
    ],
)
def test_whoever_comes_too_late_for_it_chooses_again(sign_in, uploader, open_at, batch, hour, quiet_at):
    open_at(hour)
    client = sign_in(uploader)
    said = {"digest": page_of(client, batch).context["view"].digest, "when": "quiet", "quiet_at": quiet_at}
    answer = client.post(reverse("batch-send", args=[batch.pk]), said)
    assert "It is too late for that. Choose again." in text_of(answer)
    batch.refresh_from_db()
    assert (batch.state, batch.send_at) == (BatchState.READY, None)


def test_approval_can_be_asked_for_that_time(sign_in, uploader, open_at, checked):
    open_at(12, approval="always")
    batch = checked(made.GOOD)
    client = sign_in(uploader)
    page = page_of(client, batch, "batch-ask")
    at = page.context["quiet"].at
    said = {"digest": page.context["view"].digest, "because": "Why.", "when": "quiet"}
    client.post(
        reverse("batch-ask", args=[batch.pk]), {**said, "quiet_at": page.context["quiet"].stamp, "at": "x"}
    )
    batch.refresh_from_db()
    assert (batch.state, batch.send_at) == (BatchState.AWAITING_APPROVAL, at)


def test_who_reviews_a_time_in_business_hours_is_told_of_them(sign_in, uploader, reviewer, open_at, checked):
    open_at(12, approval="always")
    batch = checked(made.GOOD)
    soon = now() + timedelta(hours=1)
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch), soon)
    assert TAKES_LONGER in text_of(page_of(sign_in(reviewer), batch, "batch-review"))


HOURS = {
    "business_start": "09:00",
    "business_end": "18:00",
    "business_first_day": "0",
    "business_last_day": "4",
    "time_zone": "Europe/Madrid",
    "big_rows": "50000",
}


@pytest.fixture
def save(sign_in_confirmed, admin, destination):
    """Saves the destination's form with these changes, as the admin."""
    client, url = sign_in_confirmed(admin), reverse("destination", args=[destination.pk])

    def save(**changed):
        form = client.get(url).context["form"]
        shown = {name: value for name in form.fields if (value := form[name].value()) not in (None, False)}
        return client.post(url, shown | changed)

    return save


def test_business_hours_are_kept_with_before_and_after(save, destination):
    assert save(**HOURS).status_code == 302
    destination.refresh_from_db()
    hours = destination.business_hours
    assert (hours.start, hours.end, hours.last_day, hours.zone.key) == (time(9), time(18), 4, "Europe/Madrid")
    assert AuditEvent.objects.get(action="destination.changed").facts["changes"] == {
        "business_start": [None, "09:00:00"],
        "business_end": [None, "18:00:00"],
        "time_zone": ["", "Europe/Madrid"],
        "big_rows": [100_000, 50_000],
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"business_end": ""}, "or neither", id="no end"),
        pytest.param({"business_start": ""}, "or neither", id="no beginning"),
        pytest.param({"business_end": "09:00"}, "end later on the day", id="over at once"),
        pytest.param({"business_end": "06:00"}, "end later on the day", id="over before they begin"),
        pytest.param({"business_end": "25:00"}, "Enter a valid time.", id="no time of the day"),
        pytest.param({"time_zone": "Madrid"}, "There is no such time zone.", id="no zone"),
        pytest.param({"time_zone": "../../etc/passwd"}, "There is no such time zone.", id="a path"),
        pytest.param({"business_first_day": "7"}, "Select a valid choice.", id="no day of the week"),
    ],
)
def test_hours_that_make_no_sense_are_refused_in_words(save, destination, changed, said):
    answer = save(**HOURS | changed)
    assert answer.status_code == 200
    assert said in text_of(answer)
    destination.refresh_from_db()
    assert destination.business_hours is None


def test_without_a_zone_the_clocks_are_the_sites(save, destination, settings):
    save(**HOURS | {"time_zone": ""})
    settings.TIME_ZONE = "America/New_York"
    destination.refresh_from_db()
    assert destination.business_hours.zone.key == "America/New_York"
