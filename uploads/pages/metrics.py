"""Figures for Prometheus, asked of the database and the job server when they are scraped.

Nothing is counted in a process: of several web processes each says the same. No query walks along the
history: what has ended is told of the last day only, calls of the last ten minutes. Destinations go by their
number; nothing here names a person, a file or an account.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils.timezone import now
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from uploads import local_files, workflow
from uploads.models import Account, Batch, BatchState, Call, Destination, Part, PartState
from uploads.models.states import DECISIONS, FINAL_BATCH_STATES, FINAL_PART_STATES

from .readiness import Readiness, readiness

#: Over how long calls are told: as many as an account may make in it (T11) are few to count.
CALLS_WINDOW = timedelta(minutes=10)
#: Over how long ended batches are told; their files are kept for longer, and by these they are found.
ENDED_WINDOW = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def metrics() -> bytes:
    """All of them, in Prometheus's text format. Raises DatabaseError where one cannot be asked for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return generate_latest(registry)


@dataclass(frozen=True)
class _Figure:
    """One metric: its name without the product's, its sentence, and its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def of(self, samples: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
        """The metric with these samples: values of its labels, and a number."""
        family = GaugeMetricFamily(f"bulkprofile_{self.name}", self.help, labels=self.labels)
        for labels, value in samples:
            family.add_metric(labels, value)
        return family


READY = _Figure("ready", "Whether a check of /readyz is well (1) or not (0).", ("check",))
SWEEP_AGE = _Figure("sweep_age_seconds", "Seconds since the sweep last came by; absent before it ever did.")
STORAGE_FREE = _Figure("storage_free_bytes", "Bytes that are free where uploads arrive.")
DATABASE_SIZE = _Figure("database_bytes", "Bytes that the database takes.")
WORKERS = _Figure("workers", "Workers that were heard of in the last 20 s.", ("queue",))
JOBS_WAITING = _Figure("jobs_waiting", "Jobs that wait for a worker.", ("queue",))
OLDEST_JOB = _Figure(
    "oldest_job_seconds", "Seconds that the job at the head of the queue has waited.", ("queue",)
)
BATCHES = _Figure("batches", "Batches that have not ended.", ("state",))
ENDED = _Figure("batches_ended_last_day", "Batches that ended within the last 24 hours.", ("state",))
PARTS = _Figure("parts", "Parts that have not ended, of which in doubt is one state.", ("state",))
UNDECIDED = _Figure("parts_undecided", "Parts that a person has to decide about or take note of.", ("state",))
OLDEST_DOUBT = _Figure("oldest_doubt_seconds", "Seconds since the oldest part in doubt began to leave, or 0.")
CALLS = _Figure(
    "target_calls_last_10_minutes", "Calls to Target reserved in the last 10 minutes.", ("kind", "outcome")
)
CALLS_LEFT = _Figure(
    "target_calls_left", "Calls that the account has left in this minute (T11).", ("destination",)
)
PAUSED = _Figure("account_paused", "1 where nothing is sent until somebody acts.", ("destination", "reason"))
SLOWED = _Figure("account_slowed_seconds", "Seconds for which Target asked for peace.", ("destination",))


class _Figures(Collector):
    """Asks for everything once per scrape; what cannot be known is absent, and `READY` says why."""

    def collect(self) -> Iterator[Metric]:
        """Each metric, in turn."""
        found = readiness()
        yield READY.of(((check.name,), check.ok) for check in found.checks)
        free = local_files.free_bytes()
        yield STORAGE_FREE.of([] if free is None else [((), free)])
        yield from _queues(found)
        if found.database:
            yield from _database(found)


def _queues(found: Readiness) -> Iterator[Metric]:
    wards = found.wards or []
    yield WORKERS.of(((ward.queue,), ward.workers) for ward in wards)
    yield JOBS_WAITING.of(((ward.queue,), ward.waiting) for ward in wards)
    yield OLDEST_JOB.of(((ward.queue,), _seconds_since(ward.waiting_since)) for ward in wards)


def _database(found: Readiness) -> Iterator[Metric]:
    yield SWEEP_AGE.of([((), _seconds_since(found.swept_at))] if found.swept_at else [])
    yield DATABASE_SIZE.of([((), _database_bytes())])
    destinations = list(Destination.objects.order_by("pk"))
    yield from _batches(destinations)
    yield from _parts()
    yield from _accounts(destinations)


def _batches(destinations: list[Destination]) -> Iterator[Metric]:
    open_states = [state for state in BatchState if state not in FINAL_BATCH_STATES]
    yield BATCHES.of(_by_state(Batch.objects.filter(state__in=open_states), open_states))
    recent = Batch.objects.filter(
        # Along the index of batches that still have their files, as all of the last day do.
        destination__in=[destination.pk for destination in destinations],
        files_deleted_at=None,
        ended_at__gt=Now() - ENDED_WINDOW,
    )
    yield ENDED.of(_by_state(recent, sorted(FINAL_BATCH_STATES)))


def _parts() -> Iterator[Metric]:
    open_states = [state for state in PartState if state not in FINAL_PART_STATES]
    yield PARTS.of(_by_state(Part.objects.filter(state__in=open_states), open_states))
    yield UNDECIDED.of(_by_state(Part.objects.undecided(), list(DECISIONS)))
    in_doubt = Part.objects.filter(state=PartState.IN_DOUBT)
    yield OLDEST_DOUBT.of([((), _seconds_since(in_doubt.aggregate(since=Min("sending_at"))["since"]))])


def _by_state(things, states: list) -> Iterator[tuple[tuple[str, ...], float]]:
    """How many there are in each of these states, those without any among them: an alarm needs the 0."""
    counts = dict(things.order_by().values_list("state").annotate(Count("pk")))
    for state in states:
        yield (state.value,), counts.get(state.value, 0)


def _accounts(destinations: list[Destination]) -> Iterator[Metric]:
    accounts = Account.objects.in_bulk({each.account_code for each in destinations})
    recent = Call.objects.filter(account__in=accounts, at__gt=Now() - CALLS_WINDOW)
    counts = {"made": Count("pk"), "this_minute": Count("pk", filter=Q(at__gt=Now() - _MINUTE))}
    told, made = Counter(), Counter()
    for account, kind, outcome, count, of_this_minute in (
        recent.order_by().values_list("account", "kind", "outcome").annotate(**counts)
    ):
        told[kind, outcome or "none-yet"] += count
        made[account] += of_this_minute
    yield CALLS.of(told.items())
    yield CALLS_LEFT.of(
        ((str(each.pk),), max(0, workflow.CALLS_PER_MINUTE - made[each.account_code]))
        for each in destinations
    )
    known = [(str(each.pk), accounts.get(each.account_code)) for each in destinations]
    yield PAUSED.of(
        ((number, reason), bool(account and account.paused_at and account.pause_reason == reason))
        for number, account in known
        for reason in ("token", "person")
    )
    yield SLOWED.of(
        ((number,), max(0, -_seconds_since(account.slow_until)) if account and account.slow_until else 0)
        for number, account in known
    )


def _database_bytes() -> int:
    question = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def _seconds_since(moment: datetime | None) -> float:
    """0 for no moment; below 0 for one that is still to come."""
    return (now() - moment).total_seconds() if moment else 0
