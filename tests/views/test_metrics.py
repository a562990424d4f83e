"""/metrics: what Prometheus is told, whom it is told to, and what it costs."""

import re
from datetime import timedelta
from pathlib import Path

import django_rq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now
from prometheus_client.parser import text_string_to_metric_families

from tests.support import files as made
from uploads import queue, workflow
from uploads.models import Account, Batch, BatchState, Call, Part, PartState

pytestmark = pytest.mark.django_db

TOKEN = "a token of the tests with many characters"
NO_LABELS = frozenset()
ALERTS = Path(__file__).parents[2] / "docs" / "alerts.yml"


@pytest.fixture
def scrape(client, settings, valkey):
    """Every sample by the metric's name and its labels."""
    settings.METRICS_TOKEN = TOKEN

    def scrape() -> dict[tuple[str, frozenset], float]:
        answer = client.get(reverse("metrics"), headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return {
            (sample.name.removeprefix("bulkprofile_"), frozenset(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return scrape


def labelled(name: str, *labels: str) -> tuple[str, frozenset]:
    """The key of a sample in what `scrape` returns."""
    return name, frozenset(labels)


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("", "Bearer "),
        ("", ""),
        (TOKEN, ""),
        (TOKEN, TOKEN),
        (TOKEN, f"Bearer {TOKEN}s"),
        (TOKEN, "Bearer ü"),
    ],
    ids=["none set", "none at all", "none shown", "no bearer", "another", "no ASCII"],
)
def test_without_the_token_there_is_no_such_page(client, settings, token, shown):
    settings.METRICS_TOKEN = token

    assert client.get(reverse("metrics"), headers={"Authorization": shown}).status_code == 404


def test_what_runs_and_what_waits_is_told_by_queue(
    scrape, at_work, swept, receive, django_capture_on_commit_callbacks
):
    at_work(queues=["checking", "following"])
    with django_capture_on_commit_callbacks(execute=True):
        receive(made.GOOD)

    told = scrape()

    assert [told[labelled("workers", name)] for name in ("checking", "delivering")] == [1, 0]
    assert told[labelled("jobs_waiting", "checking")] == 1
    assert 0 < told[labelled("oldest_job_seconds", "checking")] < 600
    assert told[labelled("oldest_job_seconds", "following")] == 0
    assert told[labelled("ready", "workers-delivering")] == 0
    assert told[labelled("ready", "storage")] == 1
    assert 0 <= told["sweep_age_seconds", NO_LABELS] < 600
    assert told["database_bytes", NO_LABELS] > 100_000
    assert told["storage_free_bytes", NO_LABELS] > 0


def test_the_job_that_waits_longest_is_the_one_at_the_head(
    valkey, receive, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        receive(made.GOOD)
        receive(made.GOOD)

    jobs = django_rq.get_queue("checking").get_jobs()
    (ward,) = [ward for ward in queue.wards() if ward.queue == "checking"]
    assert (ward.waiting, ward.waiting_since) == (2, min(job.enqueued_at for job in jobs))


def test_batches_and_parts_are_told_by_state(scrape, checked, destination):
    batch = checked(made.GOOD)
    ended = Batch.objects.filter(pk=checked(made.GOOD).pk)
    ended.update(state=BatchState.COMPLETE, ended_at=now())
    Batch.objects.filter(pk=checked(made.GOOD).pk).update(
        state=BatchState.FAILED, ended_at=now() - timedelta(days=3)
    )
    since = now() - timedelta(hours=2)
    Part.objects.filter(batch=batch).update(state=PartState.IN_DOUBT, sending_at=since)
    Part.objects.filter(batch__in=ended).update(state=PartState.STUCK)

    told = scrape()

    assert told[labelled("batches", "ready")] == 1
    assert told[labelled("batches", "delivering")] == 0
    assert labelled("batches", "complete") not in told
    assert told[labelled("batches_ended_last_day", "complete")] == 1
    assert told[labelled("batches_ended_last_day", "failed")] == 0
    assert told[labelled("parts", "in-doubt")] == 1
    assert told[labelled("parts_undecided", "stuck")] == 1
    assert 7200 <= told["oldest_doubt_seconds", NO_LABELS] < 7800


def test_calls_are_told_by_kind_and_answer_and_what_is_left_by_the_destinations_number(
    scrape, checked, destination
):
    batch = checked(made.GOOD)
    code = workflow.account_of(destination).code
    for seconds, outcome in ((10, "busy"), (10, ""), (120, "accepted"), (3600, "token")):
        at = now() - timedelta(seconds=seconds)
        Call.objects.create(account=code, kind="submit", part=batch.parts.get(), at=at, outcome=outcome)
    Account.objects.filter(code=code).update(
        paused_at=now(), pause_reason="token", slow_until=now() + timedelta(minutes=5)
    )

    told = scrape()

    number = str(destination.pk)
    calls = {labels: count for (name, labels), count in told.items() if name.startswith("target_calls_last")}
    assert calls == {frozenset({"submit", outcome}): 1 for outcome in ("busy", "none-yet", "accepted")}
    assert told[labelled("target_calls_left", number)] == workflow.CALLS_PER_MINUTE - 2
    assert told[labelled("account_paused", number, "token")] == 1
    assert told[labelled("account_paused", number, "person")] == 0
    assert 200 < told[labelled("account_slowed_seconds", number)] <= 300


def test_nobody_and_no_account_is_named(client, scrape, checked, uploader, destination):
    checked(made.GOOD, filename="spring-sale.csv")
    scrape()

    text = client.get(reverse("metrics"), headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()

    for name in (uploader.username, destination.name, destination.client_code, "spring-sale"):
        assert name.lower() not in text.lower()


def test_each_alarm_asks_for_figures_that_there_are(scrape, at_work, swept, checked, destination):
    """Of a label that only real calls have, the outcome, the name alone is looked at."""
    at_work()
    Call.objects.create(
        account=workflow.account_of(destination).code,
        kind="submit",
        part=checked(made.GOOD).parts.get(),
        at=now(),
        outcome="busy",
    )
    told = set(scrape())
    expressions = re.findall(r"expr: (.+)", ALERTS.read_text())
    asked = [
        found
        for each in expressions
        for found in re.findall(r"bulkprofile_(\w+)(?:{(\w+)=~?\"(.+?)\"})?", each)
    ]

    assert len(expressions) > 9 and len(asked) >= len(expressions)
    for name, label, value in asked:
        labels = {value for (known, values) in told if known == name for value in values}
        assert name in {known for known, _labels in told}, name
        assert not label or label == "outcome" or value in labels, (name, value)


def test_where_database_and_job_server_are_away_it_still_says_so(scrape, settings):
    settings.RQ_QUEUES = {name: {**parts, "PORT": 1} for name, parts in settings.RQ_QUEUES.items()}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE uploads_beat RENAME TO elsewhere")

    told = scrape()

    assert told[labelled("ready", "database")] == told[labelled("ready", "redis")] == 0
    assert "batches" not in {name for name, _labels in told}


def test_it_walks_along_no_table(scrape, checked, swept, destination, django_assert_max_num_queries):
    """The history may be long: each query about batches, parts or calls begins in an index."""
    if connection.vendor != "sqlite":
        pytest.skip("a small table is read whole in PostgreSQL, and rightly")
    checked(made.GOOD)
    workflow.account_of(destination)
    with django_assert_max_num_queries(12), CaptureQueriesContext(connection) as asked:
        scrape()

    plans = []
    for query in asked.captured_queries:
        if re.search('FROM "uploads_(batch|part|call)"', query["sql"]):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plans.append(" / ".join(step[-1] for step in cursor.fetchall()))
    assert len(plans) == 6
    assert [plan for plan in plans if "SCAN" in plan or "SEARCH" not in plan] == []
