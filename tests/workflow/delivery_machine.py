"""Everything that can happen to released and scheduled batches, in any order.

Real workflow, real database, real sandbox. Each event is one thing that a worker, the sweep, a person, the
clock or Target does. After each, the invariants hold the database against the sandbox, which counts what it
accepted by the SHA-256 of the body. At the end everything comes right again, and every batch must come to its
end.
"""

import hashlib
import itertools
import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Sum
from django.db.models.functions import Now
from django.utils.timezone import now
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from werkzeug.test import Client

from uploads import audit, files, target, workflow
from uploads.models import (
    Account,
    ArrivalCheck,
    AuditEvent,
    Batch,
    BatchState,
    Call,
    Canary,
    DayRows,
    Decision,
    Part,
    PartState,
)
from uploads.models.states import (
    ACCEPTED_PART_STATES,
    DECISIONS,
    IN_FLIGHT_PART_STATES,
    KEPT_OUT_PART_STATES,
    UNSENT_PART_STATES,
)
from uploads.workflow import answers, calls, journal
from uploads.workflow.leases import claim_fields
from uploads.workflow.settle import state_from
from uploads.workflow.transitions import move

from .delivery_events import EVENTS
from .delivery_world import World

LONG_AGO = "2000-01-01T00:00:00Z"
MOST_BATCHES = 3
_numbers = itertools.count(1)


