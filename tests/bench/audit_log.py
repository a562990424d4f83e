"""The audit log with millions of events: what its pages, exports and verification cost.

`make bench ARGS="--only audit --events 5000000"`. The log is made in a database of its own, in bulk and with
a chain that holds. Each round asks for each page once, so that a machine that slows down slows all of them;
what is told is the median of the ratios to the sign-in page of the same round.
"""

import argparse
import json
import os
import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from tests.support import audit_guards  # noqa: E402
from uploads import audit, pages  # noqa: E402
from uploads.audit.chain import hash_of, key_in_force  # noqa: E402
from uploads.models import AuditEvent, AuditHead, Destination, User  # noqa: E402
from uploads.models.people import SiteRole  # noqa: E402

# The form with all its choices and 50 sentences alone cost about 12 of them; the log itself next to nothing.
_MOST_RATIO = 20.0
_CHUNK = 5_000
_PEOPLE, _DESTINATIONS = 40, 5
_BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
_BETWEEN = timedelta(seconds=12)
_ACTIONS = ("part.claimed", "part.sending", "call.submit", "part.accepted", "call.status", "part.complete")
_OF_PEOPLE = ("batch.received", "batch.released", "person.signed-in", "batch.report-downloaded")
_RARE = "destination.token-changed"
_EXPORTED = 100_000
_COLUMNS = [field.name for field in AuditEvent._meta.fields]
_INSERT = (
    f"INSERT INTO uploads_auditevent ({', '.join(_COLUMNS)}) VALUES ({', '.join(['%s'] * len(_COLUMNS))})"
)


def main() -> None:
    """Make the log, measure, print the table and what falls short."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.audit_log", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="how long the log is")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds over the pages")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    people = [User.objects.create_user(f"person-{number}") for number in range(_PEOPLE)]
    reader = User.objects.create_user("auditor", site_role=SiteRole.AUDITOR)
    places = [
        Destination.objects.create(name=f"Destination {number}", kind="sandbox", client_code=f"code{number}")
        for number in range(_DESTINATIONS)
    ]
    _say(f"An audit log of {options.events:,} events.")
    _seed(options.events, people, places)
    short = _measure_pages(options, people, places, reader)
    _measure_walks(options.events)
    _say("\n" + ("\n".join(f"Short of the aim: {line}" for line in short) if short else "All aims are met."))


def _seed(events: int, people: list[User], places: list[Destination]) -> None:
    """Write the events behind the guards' back, hashed as `record` would; indexes are made afterwards."""
    chance, previous, key = random.Random(5), "", key_in_force()
    audit_guards.remove()
    with connection.schema_editor() as editor:
        for index in AuditEvent._meta.indexes:
            editor.remove_index(AuditEvent, index)
    for first in range(1, events + 1, _CHUNK):
        rows = []
        for sequence in range(first, min(first + _CHUNK, events + 1)):
            event = _event(sequence, chance, people, places)
            event.previous_hash = previous
            event.hash = previous = hash_of(event, key)
            rows.append(_row(event))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
    AuditHead.objects.update_or_create(
        pk=1, defaults={"sequence": events, "hash": previous, "at": _BEGINNING + events * _BETWEEN}
    )
    with connection.schema_editor() as editor:
        for index in AuditEvent._meta.indexes:
            editor.add_index(AuditEvent, index)
    audit_guards.restore()


def _row(event: AuditEvent) -> list:
    """What the ORM would write, without its care: it would take three times as long."""
    values = [getattr(event, name) for name in _COLUMNS]
    values[_COLUMNS.index("at")] = connection.ops.adapt_datetimefield_value(event.at)
    values[_COLUMNS.index("facts")] = json.dumps(event.facts)
    return values


