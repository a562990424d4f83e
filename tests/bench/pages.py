"""The pages with 200,000 batches and with 500,000 problems: what they cost beside the sign-in page.

`make bench ARGS="--only pages"`. Everything is made in a database of its own. Each round asks for each page
once, so that a machine that slows down slows all of them; what is told is the median of the ratios to the
sign-in page of the same round. Time is that of the processor.
"""

import argparse
import os
import random
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils.timezone import localdate, now  # noqa: E402

from tests.support.valkey_server import embedded_valkey, running  # noqa: E402
from uploads import batchfile, files, local_files, workflow  # noqa: E402
from uploads.models import Batch, BatchState, DayRows, Destination, Membership, User  # noqa: E402
from uploads.models.people import Role, SiteRole  # noqa: E402
from uploads.models.shelf import A_SHELF  # noqa: E402
from uploads.workflow.shelving import SHELVES_A_ROUND  # noqa: E402

_MOST_RATIO = 5.0
_CHUNK = 5_000
_PEOPLE, _DESTINATIONS = 40, 5
_BETWEEN = timedelta(minutes=5)
_STATES = {
    BatchState.COMPLETE: 8_000,
    BatchState.COMPLETE_WITH_FAILURES: 800,
    BatchState.CANCELLED: 600,
    BatchState.REFUSED: 400,
    BatchState.FAILED: 150,
    BatchState.READY: 40,
    BatchState.NEEDS_ATTENTION: 10,
}
_NAMES = ("customers", "loyalty", "crm export", "newsletter")
_CAUSES = ("id-missing", "id-duplicate", "value-too-long")


