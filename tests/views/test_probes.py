"""What machines ask: /healthz and /readyz."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from uploads.models import Beat

QUEUES = ["checking", "delivering", "following"]
#: A load balancer that knows nothing but an address, by plain HTTP.
BY_ADDRESS = {"HTTP_HOST": "10.1.2.3:8000", "REMOTE_ADDR": "10.9.9.9"}


@pytest.fixture
def production(settings):
    """Redirects to HTTPS, and host names that are judged."""
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["bulkprofile.example"]


def test_a_process_that_lives_says_so_without_the_database(client, settings):
    """No mark lets this test near a database, and the cookie would have a session looked up."""
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32

    answer = client.get(reverse("healthz"))

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def ready(client) -> tuple[int, dict]:
    """The status of /readyz, and what it says of each check."""
    answer = client.get(reverse("readyz"))
    assert answer.json()["ok"] == (answer.status_code == 200)
    return answer.status_code, answer.json()["checks"]


@pytest.mark.django_db
def test_where_all_is_well_each_check_says_so(client, at_work, swept, django_assert_max_num_queries):
    at_work()

    with django_assert_max_num_queries(1):
        status, checks = ready(client)

    assert status == 200
    assert checks.pop("sweep").keys() == {"ok", "age_seconds"}
    assert checks == {
        **{name: {"ok": True} for name in ("database", "redis", "storage")},
        **{f"workers-{name}": {"ok": True, "workers": 1} for name in QUEUES},
    }


def _no_redis(settings):
    settings.RQ_QUEUES = {name: {**parts, "PORT": 1} for name, parts in settings.RQ_QUEUES.items()}


def _no_room(settings):
    Path(settings.WORK_ROOT).write_text("no folder")


def _late(settings):
    Beat.objects.update(at=now() - timedelta(minutes=5))


def _never(settings):
    Beat.objects.all().delete()


def _no_table(settings):
    """The database answers, but not what it is asked for: as with a schema that is not there yet."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE uploads_beat RENAME TO elsewhere")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("queues", "breaks", "failing"),
    [
        (QUEUES, _no_redis, {"redis"}),
        (QUEUES, _no_room, {"storage"}),
        (QUEUES, _late, {"sweep"}),
        (QUEUES, _never, {"sweep"}),
        (QUEUES, _no_table, {"database", "sweep"}),
        (["checking", "following"], None, {"workers-delivering"}),
        ([], _late, {"sweep", *(f"workers-{name}" for name in QUEUES)}),
    ],
    ids=["Redis away", "storage not writable", "sweep late", "never swept", "database", "a worker", "much"],
)
def test_each_failure_is_a_503_that_names_it(client, at_work, swept, settings, queues, breaks, failing):
    at_work(queues=queues)
    if breaks:
        breaks(settings)

    status, checks = ready(client)

    assert status == 503
    assert {name for name, check in checks.items() if not check["ok"]} == failing


@pytest.mark.django_db
def test_a_worker_that_fell_silent_counts_for_nothing(client, at_work, swept):
    at_work(queues=["checking", "following"])
    at_work(60, ["delivering"])

    status, checks = ready(client)

    assert (status, checks["workers-delivering"]) == (503, {"ok": False, "workers": 0})


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["healthz", "readyz"])
def test_a_load_balancer_asks_by_address_and_plain_http(production, valkey, name):
    answer = Client(**BY_ADDRESS).get(reverse(name))

    assert answer.status_code in (200, 503)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "10.1.2.3" not in answer.content.decode() + json.dumps(dict(answer.headers))


@pytest.mark.django_db
def test_nothing_else_is_answered_by_address(production):
    assert Client(**BY_ADDRESS).get(reverse("sign-in"), secure=True).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["healthz", "readyz"])
def test_nothing_can_be_sent_there(client, name):
    assert client.post(reverse(name)).status_code == 405
