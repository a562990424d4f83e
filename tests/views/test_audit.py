"""The pages of the audit log."""

import csv
import io
import json
from datetime import timedelta
from itertools import chain

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils.timezone import now

from tests.support import audit_guards
from uploads import audit, workflow
from uploads.models import AuditEvent, AuditVerification
from uploads.pages.log import A_PAGE

pytestmark = pytest.mark.django_db

URLS = {
    "audit": "get",
    "audit-csv": "get",
    "audit-jsonl": "get",
    "audit-chain": "get",
    "audit-chain-live": "get",
    "audit-verify": "post",
    "audit-copy": "post",
    "audit-compare": "post",
}


@pytest.mark.parametrize("who", ["uploader", "reviewer", "auditor", "admin"])
@pytest.mark.parametrize("name", URLS)
def test_the_log_is_there_for_auditors_and_admins_alone(request, sign_in, who, name):
    answer = getattr(sign_in(request.getfixturevalue(who)), URLS[name])(reverse(name))
    if who in {"auditor", "admin"}:
        assert answer.status_code in (200, 302)
    else:
        assert answer.status_code == 404
        assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("name", URLS)
def test_the_log_asks_strangers_to_sign_in(client, db, name):
    answer = getattr(client, URLS[name])(reverse(name))
    assert answer.url.startswith(reverse("sign-in"))


@pytest.fixture
def log(uploader, reviewer, destination, other_destination, receive):
    """Seven events of two people, at two destinations, one of them about a batch."""
    audit.record(uploader, "person.signed-in")
    audit.record(reviewer, "person.signed-in")
    audit.record(None, "person.sign-in-failed", about=uploader)
    audit.record(uploader, "destination.changed", destination=destination)
    audit.record(reviewer, "destination.changed", destination=other_destination)
    receive(b"id,tier\nA,gold\n")  # Who says which column holds the id comes later: one event.
    audit.record(None, "account.paused", destination=destination)
    assert AuditEvent.objects.count() == 7


def shown(answer) -> list[int]:
    return [line.sequence for line in answer.context["page"].lines]


FILTERS = {
    "everything": ({}, [7, 6, 5, 4, 3, 2, 1]),
    "a person": ({"person": "uploader"}, [6, 4, 1]),
    "the system": ({"person": 0}, [7, 3]),
    "about a person": ({"about": "uploader"}, [3]),
    "an action": ({"action": "destination.changed"}, [5, 4]),
    "a destination": ({"destination": "Sandbox"}, [7, 6, 4]),
    "a batch": ({"batch": "its"}, [6]),
    "a person's action": ({"person": "reviewer", "action": "destination.changed"}, [5]),
    "a person at a destination": ({"person": "uploader", "destination": "Sandbox"}, [6, 4]),
    "an action at a destination": ({"action": "destination.changed", "destination": "Sandbox"}, [4]),
    "all three": (
        {"person": "uploader", "action": "destination.changed", "destination": "Sandbox"},
        [4],
    ),
    "nothing that is there": ({"batch": 99}, []),
    "a place before": ({"before": 3}, [2, 1]),
    "no place": ({"before": "x", "after": "-1"}, [7, 6, 5, 4, 3, 2, 1]),
    "no action": ({"action": "batch.misspelt"}, []),
    "no batch": ({"batch": "x"}, []),
}


def asked(filters: dict) -> dict:
    """The filters with the numbers behind the names."""
    numbers = {person.username: person.pk for person in audit.writing.User.objects.all()}
    numbers |= {event.destination_name: event.destination_id for event in AuditEvent.objects.all()}
    numbers["its"] = AuditEvent.objects.exclude(batch_id=None).values_list("batch_id", flat=True).first()
    return {name: numbers.get(value, value) for name, value in filters.items()}


@pytest.mark.parametrize(("filters", "expected"), FILTERS.values(), ids=FILTERS)
def test_the_log_is_filtered(sign_in, auditor, log, filters, expected):
    answer = sign_in(auditor).get(reverse("audit"), asked(filters))
    assert shown(answer) == expected


def test_a_span_of_time_holds_its_beginning_and_not_its_end(sign_in, auditor, log):
    day = now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    with audit_guards.removed():
        for event in AuditEvent.objects.all():
            AuditEvent.objects.filter(pk=event.pk).update(at=day + timedelta(minutes=event.pk))
    client, written = sign_in(auditor), "%Y-%m-%dT%H:%M"
    minute = {number: (day + timedelta(minutes=number)).strftime(written) for number in (0, 2, 5, 9)}
    for filters, expected in [
        ({"since": minute[2], "until": minute[5]}, [4, 3, 2]),
        ({"since": minute[5]}, [7, 6, 5]),
        ({"until": minute[2]}, [1]),
        ({"since": minute[9]}, []),
        ({"until": minute[0]}, []),
        ({"until": minute[9], "action": "person.signed-in"}, [2, 1]),
    ]:
        assert shown(client.get(reverse("audit"), filters)) == expected


