"""The log in JSON, and the ids that lead through it."""

import json
import logging
import sys
from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from bulkprofile.observing import logging_settings
from uploads.tracing import FIELDS, JsonLines, Trace, request_id, tell, tracing

SECRET = "what-only-a-row-may-say"


def line_of(name: str, message: str, *args, **more) -> dict:
    """What the JSON log says of a record."""
    told = more.pop("extra", {})
    record = logging.getLogger(name).makeRecord(name, logging.ERROR, __file__, 1, message, args, **more)
    record.__dict__.update(told)
    text = JsonLines().format(record)
    assert "\n" not in text and SECRET not in text
    return json.loads(text)


def error_of(cause: Exception) -> tuple:
    """The exc_info of an exception that another one led to."""
    try:
        try:
            raise cause
        except Exception as error:
            raise RuntimeError(f"{SECRET} again") from error
    except RuntimeError:
        return sys.exc_info()


BROKEN = error_of(ValueError(SECRET))


@pytest.mark.parametrize(
    ("name", "message", "args", "more", "said"),
    [
        ("uploads.queue", "Batch %s waits: %s", (7, "busy"), {}, "Batch 7 waits: busy"),
        ("uploads.queue", "It broke: %s", (ValueError(SECRET),), {}, "It broke: ValueError"),
        ("rq.worker", "Job %s broke: %s", (SECRET, SECRET), {}, "Job %s broke: %s"),
        ("waitress", f"Cannot serve /{SECRET}", (), {}, ""),
        ("uploads.queue", "Broke.", (), {"exc_info": BROKEN}, "Broke."),
        ("uploads.queue", "Extra.", (), {"extra": {"arguments": SECRET, "told": {"row": SECRET}}}, "Extra."),
        ("uploads.queue", "Odd.", (), {"extra": {"told": {"status": SECRET, "place": 5}}}, "Odd."),
    ],
    ids=["ours", "an exception in ours", "foreign", "foreign, put together", "exception", "extra", "odd"],
)
def test_no_line_holds_what_is_not_listed(name, message, args, more, said):
    more.setdefault("exc_info", None)
    line = line_of(name, message, *args, **more)

    assert line["message"] == said
    assert set(line) <= {*FIELDS, *Trace.__annotations__}


def test_of_an_exception_types_and_places_are_told():
    line = line_of("uploads.queue", "Broke.", exc_info=BROKEN)

    assert line["exception"] == ["RuntimeError", "ValueError"]
    assert [place.partition(":")[0] for place in line["place"]] == ["tests/test_tracing.py"]
    assert line["place"][0].endswith(" error_of")


def test_what_is_known_stands_on_each_line_until_its_end():
    with tracing(request="12345678", batch=4), tracing(part=9):
        inside = line_of("uploads.queue", "In.", exc_info=None)
    outside = line_of("uploads.queue", "Out.", exc_info=None)

    assert {name: inside.get(name) for name in Trace.__annotations__} == {
        "request": "12345678",
        "job": None,
        "batch": 4,
        "part": 9,
    }
    assert not outside.keys() & Trace.__annotations__.keys()


def test_what_is_told_keeps_to_the_fields(caplog):
    with caplog.at_level(logging.INFO, "uploads.trace"):
        tell("call", call=3, outcome="busy", status=None)

    line = json.loads(JsonLines().format(caplog.records[0]))
    assert (line["call"], line["outcome"]) == (3, "busy")
    assert "status" not in line


PROXY, VISITOR = "10.0.0.1", "198.51.100.9"


@pytest.mark.parametrize(
    ("peer", "given", "is_taken"),
    [
        (PROXY, "0192f3a4-77aa-7bbb", True),
        (f"::ffff:{PROXY}", "0192f3a4-77aa-7bbb", True),
        (VISITOR, "0192f3a4-77aa-7bbb", False),
        ("", "0192f3a4-77aa-7bbb", False),
        (PROXY, "short", False),
        (PROXY, "x" * 65, False),
        (PROXY, 'quoted"and spaced', False),
        (PROXY, "12345678\n", False),
    ],
    ids=[
        "our proxy",
        "written as IPv6",
        "a visitor",
        "a socket file",
        "short",
        "long",
        "signs",
        "a line end",
    ],
)
def test_only_our_proxies_say_a_requests_id_and_only_a_well_formed_one(
    client, settings, peer, given, is_taken
):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]

    answer = client.get("/nowhere/", REMOTE_ADDR=peer, headers={"X-Request-ID": given})

    own = answer.headers["X-Request-ID"]
    assert (own == given) == is_taken
    assert request_id(own) == own


@pytest.mark.django_db
def test_a_request_is_told_by_its_route_without_what_stands_in_it(client, caplog):
    with caplog.at_level(logging.INFO, "uploads.trace"):
        client.get(reverse("invitation", args=[SECRET]))

    (line,) = [json.loads(JsonLines().format(record)) for record in caplog.records if "told" in vars(record)]
    assert (line["method"], line["route"], line["status"]) == ("GET", "invitation/<str:token>/", 410)
    assert SECRET not in json.dumps(line)


def test_a_format_that_is_none_is_a_mistake(monkeypatch):
    monkeypatch.setenv("LOG_FORMAT", "yaml")
    with pytest.raises(ImproperlyConfigured, match="text, json"):
        logging_settings()
