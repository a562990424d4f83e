"""The history and a batch's page."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.support import files as made
from tests.support.answers import text_of
from uploads import files
from uploads.models import Account, Batch, BatchState, Destination, Part, PartState

pytestmark = pytest.mark.django_db


def test_an_empty_history_says_what_to_do_first(sign_in, uploader):
    assert reverse("batch-new") in text_of(sign_in(uploader).get(reverse("batches")))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"people.csv", "customers.csv"}),
        ("q=peop", {"people.csv"}),
        ("q=PEOP", {"people.csv"}),
        ("state=received", {"customers.csv"}),
        ("state=nonsense", set()),
        ("q=nothing", set()),
        ("q=99999999999999999999", set()),
    ],
)
def test_the_history_is_filtered_by_its_address(sign_in, uploader, receive, query, found):
    receive(made.GOOD, filename="people.csv")
    receive(made.NO_KEY, filename="customers.csv")
    page = text_of(sign_in(uploader).get(f"{reverse('batches')}?{query}"))
    assert {name for name in ("people.csv", "customers.csv") if name in page} == found


def test_the_history_is_filtered_by_destination_and_person(sign_in, reviewer, uploader, receive, destination):
    receive(made.GOOD, filename="people.csv")
    receive(made.GOOD, filename="mine.csv", actor=reviewer)
    client = sign_in(reviewer)
    page = text_of(client.get(f"{reverse('batches')}?person={uploader.pk}&destination={destination.pk}"))
    assert "people.csv" in page
    assert "mine.csv" not in page


def test_a_batch_is_found_by_its_number(sign_in, uploader, receive):
    batch = receive(made.GOOD)
    assert "people.csv" in text_of(sign_in(uploader).get(f"{reverse('batches')}?q={batch.pk}"))


def test_the_reading_is_asked_for_with_a_suggestion(sign_in, uploader, receive):
    batch = receive(made.NO_KEY)
    page = text_of(sign_in(uploader).get(reverse("batch", args=[batch.pk])))
    assert 'value="customer_id" selected' in page
    assert "silver" in page


def test_a_reading_with_a_column_that_is_not_there_is_refused(sign_in, uploader, receive):
    batch = receive(made.NO_KEY)
    answer = sign_in(uploader).post(
        reverse("batch-reading", args=[batch.pk]), {"key": "thirdPartyId", "key_column": "nope"}
    )
    assert "nope" in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == BatchState.RECEIVED


def test_confirming_a_reading_that_is_confirmed_says_so(sign_in, uploader, receive):
    batch = receive(made.NO_KEY)
    client = sign_in(uploader)
    choice = {"key": "thirdPartyId", "key_column": "customer_id"}
    for _ in range(2):
        answer = client.post(reverse("batch-reading", args=[batch.pk]), choice, follow=True)
    assert "no longer be read differently" in text_of(answer)


def test_sending_what_is_not_ready_is_no_error_page(sign_in, uploader, receive):
    batch = receive(made.GOOD)
    answer = sign_in(uploader).post(reverse("batch-send", args=[batch.pk]), follow=True)
    assert "cannot be sent now" in text_of(answer)


@pytest.mark.parametrize(
    ("data", "change", "said"),
    [
        (made.GOOD, {"active": False}, "destination is inactive"),
        (made.BY_PCID, {"uses_ecid": True}, "does not take files by pcId any more"),  # F11
    ],
    ids=["inactive", "no pcIds"],
)
def test_nothing_is_sent_where_the_destination_does_not_take_it(
    sign_in, uploader, checked, destination, data, change, said
):
    batch = checked(data)
    Destination.objects.filter(pk=destination.pk).update(**change)
    client = sign_in(uploader)
    page = text_of(client.get(reverse("batch", args=[batch.pk])))
    assert said in page
    assert reverse("batch-send", args=[batch.pk]) not in page
    answer = client.post(reverse("batch-send", args=[batch.pk]), follow=True)
    assert said in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


def test_a_file_that_is_gone_from_storage_is_said_and_the_batch_can_be_cancelled(
    sign_in, uploader, receive, settings
):
    batch = receive(made.NO_KEY)
    (settings.MEDIA_ROOT / files.original_name(batch)).unlink()
    choice = {"key": "thirdPartyId", "key_column": "customer_id"}
    answer = sign_in(uploader).post(reverse("batch-reading", args=[batch.pk]), choice, follow=True)
    assert "missing on the server" in text_of(answer)
    assert reverse("batch-cancel", args=[batch.pk]) in text_of(answer)


@pytest.mark.parametrize("name", ["batch-cancel", "batch-adjust", "upload-begin"])
def test_what_changes_something_is_not_done_by_a_link(sign_in, uploader, receive, name):
    batch = receive(made.GOOD)
    args = [] if name == "upload-begin" else [batch.pk]
    assert sign_in(uploader).get(reverse(name, args=args)).status_code == 405


@pytest.mark.parametrize("who", ["uploader", "auditor"])
def test_every_state_has_a_page(request, subtests, sign_in, checked, who):
    batch = checked(made.SOME_BAD)
    client = sign_in(request.getfixturevalue(who))
    for state in BatchState:
        Batch.objects.filter(pk=batch.pk).update(
            state=state, released_at=timezone.now(), send_at=timezone.now(), scheduled_by=batch.owner
        )
        with subtests.test(state=state):
            assert f'data-state="{state}"' in text_of(client.get(reverse("batch", args=[batch.pk])))


def test_every_state_of_a_part_has_words(subtests, sign_in, uploader, checked):
    batch = checked(made.SOME_BAD)
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.DELIVERING, released_at=timezone.now())
    client = sign_in(uploader)
    for state in PartState:
        Part.objects.filter(batch=batch).update(state=state, reason="answer", attempts=1)
        with subtests.test(state=state):
            assert str(state.label) in text_of(client.get(reverse("batch", args=[batch.pk])))


def test_a_paused_account_says_what_to_do(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    Batch.objects.filter(pk=batch.pk).update(state=BatchState.DELIVERING, released_at=timezone.now())
    Account.objects.create(code="sandbox:sandbox", paused_at=timezone.now(), pause_reason="token")
    page = text_of(sign_in(uploader).get(reverse("batch", args=[batch.pk])))
    assert "Ask an admin to enter a new token" in page


def test_only_what_moves_refreshes_itself(sign_in, uploader, checked, receive):
    client = sign_in(uploader)
    moving, resting = receive(made.GOOD), checked(made.GOOD)
    assert "hx-trigger" in text_of(client.get(reverse("batch-live", args=[moving.pk])))
    assert "hx-trigger" not in text_of(client.get(reverse("batch-live", args=[resting.pk])))


def test_a_value_that_looks_like_markup_stays_text(sign_in, uploader, checked):
    batch = checked(b"thirdPartyId,tier\n<script>alert(1)</script>/,gold\nA1,x\n")
    page = text_of(sign_in(uploader).get(reverse("batch-problems", args=[batch.pk])))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("", ["3", "4", "5"]),
        ("code=id-missing", ["5"]),
        ("code=nonsense", ["3", "4", "5"]),
        ("text=A/2", ["3"]),
        ("text=4", ["4"]),
        ("text=%25", []),
        ("column=nonsense", ["3", "4", "5"]),
    ],
)
def test_problems_are_filtered(sign_in, uploader, checked, query, lines):
    batch = checked(made.SOME_BAD)
    answer = sign_in(uploader).get(f"{reverse('batch-problems', args=[batch.pk])}?{query}")
    assert [str(problem.line) for problem in answer.context["page"]] == lines


def test_problems_are_narrowed_to_a_column(sign_in, uploader, checked):
    batch = checked(b"thirdPartyId,tier\nA/1,gold\nA2,\x07\n")
    answer = sign_in(uploader).get(f"{reverse('batch-problems', args=[batch.pk])}?column=tier")
    assert [problem.line for problem in answer.context["page"]] == [3]


def test_a_page_of_problems_costs_few_queries(sign_in, uploader, checked, django_assert_max_num_queries):
    address, client = reverse("batch-problems", args=[checked(made.SOME_BAD).pk]), sign_in(uploader)
    with django_assert_max_num_queries(4):
        client.get(address, {"text": "gold"})


def test_a_report_before_the_check_is_not_found(sign_in, uploader, receive):
    batch = receive(made.GOOD)
    assert sign_in(uploader).get(reverse("batch-correction-csv", args=[batch.pk])).status_code == 404


def test_the_report_to_correct_comes_back_as_a_batch_of_its_own(sign_in, uploader, checked):
    batch = checked(b"thirdPartyId;tier\nA/1;=1+1\nA2;gold\n")
    answer = sign_in(uploader).get(reverse("batch-correction-csv", args=[batch.pk]))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    report = b"".join(answer.streaming_content)
    assert report.startswith(b"\xef\xbb\xbf")
    assert b"'=1+1" in report
    correction = checked(report.replace(b"A/1", b"A1"), filename="corrected.csv")
    assert (correction.corrects, correction.state) == (batch, BatchState.READY)
    assert files.open_part(correction.parts.get()).read() == b"batch=thirdPartyId,tier\nA1,%3D1%2B1\n"
    assert f"#{batch.pk}" in text_of(sign_in(uploader).get(reverse("batch", args=[correction.pk])))


def test_columns_are_shown_with_samples_to_those_who_may_see_values(sign_in, uploader, auditor, checked):
    batch = checked(b"thirdPartyId,tier\nA1,unmistakable\n")
    assert "unmistakable" in text_of(sign_in(uploader).get(reverse("batch", args=[batch.pk])))
    page = text_of(sign_in(auditor).get(reverse("batch", args=[batch.pk])))
    assert "columns-table" in page
    assert "unmistakable" not in page


@pytest.mark.parametrize("rule", ["notice", "reject", "send"])
def test_a_destination_says_what_becomes_of_commas_in_values(uploader, destination, checked, rule):
    destination.unproven_values = rule
    destination.save()
    batch = checked(b'thirdPartyId,tier\nA1,"gold, silver"\nA2,tin\n')
    assert [notice["code"] for notice in batch.notices] == (["comma-in-value"] if rule == "notice" else [])
    assert batch.accepted == (1 if rule == "reject" else 2)


def test_a_notice_names_a_row_to_read_back_to_those_who_may_see_values(sign_in, uploader, auditor, checked):
    batch = checked(b'thirdPartyId,tier\nA1,x\nA2,"gold, silver"\n')
    address = reverse("batch", args=[batch.pk])
    assert "For example line 3, id A2: gold, silver" in text_of(sign_in(uploader).get(address))
    page = text_of(sign_in(auditor).get(address))
    assert "Values with a comma" in page
    # As a word: a form's token may have any two letters in it.
    assert not re.findall(r"\bA2\b", page)


@pytest.mark.parametrize(
    ("version", "header", "told"),
    [("v2", b"pcId", True), ("v1", b"pcId", False), ("v2", b"thirdPartyId", False)],
)
def test_pcids_for_v2_are_worth_knowing(
    sign_in, uploader, destination, checked, version, header, told
):  # F11
    destination.api_version = version
    destination.save()
    batch = checked(header + b",tier\n1367320065048-801944,gold\n")
    page = text_of(sign_in(uploader).get(reverse("batch", args=[batch.pk])))
    assert ("must not be sent by v2" in page) == told