def test_the_pages_of_a_long_log_join_without_a_gap(sign_in, auditor, uploader, reviewer):
    for _number in range(2 * A_PAGE + 3):
        audit.record(uploader, "person.signed-in")
        audit.record(reviewer, "person.signed-in")
    client, filters = sign_in(auditor), {"person": uploader.pk}
    pages = [client.get(reverse("audit"), filters)]
    while (older := pages[-1].context["page"].older) is not None:
        pages.append(client.get(reverse("audit"), {**filters, "before": older}))
    forth = [shown(page) for page in pages]
    assert [len(page) for page in forth] == [A_PAGE, A_PAGE, 3]
    assert list(chain.from_iterable(forth)) == list(range(4 * A_PAGE + 5, 0, -2))
    back = [pages[-1]]
    while (newer := back[-1].context["page"].newer) is not None:
        back.append(client.get(reverse("audit"), {**filters, "after": newer}))
    assert shown(back[-1]) == forth[0]
    assert [shown(page)[0] for page in back] == [5, 2 * A_PAGE + 5, 4 * A_PAGE + 5]


def test_behind_the_last_page_comes_the_first(sign_in, auditor, log):
    assert shown(sign_in(auditor).get(reverse("audit"), {"before": 1})) == [7, 6, 5, 4, 3, 2, 1]


