"""What is logged, and how."""

from django.core.exceptions import ImproperlyConfigured

from uploads.tracing import TRACE, JsonLines

from .environment import env_text

FORMATTERS = {
    "text": {
        "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        "datefmt": "%Y-%m-%dT%H:%M:%S%z",
    },
    "json": {"()": JsonLines},
}


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
