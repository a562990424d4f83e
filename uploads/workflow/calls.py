"""The call budget of an account, and its pauses (T3, T11).

Every call is a `Call` row before it is made, so that the count holds over all workers and survives
an empty Redis.
"""

import random
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from uploads import audit, tracing
from uploads.models import Account, Call, Destination, Part, User

from . import locks

#: Target allows 50 calls a minute over several APIs (T11); the rest is left to others.
CALLS_PER_MINUTE = 45
#: Profiles are read back only while fewer calls than this were made, of whatever kind: the rest of each
#: minute is left to sending and to asking for statuses, which Target forgets (T10).
CALLS_BEFORE_PROFILES = 30
MINUTE = timedelta(seconds=60)
#: How long work waits when no call is free.
BUDGET_PAUSE = timedelta(seconds=5)
#: The outcome of a call that was reserved and then not made.
NOT_MADE = "not-made"
SLOWEST = timedelta(minutes=15)


def account_of(destination: Destination) -> Account:
    """The account row that a destination shares with others of its client code."""
    return Account.objects.get_or_create(code=destination.account_code)[0]


def available(destination: Destination) -> bool:
    """Whether the account may be called at all now: neither paused nor slowed down."""
    code = account_of(destination).code
    free = Q(slow_until=None) | Q(slow_until__lte=Now())
    return Account.objects.filter(free, code=code, paused_at=None).exists()


def recent(destination: Destination) -> QuerySet[Call]:
    """The account's calls of the last 60 seconds (T11)."""
    return Call.objects.filter(account=destination.account_code, at__gt=Now() - MINUTE)


def reserve(part: Part, kind: Call.Kind) -> Call | None:
    """Reserve one call in the account's budget, or None where the minute is used up for calls of this kind.

    Locks the account's row, so that two workers never take the last call both.
    """
    destination = part.batch.destination
    most = CALLS_BEFORE_PROFILES if kind == Call.Kind.PROFILE else CALLS_PER_MINUTE
    with transaction.atomic():
        locks.account(destination)
        if recent(destination).count() >= most:
            return None
        call = Call.objects.create(account=destination.account_code, kind=kind, part=part, at=Now())
    call.refresh_from_db()
    return call


def answered(call: Call, outcome: str, http_status: int | None = None, *, is_told: bool = True) -> None:
    """Note, once, what became of a call: a short stable word and the HTTP status, where there was one.

    The audit log hears of every call but those that were reserved and then not made, and those of which
    one event tells in sum: not is_told.
    """
    told = {"outcome": outcome, "http_status": http_status}
    with transaction.atomic():
        if not Call.objects.filter(pk=call.pk, answered_at=None).update(answered_at=Now(), **told):
            return
        which = {"call": call.pk, "part": call.part_id, "batch": call.part.batch_id, "kind": call.kind}
        transaction.on_commit(lambda: tracing.tell("call", outcome=outcome, status=http_status, **which))
        if is_told and outcome != NOT_MADE:
            audit.record(None, f"call.{call.kind}", call.part.batch, part=call.part.number, **told)


def went_well(destination: Destination) -> None:
    """Forget the back-off after an answer that was not a refusal to serve.

    An answer to a call that was under way when Target asked to slow down does not take that back.
    """
    over = Q(slow_until=None) | Q(slow_until__lte=Now())
    slowed_before = Account.objects.filter(over, pk=destination.account_code, busy_answers__gt=0)
    slowed_before.update(busy_answers=0, slow_until=None)


def slow_down(destination: Destination, retry_after: float | None) -> timedelta:
    """Slow the whole account after a 503 or 429 and return for how long.

    `retry_after` is Target's own word in seconds, where it gave one; else the pause doubles with
    each such answer in a row, with jitter, up to 15 minutes.
    """
    with transaction.atomic():
        account = locks.account(destination)
        account.busy_answers += 1
        pause = backoff(account.busy_answers, first=timedelta(seconds=5))
        if retry_after is not None:
            pause = min(max(timedelta(seconds=retry_after), timedelta(seconds=1)), timedelta(hours=1))
        account.save(update_fields=["busy_answers"])
        # Never shortens what an earlier answer asked for.
        longer = Q(slow_until=None) | Q(slow_until__lt=Now() + pause)
        Account.objects.filter(longer, pk=account.pk).update(slow_until=Now() + pause)
    return pause


def pause_for_token(destination: Destination, call: Call | None = None) -> None:
    """Pause the account after a 401 or 403 (T3); a new token lets it go on.

    A `call` that was begun with the token before the present one says nothing about this one.
    """
    account = account_of(destination)
    with transaction.atomic():
        if call and Destination.objects.filter(pk=destination.pk, token_set_at__gt=call.at).exists():
            return
        fresh = Account.objects.filter(pk=account.pk, paused_at=None)
        if fresh.update(paused_at=Now(), pause_reason="token"):
            audit.record(None, "account.paused", destination=destination, reason="token")


def pause(destination: Destination, actor: User) -> bool:
    """Stop all calls to the account until an admin resumes it; False where one has paused it already.

    A call that is under way ends as it ends. A new token does not take this pause back.
    """
    account = account_of(destination)
    with transaction.atomic():
        not_yet = Account.objects.filter(pk=account.pk).exclude(pause_reason="person")
        if not not_yet.update(paused_at=Now(), pause_reason="person"):
            return False
        audit.record(actor, "account.paused", destination=destination, reason="person")
    return True


def resume(destination: Destination, actor: User, *, paused_for: str | None = None) -> bool:
    """Let a paused account go on; its waiting parts are due at once. False where it was not paused.

    `paused_for`: only where that was the reason, "token" or "person".
    """
    account = account_of(destination)
    paused = Account.objects.filter(pk=account.pk).exclude(paused_at=None)
    if paused_for is not None:
        paused = paused.filter(pause_reason=paused_for)
    with transaction.atomic():
        resumed = paused.update(paused_at=None, pause_reason="", slow_until=None, busy_answers=0)
        if resumed:
            waiting = Part.objects.of_account(destination).filter(reason="token")
            waiting.unsent().update(next_try_at=None)
            audit.record(actor, "account.resumed", destination=destination)
    return bool(resumed)


def backoff(tries: int, *, first: timedelta) -> timedelta:
    """How long to wait after that many tries: doubling from `first`, ±20 %, never above 15 minutes."""
    pause = first * 2 ** min(tries - 1, 20)
    return min(pause * random.uniform(0.8, 1.2), SLOWEST)  # noqa: S311 # nosec B311 # spreads load
