"""The attribute dictionary of a destination."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from uploads import workflow
from uploads.models import AttributeName, AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def dictionary(sign_in, destination):
    """Opens the page as somebody, and tells the names on it in their order."""

    def dictionary(person, **filters):
        page = sign_in(person).get(reverse("attributes", args=[destination.pk]), filters)
        return page, [line.attribute.name for line in page.context["dictionary"].lines]

    return dictionary


@pytest.fixture
def used(destination):
    """A name last sent so many days ago."""

    def used(name: str, days: int = 0, **said) -> AttributeName:
        at = now() - timedelta(days=days, minutes=1)
        return destination.attribute_names.create(name=name, first_used=at, last_used=at, **said)

    return used


def test_it_tells_who_sent_a_name_first_and_last_and_in_how_many_batches(
    checked, dictionary, uploader, reviewer
):
    assert workflow.release(uploader, checked(b"thirdPartyId,tier,city\nA1,gold,Oslo\n"))
    second = checked(b"thirdPartyId,tier\nA2,gold\n", actor=reviewer)
    assert workflow.release(reviewer, second)
    page, names = dictionary(uploader)
    assert names == ["city", "tier"]
    told = {line.attribute.name: line.attribute for line in page.context["dictionary"].lines}
    assert [(one.first_by, one.last_by, one.batches) for one in told.values()] == [
        (uploader, uploader, 1),
        (uploader, reviewer, 2),
    ]
    assert told["tier"].first_used < told["tier"].last_used
    for value in (b"gold", b"Oslo", b"A1"):
        assert value not in page.content


def test_names_that_look_alike_are_marked_and_stand_together(dictionary, used, uploader):
    for name in ("tier", "unlike", "Tier", "teir"):
        used(name)
    page, names = dictionary(uploader)
    assert names == ["teir", "Tier", "tier", "unlike"]
    marked = {
        line.attribute.name: (line.other_case, line.similar) for line in page.context["dictionary"].lines
    }
    assert marked["tier"] == (["Tier"], ["teir"])  # F4
    assert marked["teir"] == ([], ["Tier", "tier"])
    assert marked["unlike"] == ([], [])
    assert b"3 names look like another one." in page.content
    assert dictionary(uploader, show="alike")[1] == ["teir", "Tier", "tier"]


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        pytest.param({"q": "STREET"}, ["street"], id="by name"),
        pytest.param({"q": "crm"}, ["city"], id="by owner"),
        pytest.param({"q": "where they live"}, ["street"], id="by note"),
        pytest.param({"q": "Made-up"}, ["old"], id="by example"),
        pytest.param({"show": "stale"}, ["old"], id="not sent for 90 days"),
        pytest.param({"show": "stale", "days": "30"}, ["city", "old"], id="not sent for 30 days"),
        pytest.param({"show": "stale", "days": "30", "q": "ci"}, ["city"], id="both"),
        pytest.param({"days": "1"}, ["city", "old", "street"], id="days alone"),
        pytest.param({"show": "nonsense"}, ["city", "old", "street"], id="a filter that makes no sense"),
        pytest.param({"q": "nothing"}, [], id="nothing fits"),
        pytest.param({"page": "77"}, ["city", "old", "street"], id="no such page"),
    ],
)
def test_the_dictionary_is_searched_and_filtered(dictionary, used, uploader, filters, shown):
    used("city", days=89, owner="CRM team")
    used("street", days=1, note="Where they live")
    used("old", days=91, example="made-up")
    assert dictionary(uploader, **filters)[1] == shown


def test_of_ten_thousand_names_a_page_asks_for_no_more_rows_than_it_shows(
    dictionary, destination, uploader, django_assert_max_num_queries
):
    at = now()
    AttributeName.objects.bulk_create(
        AttributeName(destination=destination, name=f"attribute_{number:05}", first_used=at, last_used=at)
        for number in range(10_000)
    )
    with django_assert_max_num_queries(25):
        page, names = dictionary(uploader, page="200")
    assert (len(names), names[-1]) == (50, "attribute_09999")
    assert page.context["dictionary"].page.has_next() is False


def test_what_is_said_of_a_name_is_kept_with_before_and_after(sign_in, used, uploader, auditor):
    name = used("tier", owner="CRM")
    client, url = sign_in(uploader), reverse("attribute", args=[name.destination_id, name.pk])
    said = {"owner": "Loyalty", "example": "gold", "note": "gold, silver"}
    for _twice in range(2):
        assert client.post(url, said).status_code == 302
    name.refresh_from_db()
    assert (name.owner, name.example, name.note) == tuple(said.values())
    event = AuditEvent.objects.get(action="attribute.described")
    assert event.facts == {
        "attribute": "tier",
        "changes": {"example": ["", "gold"], "note": ["", "gold, silver"], "owner": ["CRM", "Loyalty"]},
    }
    page = client.get(reverse("attributes", args=[name.destination_id])).content.decode()
    assert 'For example: <span class="value">gold</span>' in page
    log = sign_in(auditor).get(reverse("audit"), {"action": "attribute.described"})
    assert "owner from “CRM” to “Loyalty”" in log.content.decode()


def test_too_long_a_note_is_refused_in_words(sign_in, used, uploader):
    name = used("tier")
    answer = sign_in(uploader).post(
        reverse("attribute", args=[name.destination_id, name.pk]), {"note": "x" * 501}
    )
    assert "at most 500 characters" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="attribute.described").exists()


def test_who_may_not_change_it_is_offered_no_way_to(dictionary, used, uploader, auditor):
    url = reverse("attribute", args=[(name := used("tier")).destination_id, name.pk]).encode()
    assert url in dictionary(uploader)[0].content
    assert url not in dictionary(auditor)[0].content


def test_a_name_of_another_destination_is_not_there(sign_in, used, outsider, uploader, other_destination):
    name = used("tier")
    addresses = [
        reverse("attributes", args=[name.destination_id]),
        reverse("attribute", args=[name.destination_id, name.pk]),
        reverse("attribute", args=[other_destination.pk, name.pk]),
    ]
    client = sign_in(outsider)
    assert [client.get(url).status_code for url in addresses] == [404, 404, 404]
    assert sign_in(uploader).get(addresses[2]).status_code == 404