@pytest.fixture
def long_log(log):
    """What SQLite knows of a log of five million entries. A short one, which an earlier test may have had
    analysed, it would sort as soon as walk along.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT idx, stat FROM sqlite_stat1 WHERE tbl = 'uploads_auditevent'")
        for index, known in cursor.fetchall():
            # Rows in all, then so many for each value of the first columns; the last one is unique.
            *_all, last = known.split()
            some = [str(5_000_000 // 100**place) for place in range(len(_all))]
            of_a_long_one = " ".join([*some, last])
            cursor.execute("UPDATE sqlite_stat1 SET stat = %s WHERE idx = %s", [of_a_long_one, index])
        cursor.execute("ANALYZE sqlite_schema")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plans")
@pytest.mark.parametrize("filters", [value[0] for value in FILTERS.values()], ids=FILTERS)
def test_a_page_of_any_filtered_log_is_a_walk_along_an_index(sign_in, auditor, long_log, filters):
    """Neither the whole table is read nor anything sorted, whatever is asked: so it stays fast."""
    wanted, plans = asked(filters), []

    def explain(execute, sql, params, *rest):
        if 'FROM "uploads_auditevent"' in sql:
            plan = connection.connection.execute("EXPLAIN QUERY PLAN " + sql.replace("%s", "?"), params)
            plans.extend(row[3] for row in plan)
        return execute(sql, params, *rest)

    client = sign_in(auditor)
    with connection.execute_wrapper(explain):
        client.get(reverse("audit"), wanted)
        client.get(reverse("audit"), {**wanted, "since": "2026-01-01T00:00", "before": 7})
    walks = ("SEARCH uploads_auditevent USING", "SCAN uploads_auditevent USING INDEX sqlite_autoindex")
    assert [plan for plan in plans if not plan.startswith(walks)] == []


def test_the_number_of_queries_does_not_grow_with_the_page(
    sign_in, auditor, uploader, destination, django_assert_num_queries
):
    client = sign_in(auditor)
    audit.record(uploader, "destination.changed", destination=destination)
    with django_assert_num_queries(8):
        client.get(reverse("audit"))
    for _number in range(A_PAGE):
        audit.record(uploader, "destination.changed", destination=destination)
    with django_assert_num_queries(8):
        client.get(reverse("audit"))


def test_an_entry_says_who_did_what_as_what_and_from_where(client, auditor, log, uploader, destination):
    chrome = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"}
    client.post(reverse("sign-in"), {"username": "auditor", "password": "wrong"}, headers=chrome)
    changes = {"name": ["Old", "New"]}
    with audit.coming_from(audit.Origin("192.0.2.7", "Firefox on Linux")):
        audit.record(uploader, "destination.changed", destination=destination, changes=changes)
    client.force_login(auditor)
    page = " ".join(client.get(reverse("audit")).content.decode().split())
    assert "uploader changed the destination Sandbox: name from “Old” to “New”." in page
    assert "as Uploader · from 192.0.2.7, Firefox on Linux" in page
    assert "Somebody failed to sign in as auditor: wrong password." in page
    assert "from 127.0.0.1, Chrome on Windows" in page


def read(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def test_the_csv_holds_what_fits_and_no_formula(sign_in, auditor, log, uploader):
    audit.record(uploader, "batch.received", file="=cmd|' /C calc'!A0")
    answer = sign_in(auditor).get(reverse("audit-csv"), {"person": uploader.pk})
    assert "attachment" in answer["Content-Disposition"]
    content = read(answer)
    assert content.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(content[1:])))
    assert [row["sequence"] for row in rows] == ["1", "4", "6", "8"]
    assert rows[1]["sentence"] == "uploader changed the destination Sandbox."
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    told = AuditEvent.objects.first()
    assert (told.action, told.actor_name) == ("log.exported", "auditor")
    assert told.facts == {"format": "CSV", "filters": {"person": "uploader"}}


def test_the_json_lines_are_enough_to_verify_the_chain_elsewhere(sign_in, auditor, log):
    content = read(sign_in(auditor).get(reverse("audit-jsonl")))
    lines = [json.loads(line) for line in content.splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert lines[-1]["action"] == "log.exported"
    assert [line["previous_hash"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]
    columns = {field.name for field in AuditEvent._meta.fields}
    assert columns - {"actor_id", "destination_id", "person_id"} <= set(lines[0])


def test_an_export_with_a_filter_that_makes_no_sense_is_refused(sign_in, auditor, log):
    assert sign_in(auditor).get(reverse("audit-csv"), {"batch": "x"}).status_code == 400
    assert not AuditEvent.objects.filter(action="log.exported").exists()


def test_an_export_is_read_in_slices(uploader):
    for _number in range(12):
        audit.record(uploader, "person.signed-in")
    assert [event.sequence for event in AuditEvent.objects.in_order(most=5)] == list(range(1, 13))


def page_of_the_chain(client) -> str:
    return " ".join(client.get(reverse("audit-chain")).content.decode().split())


def test_the_page_says_that_the_chain_holds(sign_in, auditor, log):
    client = sign_in(auditor)
    assert "Nobody has verified the log yet" in page_of_the_chain(client)
    client.post(reverse("audit-verify"))
    assert "The log is being verified" in page_of_the_chain(client)
    workflow.go_on_verifying(AuditVerification.objects.get().pk)
    assert "The chain is whole" in page_of_the_chain(client)
    assert "The chain is whole" in client.get(reverse("audit")).content.decode()


def test_the_page_says_where_the_chain_breaks(sign_in, auditor, log):
    with audit_guards.removed():
        AuditEvent.objects.filter(pk=4).update(actor_name="somebody else")
    client = sign_in(auditor)
    client.post(reverse("audit-verify"))
    workflow.go_on_verifying(AuditVerification.objects.get().pk)
    page = page_of_the_chain(client)
    assert "The chain breaks at event 4" in page
    assert "the event there is not what was written" in page


@pytest.mark.parametrize(
    ("tamper", "said"),
    [(False, "The copy fits: its event 8 is still in the log."), (True, "At event 8, events were cut off")],
    ids=["untouched", "cut off"],
)
def test_a_copy_of_the_end_shows_whether_the_log_was_cut_off(sign_in, auditor, log, tamper, said):
    client = sign_in(auditor)
    copy = client.post(reverse("audit-copy")).content
    assert json.loads(copy)["sequence"] == 8
    if tamper:
        with audit_guards.removed():
            end = AuditEvent.objects.get(pk=7)
            AuditEvent.objects.filter(pk=8).delete()
            audit.chain.AuditHead.objects.update(sequence=7, hash=end.hash)
    file = SimpleUploadedFile("end.json", copy)
    page = client.post(reverse("audit-compare"), {"copy": file}, follow=True).content.decode()
    assert said in page
    assert AuditEvent.objects.first().action == "log.head-compared"


@pytest.mark.parametrize(
    "content",
    [b"no JSON", b"[]", b"{}", b'{"sequence": "1", "hash": "x"}', b'{"sequence": -1, "hash": ""}', b"\xff"],
)
def test_what_is_no_copy_is_named(sign_in, auditor, content):
    file = SimpleUploadedFile("end.json", content)
    answer = sign_in(auditor).post(reverse("audit-compare"), {"copy": file})
    assert "This is no copy of the end of the log" in answer.content.decode()
