"""What is logged, and how; and to whom errors are reported, if to anybody."""

from importlib import import_module

from django.core.exceptions import ImproperlyConfigured

from uploads.tracing import TRACE, JsonLines, ids

from .environment import env_text

FORMATTERS = {
    "text": {
        "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        "datefmt": "%Y-%m-%dT%H:%M:%S%z",
    },
    "json": {"()": JsonLines},
}
#: What is kept of an event for Sentry, and of each frame of its exceptions.
KEPT = ("event_id", "timestamp", "level", "platform", "environment", "release")
KEPT_OF_FRAME = ("filename", "function", "module", "lineno", "in_app")


def logging_settings() -> dict:
    """Django's LOGGING, as LOG_FORMAT and LOG_LEVEL say; ImproperlyConfigured where the format is unknown."""
    chosen = env_text(
        "LOG_FORMAT",
        "text",
        "How lines are written: `text` for people, or `json` ([observability.md](observability.md)).",
        own=True,
    )
    level = env_text(
        "LOG_LEVEL",
        "INFO",
        "From which level on lines are written: `DEBUG`, `INFO`, `WARNING` or `ERROR`.",
        own=True,
    )
    if chosen not in FORMATTERS:
        raise ImproperlyConfigured(f"LOG_FORMAT is one of {', '.join(FORMATTERS)}, not {chosen!r}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": FORMATTERS,
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": chosen}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # RQ logs a job's description at INFO; ours carry ids only, but one line a poll is noise.
            "rq.worker": {"level": "WARNING"},
            # A line for each request, job, call and change of state: for machines.
            TRACE: {"level": "INFO" if chosen == "json" else "CRITICAL"},
        },
    }


def report_errors() -> None:
    """Report exceptions to Sentry where SENTRY_DSN says so; ImproperlyConfigured without its package."""
    dsn = env_text(
        "SENTRY_DSN",
        "",
        "Where Sentry takes reports of errors, which hold types and places alone "
        "([observability.md](observability.md)). Needs the package `sentry-sdk`.",
        form="address",
        secret=True,
    )
    if not dsn:
        return
    try:
        sentry = import_module("sentry_sdk")
    except ImportError:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, but the package sentry-sdk is not installed. Install it, or leave "
            "SENTRY_DSN out."
        ) from None
    sentry.init(
        dsn=dsn,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        before_send=without_values,
    )


def without_values(event: dict, _hint: dict) -> dict | None:
    """Of an event for Sentry: which exceptions, where, and the ids of what it was about.

    None for what is no exception: a message may hold anything, as may what an exception says.
    """
    errors = event.get("exception", {}).get("values", [])
    if not errors:
        return None
    told = {name: event[name] for name in KEPT if name in event}
    return {**told, "exception": {"values": [_type_and_place(error) for error in errors]}, "tags": ids()}


def _type_and_place(error: dict) -> dict:
    frames = (error.get("stacktrace") or {}).get("frames", [])
    kept = [{name: frame[name] for name in KEPT_OF_FRAME if name in frame} for frame in frames]
    return {"type": error.get("type"), "module": error.get("module"), "stacktrace": {"frames": kept}}