def _event(sequence: int, chance: random.Random, people: list[User], places: list[Destination]) -> AuditEvent:
    """Two events of three are the system's, as they are in a busy installation."""
    person = chance.choice(people) if chance.random() < 1 / 3 else None
    # One person never works at the last destination: the filter that finds nothing of much.
    place = chance.choice(places[:-1] if person == people[0] else places)
    action = _RARE if sequence % 100_000 == 7 else chance.choice(_OF_PEOPLE if person else _ACTIONS)
    return AuditEvent(
        sequence=sequence,
        at=_BEGINNING + sequence * _BETWEEN,
        actor_id=person.pk if person else 0,
        actor_name=person.username if person else "",
        ip="192.0.2.7" if person else "",
        device="Firefox on Linux" if person else "",
        action=action,
        batch_id=sequence // 40 + 1,
        destination_id=place.pk,
        destination_name=place.name,
        facts={"part": 1, "outcome": "accepted", "http_status": 200},
    )


def _measure_pages(
    options: argparse.Namespace, people: list[User], places: list[Destination], reader: User
) -> list[str]:
    noon = (_BEGINNING + options.events // 2 * _BETWEEN).strftime("%Y-%m-%dT%H:%M")
    person, place = people[0].pk, places[0].pk
    asked = {
        "the newest page": {},
        "the page in the middle": {"before": options.events // 2},
        "the oldest page": {"before": 40},
        "newer than the oldest": {"after": 1},
        "a person": {"person": person},
        "the system": {"person": 0},
        "an action": {"action": "call.status"},
        "a rare action": {"action": _RARE},
        "a destination": {"destination": place},
        "a batch": {"batch": options.events // 80},
        "a person's action": {"person": person, "action": "batch.received"},
        "a person at a destination": {"person": person, "destination": place},
        "an action at a destination": {"action": "call.status", "destination": place},
        "all three": {"person": person, "action": "batch.received", "destination": place},
        "much that never met": {"person": person, "destination": places[-1].pk},
        "until the middle": {"until": noon},
        "a person until the middle": {"person": person, "until": noon},
        "from the middle, never met": {"person": person, "destination": places[-1].pk, "since": noon},
    }
    stranger, auditor = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    auditor.force_login(reader)
    seconds: dict[str, list[float]] = {name: [] for name in ("", *asked)}
    queries: dict[str, int] = {}
    for _round in range(options.rounds):
        seconds[""].append(_timed(stranger, reverse("sign-in"), {}))
        for name, query in asked.items():
            with CaptureQueriesContext(connection) as captured:
                seconds[name].append(_timed(auditor, reverse("audit"), query))
            queries[name] = len(captured)
    _say(f"\n{'page':<28}{'x sign-in':>10}{'aim':>6}{'queries':>9}")
    short = []
    for name in asked:
        ratio = median(own / of for own, of in zip(seconds[name], seconds[""], strict=True))
        _say(f"{name:<28}{ratio:>10.1f}{_MOST_RATIO:>6.0f}{queries[name]:>9}")
        if ratio > _MOST_RATIO:
            short.append(f"{name} takes {ratio:.1f} x sign-in, the aim is {_MOST_RATIO:.0f}")
    return short


def _timed(client: Client, path: str, query: dict) -> float:
    began = time.perf_counter()
    answer = client.get(path, query)
    assert answer.status_code == 200
    return time.perf_counter() - began


def _measure_walks(events: int) -> None:
    """What goes over many events: by the thousand events, and in memory."""
    before = _peak()
    _say(f"\n{'walk':<28}{'CPU ms a thousand events':>26}")
    wanted = min(_EXPORTED, events)
    for name, lines in (("export, CSV", pages.csv_lines), ("export, JSON Lines", pages.json_lines)):
        began = time.process_time()
        for _line in islice(lines(AuditEvent.objects.all()), wanted):
            pass
        _say(f"{name:<28}{(time.process_time() - began) / wanted * 1e6:>26.0f}")
    began = time.process_time()
    verdict = audit.verify()
    _say(f"{'verification':<28}{(time.process_time() - began) / events * 1e6:>26.0f}")
    assert verdict.broken is None
    began = time.process_time()
    for _number in range(1_000):
        audit.record(None, "person.signed-in")
    _say(f"{'writing':<28}{(time.process_time() - began) * 1e3:>26.0f}")
    _say(f"\nMemory above that of the pages: {_peak() - before:.0f} MB")


def _peak() -> float:
    """The highest megabytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
