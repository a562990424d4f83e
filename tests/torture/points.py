"""The catalogue of points at which a process is killed: before and after each write and each network step.

A point names a function of the product or of a library it stands on; `check_names` fails where one is gone.
Changes of state are named by their audit action: `before` its UPDATE, written but `uncommitted`, `committed`.
"""

from dataclasses import dataclass, replace
from functools import reduce
from importlib import import_module

from tests.torture.plans import Blow

MOVE = "uploads.workflow.transitions:move"
RESERVE = "uploads.workflow.calls:reserve"
RING = "uploads.queue:_ring_now"
CONNECT = "urllib3.connection:HTTPConnection.connect"
BODY = "uploads.target.http:StreamedBody.read"
ANSWER = "urllib3.connection:HTTPConnection.getresponse"
KEEP = "uploads.files:keep"
POLL_AGAIN = "uploads.workflow.follow:_poll_again"
JOURNAL = "uploads.workflow.journal"

#: In `Blow.given`: the primary key of the part, or of the batch, that the blow is for.
PART, BATCH = "the part", "the batch"

#: Answers with which Target ends a part otherwise than by taking it; as `POST /sandbox/faults` takes them.
REFUSED = {"kind": "refuse"}
BUSY = {"kind": "http", "status": 503, "retry_after": 1}
RESET = {"kind": "reset"}
STUCK = {"kind": "stuck", "on": "status"}
FAILED_ROWS = {"kind": "failed-rows", "every": 2}
UNFINISHED = {"kind": "never-complete", "on": "status"}

#: Rows that make a body of several pieces.
SEVERAL_PIECES = 12_000


@dataclass(frozen=True)
class Point:
    """One point: in which verb, where, and what has to happen for it to be reached.

    doubt: whether the part may end in doubt there: the body may have left, and no answer is on disk.
    fault: what Target does once. rows: how many the file has. after: the point at which a worker is killed
    first, to give the sweep its work.
    """

    name: str
    verb: str
    blow: Blow
    doubt: bool = False
    fault: dict | None = None
    rows: int = 3
    after: "Point | None" = None

    @property
    def needs_part(self) -> bool:
        """Whether it can only be planned once there is a part."""
        return self.verb in ("deliver", "follow", "locate") or PART in self.blow.given.values()


def _call(verb: str, what: str, where: str, *whens: str, nth: int = 1, given: dict | None = None, **facts):
    for when in whens:
        name = f"{when} {what}" if when in ("before", "after") else f"{what}, {when}"
        yield Point(f"{verb}: {name}", verb, Blow(where, when, given or {}, nth), **facts)


def _move(verb: str, action: str, row: str = PART, **facts):
    for when in ("before", "uncommitted", "committed"):
        blow = Blow(MOVE, when, {"action": action, "row": row})
        yield Point(f"{verb}: {action}, {when}", verb, blow, **facts)


