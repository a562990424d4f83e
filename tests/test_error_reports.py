"""Reports of errors to Sentry: only where somebody wants them, and nothing but types, places and ids."""

import json
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from bulkprofile.observing import report_errors, without_values
from uploads.tracing import tracing

SECRET = "what-only-a-row-may-say"
DSN = "https://key@sentry.example/1"
#: As sentry_sdk makes it of an exception in a request, with a value wherever there is room for one.
EVENT = {
    "event_id": "a" * 32,
    "level": "error",
    "transaction": SECRET,
    "request": {"url": f"https://site.example/{SECRET}", "data": SECRET, "headers": {"Cookie": SECRET}},
    "user": {"id": SECRET},
    "extra": {"rq-job": {"args": SECRET}},
    "breadcrumbs": {"values": [{"message": SECRET}]},
    "contexts": {"trace": {"data": SECRET}},
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "module": "builtins",
                "value": SECRET,
                "stacktrace": {
                    "frames": [
                        {
                            "filename": "uploads/jobs.py",
                            "function": "check_batch",
                            "lineno": 8,
                            "vars": {"row": SECRET},
                            "context_line": SECRET,
                        }
                    ]
                },
            },
            {"type": "KeyError", "value": SECRET, "stacktrace": None},
        ]
    },
}


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package that stands where sentry_sdk would; returns what it was begun with."""
    (tmp_path / "sentry_sdk.py").write_text("begun = []\ndef init(**options):\n    begun.append(options)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sentry_sdk", raising=False)

    def begun() -> list[dict]:
        return sys.modules["sentry_sdk"].begun if "sentry_sdk" in sys.modules else []

    yield begun
    sys.modules.pop("sentry_sdk", None)


def test_nothing_is_reported_unless_somebody_says_where_to(installed, monkeypatch):
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    report_errors()
    assert installed() == []


def test_it_is_begun_without_people_bodies_and_variables(installed, monkeypatch):
    monkeypatch.setenv("SENTRY_DSN", DSN)
    report_errors()

    (options,) = installed()
    assert options["dsn"] == DSN
    assert options["before_send"] is without_values
    assert options["max_request_body_size"] == "never"
    assert not options["send_default_pii"] and not options["include_local_variables"]


def test_without_the_package_it_says_what_to_do(monkeypatch):
    monkeypatch.setenv("SENTRY_DSN", DSN)
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(ImproperlyConfigured, match="sentry-sdk is not installed"):
        report_errors()


def test_of_an_event_only_types_places_and_ids_leave():
    with tracing(job="check-4", batch=4):
        sent = without_values(EVENT, {})

    first, second = sent["exception"]["values"]
    assert SECRET not in json.dumps(sent)
    assert first["stacktrace"]["frames"] == [
        {"filename": "uploads/jobs.py", "function": "check_batch", "lineno": 8}
    ]
    assert second["type"] == "KeyError"
    assert sent["tags"] == {"job": "check-4", "batch": "4"}


def test_a_message_without_an_exception_stays_here():
    assert without_values({"logentry": {"message": SECRET}}, {}) is None
