"""The history: filtered and sorted by its address, page by page, and as a file."""

import csv
import io
import json
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from tests.support.answers import text_of
from uploads.models import AuditEvent, Batch, BatchState
from uploads.pages.history import A_PAGE, FIGURES

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def batch(uploader, destination):
    """Makes batches as they are in the database, without files."""

    def batch(**fields) -> Batch:
        made = Batch.objects.create(
            **{"destination": destination, "owner": uploader, "filename": "people.csv", "size": 1, **fields},
            folder=uuid.uuid4(),
        )
        if "created_at" in fields:
            Batch.objects.filter(pk=made.pk).update(created_at=fields["created_at"])
        return made

    return batch


def shown(answer) -> list[int]:
    return [batch.pk for batch in answer.context["page"].batches]


@pytest.mark.parametrize("figure", [*FIGURES, "nonsense"])
@pytest.mark.parametrize("way", ["", "-"], ids=["ascending", "descending"])
def test_pages_in_any_order_show_every_batch_once_and_lead_back(sign_in, uploader, batch, figure, way):
    """Ties, and batches without figures, lie across the borders of pages."""
    figures = [None, 3, 1, 1, 2, *([5] * A_PAGE), None, 0, 4, None]
    made = [batch(rows=rows, rejected=rows, sent=rows or 0, size=rows or 0) for rows in figures]
    client, address = sign_in(uploader), reverse("batches")
    sort = {"sort": f"{way}{figure}"}
    first = client.get(address, sort)
    second = client.get(address, {**sort, "after": first.context["page"].after})
    forth = [shown(first), shown(second)]
    back = client.get(address, {**sort, "before": second.context["page"].before})

    def key(made_: Batch):
        value = getattr(made_, figure) if figure in ("rows", "rejected", "sent", "size") else 0
        return (value or 0, made_.pk)

    falling = way == "-" or figure == "nonsense"
    unknown = [one for one in made if figure in ("rows", "rejected") and one.rows is None]
    known = [one for one in made if one not in unknown]
    expected = [one.pk for some in (known, unknown) for one in sorted(some, key=key, reverse=falling)]
    assert forth[0] + forth[1] == expected
    assert shown(back) == forth[0]
    assert second.context["page"].after == ""


@pytest.mark.parametrize("place", ["x", "1", ".", "-1.2", "1.99999999999999999999", "5.0", ".0"])
def test_a_place_that_does_not_exist_shows_the_first_page(sign_in, uploader, batch, place):
    made = batch(rows=3)
    for name in ("after", "before"):
        answer = sign_in(uploader).get(reverse("batches"), {"sort": "-rows", name: place})
        assert shown(answer) == [made.pk]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"since": 0}, ["today"]),
        ({"since": -1}, ["today", "yesterday"]),
        ({"until": -1}, ["yesterday", "long ago"]),
        ({"since": -1, "until": -1}, ["yesterday"]),
        ({"since": 1}, []),
        ({"until": -99}, []),
    ],
    ids=str,
)
def test_days_are_whole_and_both_count(sign_in, uploader, batch, query, found):
    for name, days in (("long ago", 40), ("yesterday", 1), ("today", 0)):
        batch(filename=name, created_at=now() - timedelta(days=days))
    asked = {name: localdate() + timedelta(days=days) for name, days in query.items()}
    answer = sign_in(uploader).get(reverse("batches"), asked)
    assert [each.filename for each in answer.context["page"].batches] == found


def test_a_day_that_is_none_is_said_and_fits_nothing(sign_in, uploader, batch):
    batch()
    answer = sign_in(uploader).get(reverse("batches"), {"since": "someday"})
    assert shown(answer) == []
    assert "Enter a valid date." in text_of(answer)


def test_filters_and_order_go_along_to_other_pages_and_exports(sign_in, uploader, batch):
    for _number in range(A_PAGE + 1):
        batch(state=BatchState.FAILED)
    answer = sign_in(uploader).get(reverse("batches"), {"state": "failed", "sort": "-rows", "q": ""})
    page = text_of(answer)
    assert f"?state=failed&amp;sort=-rows&amp;after={answer.context['page'].after}" in page
    assert "?state=failed&amp;sort=rows" in page
    assert f"{reverse('batches-csv')}?state=failed" in page
    assert '<option value="-rows" selected>' in page
    assert 'aria-sort="descending"' in page


def exported(answer) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")


@pytest.mark.parametrize("who", ["uploader", "colleague", "reviewer", "outsider", "auditor", "admin"])
def test_an_export_holds_what_its_reader_may_see(request, sign_in, batch, who):
    made = batch(filename="=1+1.csv", rows=3, state=BatchState.COMPLETE)
    batch(state=BatchState.FAILED)
    client = sign_in(request.getfixturevalue(who))
    table, lines = (
        exported(client.get(reverse(f"batches-{form}"), {"state": "complete"})) for form in ("csv", "jsonl")
    )
    rows, lines = list(csv.DictReader(io.StringIO(table))), lines.splitlines()
    if who in ("colleague", "outsider"):
        assert (rows, lines) == ([], [])
        return
    assert [(row["number"], row["file"], row["rows"]) for row in rows] == [(str(made.pk), "'=1+1.csv", "3")]
    assert [json.loads(line)["file"] for line in lines] == ["=1+1.csv"]


def test_an_export_is_in_the_audit_log_without_the_text(sign_in, uploader, batch):
    batch(filename="C-123.csv")
    sign_in(uploader).get(reverse("batches-csv"), {"q": "C-123", "state": "received"})
    event = AuditEvent.objects.get(action="batch.list-exported")
    assert event.facts == {"format": "CSV", "filters": {"q": "…", "state": "received"}}


def test_an_export_with_a_filter_that_makes_no_sense_is_refused(sign_in, uploader):
    assert sign_in(uploader).get(reverse("batches-csv"), {"state": "nonsense"}).status_code == 400


def test_a_page_costs_as_many_queries_however_many_batches(
    sign_in, reviewer, batch, django_assert_max_num_queries
):
    for number in range(A_PAGE + 5):
        batch(rows=number)
    client = sign_in(reviewer)
    with django_assert_max_num_queries(8):
        client.get(reverse("batches"), {"sort": "-rows"})