CHECK = [
    *_call("check", "the claim", "uploads.workflow.leases:claim_fields", "before"),
    *_call("check", "the claim", "uploads.local_files:work_folder", "after"),
    *_call("check", "progress is noted", "uploads.workflow.check:_still_ours", "before", "after"),
    *_call("check", "the problems are kept", KEEP, "before", "after"),
    *_call("check", "the figures are kept", KEEP, "before", "after", nth=2),
    *_call("check", "the fingerprints are kept", KEEP, "before", "after", nth=3),
    *_call("check", "the part file is kept", KEEP, "before", "after", nth=4),
    *_move("check", "batch.ready", BATCH),
]
RELEASE = [
    *_move("release", "batch.released", BATCH),
    *_call("release", "the ring", RING, "before", "after"),
]
DELIVER = [
    *_move("deliver", "part.claimed"),
    *_call("deliver", "the file is proven", "uploads.workflow.deliver:_checked_file", "before", "after"),
    *_call("deliver", "a call is reserved", RESERVE, "before", "uncommitted", "committed"),
    *_call("deliver", "room in the journal", f"{JOURNAL}:begin", "before", "after"),
    *(replace(point, doubt=point.blow.when == "committed") for point in _move("deliver", "part.sending")),
    *_call("deliver", "the connection", CONNECT, "before", "after", doubt=True),
    *_call("deliver", "the first piece leaves", BODY, "before", "after", doubt=True),
    *_call("deliver", "a later piece leaves", BODY, "after", nth=3, rows=SEVERAL_PIECES, doubt=True),
    *_call("deliver", "the answer's head", ANSWER, "before", "after", doubt=True),
    *_call("deliver", "the whole answer", "uploads.target.client:submit", "after", doubt=True),
    *_call("deliver", "the answer is in the journal", f"{JOURNAL}:Entry.write", "before", doubt=True),
    *_call("deliver", "the answer is in the journal", f"{JOURNAL}:Entry.write", "after"),
    *_move("deliver", "part.accepted"),
    *_call("deliver", "the journal is cleared", f"{JOURNAL}:Entry.remove", "before", "after"),
    *_move("deliver", "part.refused", fault=REFUSED),
    *_move("deliver", "part.waiting-to-retry", fault=BUSY),
    *_move("deliver", "part.in-doubt", fault=RESET, doubt=True),
]
FOLLOW = [
    *_call("follow", "a call is reserved", RESERVE, "before", "uncommitted", "committed"),
    *_call("follow", "the connection", CONNECT, "before", "after"),
    *_call("follow", "the answer's head", ANSWER, "before", "after"),
    *_call("follow", "the whole answer", "uploads.target.client:status", "after"),
    *_call("follow", "the next poll", POLL_AGAIN, "before", "after", fault=UNFINISHED),
    *_move("follow", "part.complete"),
    *_move("follow", "part.stuck", fault=STUCK),
    *_call("follow", "the listed ids are kept", KEEP, "before", "after", fault=FAILED_ROWS),
    *_move("follow", "batch.complete", BATCH),
]
LOCATE = [
    *_call(
        "locate",
        "the refused rows are found",
        "uploads.batchfile.refusals:find_refused",
        "before",
        "after",
        fault=FAILED_ROWS,
    ),
    *_call("locate", "the refused rows are kept", KEEP, "after", fault=FAILED_ROWS),
]


def named(name: str) -> Point:
    """The point of that name in a worker."""
    return next(point for point in (*CHECK, *RELEASE, *DELIVER, *FOLLOW, *LOCATE) if point.name == name)


def _ring(verb: str, pk: str, **facts):
    given = {"verb": verb, "pk": pk}
    return _call("sweep", f"the ring for a {verb}", RING, "before", "after", given=given, **facts)


_CLAIMED = named("deliver: part.claimed, committed")
_SENDING = named("deliver: part.sending, committed")
_ANSWERED = named("deliver: after the answer is in the journal")
_RECORD = "uploads.workflow.answers:record"

SWEEP = [
    *_move("sweep", "part.released", after=_CLAIMED),
    *_move("sweep", "part.in-doubt", after=_SENDING, doubt=True),
    *_call("sweep", "a left answer", _RECORD, "before", "committed", given={"part": PART}, after=_ANSWERED),
    *_ring("check", BATCH, after=named("check: after the claim")),
    *_ring("deliver", PART, fault=BUSY),
    *_ring("follow", PART),
]
ALL = [*CHECK, *RELEASE, *DELIVER, *FOLLOW, *LOCATE, *SWEEP]

#: Where a process that slept longer than its lease wakes up and goes on, with its claim taken by another.
_FREEZES = (
    "deliver: part.claimed, committed",
    "deliver: before a call is reserved",
    "deliver: after room in the journal",
    "deliver: part.sending, before",
    "deliver: part.sending, committed",
    "deliver: before the first piece leaves",
    "deliver: before the answer's head",
    "deliver: before the answer is in the journal",
    "deliver: after the answer is in the journal",
    "follow: before a call is reserved",
    "follow: before the answer's head",
    "follow: after the whole answer",
    "check: after the claim",
    "check: before the part file is kept",
    "check: batch.ready, before",
)


def _frozen(name: str) -> Point:
    point = named(name)
    called = name.replace(":", " (frozen past its lease):")
    return replace(point, name=called, blow=replace(point.blow, how="freeze"))


FREEZES = [_frozen(name) for name in _FREEZES]
#: The last moments at which nothing of the body has left.
DECIDED = [
    _frozen("deliver: part.sending, committed"),
    _frozen("deliver: before the connection"),
    _frozen("deliver: before the first piece leaves"),
]


def check_names() -> None:
    """Raises AttributeError or ImportError where the catalogue names a function that is gone."""
    for point in ALL:
        module, _, name = point.blow.where.partition(":")
        reduce(getattr, name.split("."), import_module(module))
