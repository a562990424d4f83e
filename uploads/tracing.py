"""The thread that leads through the log: which request, job, batch and part a line is about.

Whoever begins something sets what is known (`tracing`), and what is logged meanwhile says so, in this process
and, for the request, in the jobs that it rings for. Beside that, `tell` logs what happened as plain fields.
In the text format nobody listens to `tell`.
"""

import json
import logging
import re
import secrets
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

#: The logger of `tell`.
TRACE = "uploads.trace"
#: All that a line can hold besides what stands in `Trace`, with what it must be.
FIELDS = {
    "time": str,  # ISO 8601, UTC
    "level": str,
    "logger": str,
    "message": str,
    "process": int,
    "call": int,
    "method": str,
    "route": str,  # as the code writes it, without what stands in its place
    "status": int,
    "milliseconds": int,
    "kind": str,
    "before": str,
    "state": str,
    "outcome": str,
    "exception": list,  # the types, from what was caught to what caused it
    "place": list,  # file:line and function, the innermost last
}
_REQUEST = re.compile(r"[A-Za-z0-9_-]{8,64}")
_MOST_FRAMES = 20
_HOUSE = f"{Path(__file__).resolve().parents[1]}/"
_log = logging.getLogger(TRACE)


@dataclass(frozen=True)
class Trace:
    """What is known of whatever happens now; None where there is no such thing."""

    request: str | None = None
    job: str | None = None
    batch: int | None = None
    part: int | None = None


_IDS = frozenset(Trace.__annotations__)
_NOTHING = Trace()
_trace: ContextVar[Trace] = ContextVar("trace", default=_NOTHING)


def trace() -> Trace:
    """What is known now."""
    return _trace.get()


def ids() -> dict[str, str]:
    """The same as text by name, without what is unknown."""
    return {name: str(value) for name, value in asdict(trace()).items() if value is not None}


@contextmanager
def tracing(**known: str | int | None) -> Iterator[None]:
    """Everything logged in the block is about this, too: fields of `Trace`."""
    token = _trace.set(replace(_trace.get(), **known))
    try:
        yield
    finally:
        _trace.reset(token)


def add(**known: str | int | None) -> None:
    """The same, for the rest of the block of `tracing` that this is called in."""
    _trace.set(replace(_trace.get(), **known))


def request_id(given: object = None) -> str:
    """The given id of a request where it is well-formed, else a new one."""
    if isinstance(given, str) and _REQUEST.fullmatch(given):
        return given
    return secrets.token_hex(8)


def tell(message: str, *, exc_info: tuple | None = None, **fields: str | int | None) -> None:
    """Log that something happened; `fields` by their names in `FIELDS` and `Trace`, None for unknown."""
    _log.log(
        logging.ERROR if exc_info else logging.INFO,
        message,
        exc_info=exc_info,
        extra={"told": fields},
        stacklevel=2,
    )


class JsonLines(logging.Formatter):
    """One JSON object a line, of listed fields only.

    What other code than ours puts into a message, and what an exception says, may be a value of a row or a
    secret. So of foreign messages only the pattern is kept, without what was put into it, and of exceptions
    their types and where they were raised.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            "process": record.process,
            **asdict(trace()),
            **{name: value for name, value in getattr(record, "told", {}).items() if value is not None},
            **_exception(record),
        }
        return json.dumps({name: value for name, value in told.items() if _is_listed(name, value)})


def _is_listed(name: str, value: object) -> bool:
    return isinstance(value, FIELDS.get(name, ())) or (name in _IDS and isinstance(value, int | str))


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] != "uploads":
        # Without arguments, they may stand in it already.
        return str(record.msg) if record.args else ""
    if not isinstance(record.args, tuple):
        return record.getMessage()
    args = (type(arg).__name__ if isinstance(arg, BaseException) else arg for arg in record.args)
    return str(record.msg) % tuple(args) if record.args else str(record.msg)


def _exception(record: logging.LogRecord) -> dict[str, list[str]]:
    if not record.exc_info or record.exc_info[1] is None:
        return {"place": [_place(record.pathname, record.lineno, record.funcName)]}
    types, error = [], record.exc_info[1]
    while error is not None and len(types) < _MOST_FRAMES:
        types.append(f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."))
        error = error.__cause__ or error.__context__
    frames = traceback.extract_tb(record.exc_info[2])[-_MOST_FRAMES:]
    return {
        "exception": types,
        "place": [_place(frame.filename, frame.lineno, frame.name) for frame in frames],
    }


def _place(path: str, line: int | None, function: str | None) -> str:
    return f"{path.removeprefix(_HOUSE).rpartition('site-packages/')[2]}:{line} {function}"