def main() -> None:
    """Make the batches and the problems, measure, print the table and what falls short."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=200_000, metavar="N")
    parser.add_argument("--problems", type=int, default=500_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds over the pages")
    options = parser.parse_args()
    server = embedded_valkey(Path(settings.VAR))
    with running(server):
        for queue in settings.RQ_QUEUES.values():
            queue.update(HOST="127.0.0.1", PORT=server.port, PASSWORD=server.password)
        call_command("migrate", verbosity=0)
        people, places = _cast()
        _say(f"{options.batches:,} batches; one of them with {options.problems:,} problems.")
        _seed(options.batches, people, places)
        faulty = _seed_problems(options.problems)
        # As it would have been for an hour: the database knows its tables.
        for _round in range(1 + options.batches // (SHELVES_A_ROUND * A_SHELF)):
            workflow.sweep()
        short = _measure(options, _pages(people, places, faulty, options))
    _say("\n" + ("\n".join(f"Short of the aim: {line}" for line in short) if short else "All aims are met."))


def _cast() -> tuple[list[User], list[Destination]]:
    people = [User.objects.create_user(f"person-{number}") for number in range(_PEOPLE)]
    places = [
        Destination.objects.create(name=f"Destination {number}", kind="sandbox", client_code=f"code{number}")
        for number in range(_DESTINATIONS)
    ]
    Membership.objects.bulk_create(
        Membership(person=person, destination=place, role=Role.UPLOADER)
        for person in people
        for place in places
    )
    # One who sees three of five destinations whole, and their own batches at all of them.
    Membership.objects.bulk_create(
        Membership(person=people[0], destination=place, role=Role.REVIEWER) for place in places[:3]
    )
    return [*people, User.objects.create_user("auditor", site_role=SiteRole.AUDITOR)], places


def _seed(count: int, people: list[User], places: list[Destination]) -> None:
    """Batches as two years leave them, and what was sent on each day; indexes are made afterwards."""
    chance, end = random.Random(5), now()
    with connection.schema_editor() as editor:
        for index in Batch._meta.indexes:
            editor.remove_index(Batch, index)
    Batch._meta.get_field("created_at").auto_now_add = False
    for first in range(0, count, _CHUNK):
        last = min(first + _CHUNK, count)
        with transaction.atomic():
            Batch.objects.bulk_create(
                _batch(chance, end - (count - number) * _BETWEEN, people[:_PEOPLE], places)
                for number in range(first, last)
            )
    with connection.schema_editor() as editor:
        for index in Batch._meta.indexes:
            editor.add_index(Batch, index)
    today = localdate()
    DayRows.objects.bulk_create(
        DayRows(day=today - timedelta(days=day), destination=place, owner=person, sent=50_000, refused=20)
        for day in range(40)
        for place in places
        for person in people[:_PEOPLE]
    )


def _batch(chance: random.Random, at, people: list[User], places: list[Destination]) -> Batch:
    rows = int(10 ** chance.uniform(1, 5.5))
    rejected = 0 if chance.random() < 0.6 else int(rows * chance.random() / 10)
    state = chance.choices(list(_STATES), list(_STATES.values()))[0]
    was_sent = state in (BatchState.COMPLETE, BatchState.COMPLETE_WITH_FAILURES)
    return Batch(
        destination=chance.choice(places),
        owner=chance.choice(people),
        filename=f"{chance.choice(_NAMES)}-{chance.getrandbits(24)}.csv",
        folder=uuid.UUID(int=chance.getrandbits(128)),
        size=rows * 40,
        sha256="0" * 64,
        state=state,
        created_at=at,
        released_at=at if was_sent else None,
        ended_at=at,
        # Or the sweep below would first delete the files of two years.
        files_deleted_at=at,
        rows=rows,
        accepted=rows - rejected,
        rejected=rejected,
        sent=rows - rejected if was_sent else 0,
        reading={"key": "thirdPartyId", "key_column": "id", "encoding": "utf-8", "delimiter": ","},
        problems_by_code={"id-missing": rejected},
        attributes=["tier", "city", "points"],
        notices=[{"code": "comma-in-value", "column": "city", "count": 3}],
    )


def _seed_problems(count: int) -> Batch:
    batch = Batch.objects.order_by("-pk").first()
    with local_files.scratch_folder() as folder:
        path = folder / "problems"
        with batchfile.ProblemStore.create(path) as store:
            for number in range(count):
                store.add(_problem(number))
        files.keep(path, files.problems_name(batch))
        counts = dict(store.counts)
    ready = {"state": BatchState.READY, "ended_at": None, "files_deleted_at": None}
    Batch.objects.filter(pk=batch.pk).update(problems_by_code=counts, **ready)
    return batch


def _problem(number: int) -> batchfile.Problem:
    code = _CAUSES[number % len(_CAUSES)]
    params = {"id-duplicate": {"first_line": 2}, "value-too-long": {"length": 300, "limit": 256}}.get(
        code, {}
    )
    return batchfile.Problem(number + 2, "id", code, f"customer-{number}", params)


def _pages(
    people: list[User], places: list[Destination], faulty: Batch, options: argparse.Namespace
) -> Iterator[tuple[str, User, str, dict]]:
    """Each page by what it is called: whose, and its address with a query."""
    reviewer, uploader, auditor = people[0], people[1], people[-1]
    middle = options.batches // 2
    day = (now() - middle * _BETWEEN).strftime("%Y-%m-%d")
    for who, person in (("auditor", auditor), ("reviewer", reviewer), ("uploader", uploader)):
        yield f"home, {who}", person, reverse("home"), {}
        yield f"history, {who}", person, reverse("batches"), {}
        for sort in ("-rows", "rejected", "-sent", "size"):
            yield f"  by {sort}", person, reverse("batches"), {"sort": sort}
        asked = {
            "in the middle": {"after": f".{middle}"},
            "before the middle": {"before": f".{middle}"},
            "ties in the middle": {"sort": "rejected", "after": f"0.{middle}"},
            "a state": {"state": "failed"},
            "a usual state": {"state": "complete"},
            "a destination": {"destination": places[4].pk},
            "a person": {"person": people[1].pk},
            "state, destination, person": {
                **{"state": "failed", "destination": places[1].pk, "person": people[1].pk},
                **{"sort": "-sent"},
            },
            "a text": {"q": "loyalty"},
            "a rare text": {"q": "7777"},
            "a text that is nowhere": {"q": "matches nothing"},
            "until the middle": {"until": day},
        }
        for name, query in asked.items():
            yield f"  {name}", person, reverse("batches"), query
    problems = reverse("batch-problems", args=[faulty.pk])
    owner = faulty.owner
    yield "problems", owner, problems, {}
    for name, query in {
        "the last page": {"page": options.problems // 50},
        "a cause": {"code": "id-duplicate"},
        "a value": {"text": f"customer-{options.problems // 2}"},
        "a value that is nowhere": {"text": "nowhere"},
    }.items():
        yield f"  {name}", owner, problems, query


def _measure(options: argparse.Namespace, pages: Iterator[tuple[str, User, str, dict]]) -> list[str]:
    asked = list(pages)
    stranger, clients = Client(SERVER_NAME="localhost"), {}
    for _name, person, _path, _query in asked:
        if person.pk not in clients:
            clients[person.pk] = Client(SERVER_NAME="localhost")
            clients[person.pk].force_login(person)
    unit: list[float] = []
    seconds: list[list[float]] = [[] for _page in asked]
    queries = [0] * len(asked)
    stranger.get(reverse("sign-in"))
    for place, (_name, person, path, query) in enumerate(asked):
        # Compiles templates, and reads what a process reads once.
        _timed(clients[person.pk], path, query)
        # To have queries counted costs time, which the other rounds are spared.
        with CaptureQueriesContext(connection) as captured:
            _timed(clients[person.pk], path, query)
        queries[place] = len(captured)
    for _round in range(options.rounds):
        unit.append(_timed(stranger, reverse("sign-in"), {}))
        for place, (_name, person, path, query) in enumerate(asked):
            seconds[place].append(_timed(clients[person.pk], path, query))
    _say(f"\nSign-in: {median(unit) * 1e3:.1f} ms")
    _say(f"{'page':<30}{'x sign-in':>10}{'aim':>6}{'queries':>9}")
    short = []
    for place, (name, *_asked) in enumerate(asked):
        ratio = median(own / of for own, of in zip(seconds[place], unit, strict=True))
        _say(f"{name:<30}{ratio:>10.1f}{_MOST_RATIO:>6.0f}{queries[place]:>9}")
        if ratio > _MOST_RATIO:
            short.append(f"{name.strip()} takes {ratio:.1f} x sign-in, the aim is {_MOST_RATIO:.0f}")
    return short


def _timed(client: Client, path: str, query: dict) -> float:
    began = time.process_time()
    answer = client.get(path, query)
    assert answer.status_code == 200, path
    return time.process_time() - began


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
