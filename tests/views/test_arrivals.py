"""Proof of arrival on the page of a batch, in the history, and as a list."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import override

from tests.support.answers import text_of
from uploads import workflow
from uploads.models import ArrivalCheck, AuditEvent, Batch, PartState, User

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = b"thirdPartyId,tier,city\n" + b"".join(b"A%d,gold,Oslo\n" % number for number in range(8))


@pytest.fixture
def proven(checked, uploader, sandbox, follow_to_end):
    """A batch of eight rows, two of which Target lost, one changed since; its first check has ended."""
    sandbox.fault(kind="partial-loss", every=4)  # T12
    batch = checked(CONTENT)
    assert workflow.release(uploader, batch)
    part = batch.parts.get()
    workflow.deliver(part.pk)
    assert follow_to_end(part).state == PartState.COMPLETE
    sandbox.visit("A0", {"city": "Lima"})  # F13
    workflow.prove(batch.arrival_checks.first().pk)
    batch.refresh_from_db()
    return batch


def page_of(client, batch: Batch) -> str:
    return text_of(client.get(reverse("batch", args=[batch.pk])))


def test_whoever_may_see_values_sees_what_is_not_as_sent(sign_in, uploader, proven):
    page = page_of(sign_in(uploader), proven)
    for words in (
        "5 of 8 sampled profiles carry the values sent.",
        "2 are not known to Target.",
        "1 was changed since.",
        "It is looked at again at",
        "Lima",
    ):
        assert words in page, words


@pytest.mark.parametrize("who", ["auditor", "admin"])
def test_others_see_counts_and_no_values(request, sign_in, proven, who):
    client = sign_in(request.getfixturevalue(who))
    page = page_of(client, proven)
    assert "5 of 8 sampled profiles carry the values sent." in page
    assert "Lima" not in page
    assert reverse("batch-arrival", args=[proven.pk]) not in page
    assert client.post(reverse("batch-arrival", args=[proven.pk]), {"profiles": 5}).status_code == 404


def test_the_history_and_the_home_page_know(sign_in, uploader, proven):
    assert "Sample: 5 of 8" in text_of(sign_in(uploader).get(reverse("batches")))


def test_what_is_not_as_sent_can_be_downloaded_and_the_log_says_so(sign_in, uploader, auditor, proven):
    check = proven.arrival_checks.first()
    url = reverse("batch-arrival-csv", args=[proven.pk, check.pk])
    assert url in page_of(sign_in(uploader), proven)
    content = b"".join(sign_in(uploader).get(url).streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(content)))
    assert [(line["id"], line["attribute"], line["sent"], line["at_target"]) for line in lines] == [
        ("A0", "city", "Oslo", "Lima"),
        ("A3", "", "", ""),
        ("A7", "", "", ""),
    ]
    assert [line["finding"] for line in lines][:2] == [
        "another value, set since",
        "Target knows no such visitor",
    ]
    event = AuditEvent.objects.get(action="batch.report-downloaded")
    assert event.facts == {"report": "not-as-sent"}
    assert sign_in(auditor).get(url).status_code == 404


def test_a_list_that_is_gone_is_said(sign_in, uploader, proven, settings):
    url = reverse("batch-arrival-csv", args=[proven.pk, proven.arrival_checks.first().pk])
    next(settings.MEDIA_ROOT.rglob("arrival-*.json")).unlink()
    assert sign_in(uploader).get(url).status_code == 404
    Batch.objects.update(files_deleted_at=now())
    assert "deleted" in text_of(sign_in(uploader).get(url, follow=True))
    later = proven.arrival_checks.last()
    assert sign_in(uploader).get(reverse("batch-arrival-csv", args=[proven.pk, later.pk])).status_code == 404


def test_a_person_asks_for_another_look_and_sees_it_go_on(sign_in, uploader, proven):
    client = sign_in(uploader)
    assert "8 profiles, within a minute" in page_of(client, proven)
    page = text_of(client.post(reverse("batch-arrival", args=[proven.pk]), {"profiles": 8}, follow=True))
    assert "Profiles are about to be looked up in Target." in page
    assert "hx-trigger" in page
    assert "arrival-form" not in page
    workflow.prove(ArrivalCheck.objects.get(asked_by=uploader).pk)
    page = page_of(client, proven)
    assert "Looked up before" in page
    assert "arrival-form" in page


@pytest.mark.parametrize("profiles", ["", "0", "1001", "many"])
def test_a_number_that_is_none_asks_for_nothing(sign_in, uploader, proven, profiles):
    url = reverse("batch-arrival", args=[proven.pk])
    answer = sign_in(uploader).post(url, {"profiles": profiles}, follow=True)
    assert "say how many profiles to look up" in text_of(answer)
    assert not ArrivalCheck.objects.exclude(asked_by=None).exists()


def test_asking_twice_is_said(sign_in, uploader, proven):
    url = reverse("batch-arrival", args=[proven.pk])
    for _ in range(2):
        answer = sign_in(uploader).post(url, {"profiles": 5}, follow=True)
    assert "are being looked up already" in text_of(answer)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["5 de 8 perfiles de la muestra tienen los valores enviados.", "Target no conoce 2."]),
        (
            "fr",
            [
                "5 profils sur 8 de l\u2019échantillon portent les valeurs envoyées.",
                "1 a été modifié depuis.",
            ],
        ),
    ],
)
def test_it_is_said_in_the_readers_language(sign_in, uploader, proven, language, words):
    User.objects.filter(pk=uploader.pk).update(language=language)
    uploader.refresh_from_db()
    with override("en"):  # The request leaves its reader's language behind.
        page = page_of(sign_in(uploader), proven)
    for sentence in words:
        assert sentence in page


# One visitor -------------------------------------------------------------------------------------


@pytest.fixture
def at_target(sign_in):
    """What the page says of one visitor of a batch."""

    def at_target(person, batch, identifier="A0"):
        url = reverse("batch-at-target", args=[batch.pk])
        return sign_in(person).post(url, {"identifier": identifier})

    return at_target


def test_a_visitor_who_was_looked_up_shows_what_was_sent_and_can_be_asked_about(
    sign_in, at_target, uploader, proven
):
    page = text_of(sign_in(uploader).post(reverse("look-up"), {"identifier": "A0"}))
    for words in ("tier:", "gold", "Oslo", reverse("batch-at-target", args=[proven.pk])):
        assert words in page, words
    page = text_of(at_target(uploader, proven))
    for words in (
        "Target knows this visitor.",
        "Oslo",
        "Lima",
        "another value, set since",
        "as sent, set since",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("A3", "What was sent less than 24 hours ago may not show yet."),
        ("nobody", "Target was not asked."),
        ("", "This field is required."),
    ],
    ids=["lost", "not sent", "none"],
)
def test_what_cannot_be_shown_is_said(at_target, uploader, proven, identifier, words):
    assert words in text_of(at_target(uploader, proven, identifier))


@pytest.mark.parametrize("who", ["auditor", "admin", "colleague", "outsider"])
def test_only_those_who_may_see_values_ask(request, at_target, proven, who):
    assert at_target(request.getfixturevalue(who), proven).status_code == 404
    assert not AuditEvent.objects.filter(action="visitor.asked").exists()