class Delivery(RuleBasedStateMachine):
    """Released and scheduled batches; `world` is set by whoever runs it."""

    world: World

    def __init__(self):
        super().__init__()
        for rows in (Call, Batch, Account, DayRows):
            rows.objects.all().delete()
        self._log_began = audit.end()
        self._context = self.world.sandbox()
        self.app = self._context.__enter__()
        self.drawn: Counter[int] = Counter()
        self.sent_again: Counter[str] = Counter()

    # What is there -----------------------------------------------------------------------------

    def pick(self, number: int, states=None) -> Part | None:
        """One of the parts (that stand so), by a number that may be larger than there are."""
        parts = Part.objects.select_related("batch__destination").order_by("pk")
        parts = list(parts if states is None else parts.filter(state__in=states))
        return parts[number % len(parts)] if parts else None

    def accepted_bodies(self) -> Counter[str]:
        """How often the sandbox accepted each body."""
        bodies = Client(self.app).get("/sandbox/batches.json").json
        return Counter({body["sha256"]: body["accepted"] for body in bodies})

    @initialize(parts=st.integers(1, 3))
    def begin(self, parts):
        self._release(parts)

    @rule(seed=st.integers(0, 2**32 - 1))
    def something_happens(self, seed):
        """One event. Hypothesis likes to repeat itself, and a short run would then miss too much: so it draws
        a seed, and the same one leads elsewhere the next time."""
        self.drawn[seed] += 1
        chance = random.Random(f"{seed} {self.drawn[seed]}")
        name, _weight, choices = chance.choices(EVENTS, [weight for _name, weight, _choices in EVENTS])[0]
        arguments = {argument: chance.choice(values) for argument, values in choices.items()}
        note(f"{name} {arguments}")
        getattr(self, name)(**arguments)

    # What people do ----------------------------------------------------------------------------

    def release(self, parts):
        if Batch.objects.count() < MOST_BATCHES:
            self._release(parts)

    def _release(self, parts: int) -> None:
        assert workflow.release(self.world.uploader, self._checked(parts))

    def send_first_rows_alone(self, parts, then):
        if Batch.objects.count() < MOST_BATCHES:
            self._send(parts, None, workflow.FirstRows(1, then))

    def send_the_rest(self, number):
        """Somebody clicks, whether they are asked or not."""
        workflow.send_rest(self.world.uploader, self.pick(number).batch)

    def schedule(self, parts, alone):
        if Batch.objects.count() < MOST_BATCHES:
            first = workflow.FirstRows(1, Canary.Then.SEND_REST) if alone else None
            self._send(parts, now() + timedelta(hours=1), first)

    def _send(self, parts: int, at: datetime | None, first: workflow.FirstRows | None) -> None:
        batch = self._checked(parts, rows=2)
        assert workflow.send(self.world.uploader, batch, workflow.digest_of(batch), at, first)

    def give_the_time_up(self, number):
        workflow.unschedule(self.world.reviewer, self.pick(number).batch)

    def change_where_it_goes(self):
        """An admin chooses the other API version: what was scheduled before is another effect now (F10)."""
        destination = self.world.destination
        destination.api_version = "v1" if destination.api_version == "v2" else "v2"
        destination.save(update_fields=["api_version"])

    def _checked(self, parts: int, rows: int = 1) -> Batch:
        """A checked batch with that many parts, that many rows in the first one and one in each other."""
        world, ids = self.world, [next(_numbers) for _ in range(parts)]
        path = world.folder / "chosen.csv"
        of_the_first = (b"A%d,gold\n" % number for number in (ids[0], *islice(_numbers, rows - 1)))
        path.write_bytes(b"thirdPartyId,tier\n" + b"".join(of_the_first))
        with path.open("rb") as source:
            batch = workflow.receive_whole(
                world.uploader, world.destination, path.name, path.stat().st_size, source
            )
        workflow.check(batch.pk)
        workflow.compare(batch.pk)
        batch.refresh_from_db()
        for number, each in enumerate(ids[1:], start=2):
            body = b"batch=thirdPartyId,tier\nA%d,gold\n" % each
            sha256 = hashlib.sha256(body).hexdigest()
            part = Part.objects.create(batch=batch, number=number, rows=1, bytes=len(body), sha256=sha256)
            path.write_bytes(body)
            files.keep(path, files.part_name(part))
        in_all = parts - 1 + rows
        Batch.objects.filter(pk=batch.pk).update(rows=in_all, accepted=in_all)
        batch.refresh_from_db()
        return batch

    def stop_a_batch(self, number):
        batch = self.pick(number).batch
        workflow.cancel(self.world.uploader, batch)

    def decide(self, number, decision):
        self._decide(self.pick(number, DECISIONS), decision)

    def _decide(self, part: Part | None, decision: Decision) -> None:
        if part is None:
            return
        decided = workflow.decide(self.world.reviewer, part, decision, "The machine says so.")
        if decided and decision == Decision.SEND_AGAIN:
            self.sent_again[part.sha256] += 1

    def enter_a_new_token(self):
        workflow.resume(self.world.destination, self.world.reviewer)

    # What workers, the sweep and the clock do -----------------------------------------------------

    def deliver(self, number, fault, meanwhile, decision):
        part = self.pick(number, UNSENT_PART_STATES) or self.pick(number)
        self.app.faults.add([fault] if fault else [])
        happening = {
            "given up": lambda: self._give_up(part),
            "stopped": lambda: workflow.cancel(self.world.uploader, part.batch),
            "decided": lambda: (self._give_up(part), self._decide(part, decision)),
        }
        self.world.meanwhile[:] = [happening[meanwhile]] if meanwhile else []
        workflow.deliver(part.pk)
        self.world.meanwhile.clear()
        self.app.faults.clear()

    def _give_up(self, part: Part) -> None:
        """The lease runs out although the worker lives: the machine slept."""
        Part.objects.filter(pk=part.pk).exclude(lease_until=None).update(lease_until=LONG_AGO)
        workflow.sweep()

    def find_no_connection(self, number):
        url, self.world.settings.SANDBOX_URL = self.world.settings.SANDBOX_URL, "http://127.0.0.1:9"
        workflow.deliver((self.pick(number, UNSENT_PART_STATES) or self.pick(number)).pk)
        self.world.settings.SANDBOX_URL = url

    def die_while_delivering(self, number, last):
        """The worker's last deed; its lease runs out, and the sweep has yet to find it."""
        part = self.pick(number, UNSENT_PART_STATES) or self.pick(number)
        due = Part.objects.due_to_send().filter(pk=part.pk).exists()
        held = workflow.obstacles(
            list(part.batch.parts.order_by("number")), workflow.lane_of(self.world.destination)
        )
        if not due or part.number in held:
            return
        move(part, PartState.CLAIMED, "part.claimed", old=part.status, **claim_fields())
        if last != "claimed":
            call = calls.reserve(part, Call.Kind.SUBMIT)
            entry = journal.begin(part, call)
            begun = {"sending_at": Now(), "attempts": part.attempts + 1}
            move(part, PartState.SENDING, "part.sending", old=PartState.CLAIMED, **begun)
        if last in ("body left", "answer kept"):
            with files.open_part(part) as body:
                accepted = target.submit(self.world.destination.target_account(), body, part.bytes)
            if last == "answer kept":
                entry.write(answers.accepted(accepted))
        Part.objects.filter(pk=part.pk).update(lease_until=LONG_AGO)

    def follow(self, number, fault):
        if (part := self.pick(number, {PartState.ACCEPTED})) is None:
            return
        self.app.faults.add([{"on": "status", **fault}] if fault else [])
        workflow.follow(part.pk)
        self.app.faults.clear()

    def look_first_rows_up(self):
        """A worker comes round to reading first rows back."""
        for pk in ArrivalCheck.objects.exclude(part=None).exclude(due_at=None).values_list("pk", flat=True):
            workflow.prove(pk)

    def compare(self):
        """A worker comes round to comparing what is not released with what was released meanwhile."""
        for pk in Batch.objects.to_be_compared().values_list("pk", flat=True):
            workflow.compare(pk)

    def sweep(self):
        workflow.sweep()
        assert not list(journal.left()), "an answer on disk that the database does not have"

    def let_time_pass(self):
        """Minutes go by: retries and polls are due, calls are free, the account is no longer slowed down."""
        Part.objects.exclude(next_try_at=None).update(next_try_at=Now())
        Part.objects.exclude(next_poll_at=None).update(next_poll_at=Now())
        Account.objects.update(slow_until=None)
        Call.objects.update(at=Now() - timedelta(minutes=2))

    def let_the_chosen_time_come(self):
        """What a digest binds moves with the clock."""
        for batch in Batch.objects.filter(state=BatchState.SCHEDULED, send_at__gt=now()):
            is_same = batch.scheduled_digest == workflow.digest_of(batch)
            batch.send_at = now()
            batch.scheduled_digest = workflow.digest_of(batch) if is_same else batch.scheduled_digest
            batch.save(update_fields=["send_at", "scheduled_digest"])

    def let_a_day_pass(self, number):
        if (part := self.pick(number, {PartState.ACCEPTED})) is not None:
            Part.objects.filter(pk=part.pk).update(answered_at=Now() - timedelta(hours=25))

    # What always holds ----------------------------------------------------------------------------

    @invariant()
    def nothing_is_sent_twice_by_itself(self):
        for sha256, times in self.accepted_bodies().items():
            assert times <= 1 + self.sent_again[sha256], f"{times} times"

    @invariant()
    def nothing_is_falsely_called_accepted(self):
        accepted = self.accepted_bodies()
        said = Part.objects.filter(state__in=ACCEPTED_PART_STATES).exclude(decision=Decision.ARRIVED)
        for sha256, parts in Counter(said.values_list("sha256", flat=True)).items():
            assert accepted[sha256] >= parts

    @invariant()
    def every_batch_stands_where_its_parts_put_it(self):
        for batch in Batch.objects.exclude(released_at=None):
            counted = [part.status for part in batch.parts.counted()]
            about_rest = Canary.objects.filter(pk=batch.pk, waits_since__isnull=False).exists()
            undecided = about_rest or batch.parts.undecided().exists()
            assert batch.state == state_from(counted, undecided=undecided)
            assert (batch.state == BatchState.NEEDS_ATTENTION) == undecided
            if batch.state == BatchState.DELIVERING:
                assert set(counted) & (UNSENT_PART_STATES | IN_FLIGHT_PART_STATES)

    @invariant()
    def nothing_leaves_before_its_release_and_each_is_released_once(self):
        for batch in Batch.objects.all():
            released = AuditEvent.objects.filter(
                batch_id=batch.pk, action="batch.released", sequence__gt=self._log_began.sequence
            )
            assert released.count() == (batch.released_at is not None)
            if batch.released_at is None:
                assert set(batch.parts.values_list("state", flat=True)) <= {
                    PartState.PENDING,
                    PartState.CANCELLED,
                }

    @invariant()
    def what_is_held_has_not_left_and_waits_for_the_first_rows(self):
        for part in Part.objects.filter(is_held=True):
            assert self.accepted_bodies()[part.sha256] == 0
            assert part.state in (PartState.PENDING, PartState.CANCELLED)
            assert Canary.objects.filter(pk=part.batch_id).exists()

    @invariant()
    def nothing_more_is_sent_of_a_stopped_batch(self):
        stopped = Batch.objects.filter(parts__state=PartState.CANCELLED)
        assert not Part.objects.filter(batch__in=stopped, state__in=UNSENT_PART_STATES).exists()

    @invariant()
    def every_row_stands_in_one_part(self):
        for batch in Batch.objects.all():
            assert sum(batch.parts.counted().values_list("rows", flat=True)) == batch.accepted

    @invariant()
    def what_was_sent_is_counted_with_the_batch_and_by_day(self):
        taken = Part.objects.filter(state__in=ACCEPTED_PART_STATES).aggregate(rows=Sum("rows"))["rows"] or 0
        assert (Batch.objects.aggregate(rows=Sum("sent"))["rows"] or 0) == taken
        assert (DayRows.objects.aggregate(rows=Sum("sent"))["rows"] or 0) == taken

    @invariant()
    def one_part_is_sent_at_a_time(self):
        assert Part.objects.filter(state__in=(PartState.CLAIMED, PartState.SENDING)).count() <= 1

    def teardown(self):
        """Everything works again: each batch comes to its end, and no row is lost on the way."""
        try:
            self._come_to_an_end()
            self.nothing_is_sent_twice_by_itself()
            accepted = self.accepted_bodies()
            for part in Part.objects.counted():
                gone = accepted[part.sha256] > 0
                assert gone or part.state not in ACCEPTED_PART_STATES or part.decision == Decision.ARRIVED
                assert part.state in (
                    ACCEPTED_PART_STATES
                    | KEPT_OUT_PART_STATES
                    | {PartState.CANCELLED, PartState.CLOSED_UNKNOWN}
                )
            assert audit.verify(self._log_began).broken is None
        finally:
            self._context.__exit__(None, None, None)

    def _come_to_an_end(self) -> None:
        for _round in range(200):
            workflow.resume(self.world.destination, self.world.reviewer)
            self.let_time_pass()
            self.let_the_chosen_time_come()
            self.compare()
            workflow.sweep()
            self.compare()
            for batch in Batch.objects.filter(state=BatchState.READY):
                assert workflow.send(self.world.uploader, batch, workflow.digest_of(batch))
            for part in Part.objects.filter(state__in=UNSENT_PART_STATES):
                workflow.deliver(part.pk)
            for part in Part.objects.filter(state=PartState.ACCEPTED):
                workflow.follow(part.pk)
            for part in Part.objects.undecided():
                self._decide(part, DECISIONS[part.status][-1])
            self.look_first_rows_up()
            for batch in Batch.objects.filter(canary__waits_since__isnull=False):
                assert workflow.send_rest(self.world.uploader, batch)
            if all(batch.is_final for batch in Batch.objects.all()):
                return
        raise AssertionError("A batch does not come to its end.")
