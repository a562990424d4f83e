"""The catalogue of faults by name: what `manage.py sandbox --scenario`, the control page and tests offer.

A scenario is asked for as NAME[/CALL][@CLIENT][:COUNT]: `http-503`, `http-503/status`, `stuck@acme:3`,
`partial-loss:always`. What is not given is as the catalogue has it.
"""

import re
from dataclasses import dataclass

SPECIFICATION = re.compile(
    r"(?P<name>[a-z0-9-]+)(/(?P<call>[a-z]+))?(@(?P<client>[A-Za-z0-9-]+))?(:(?P<count>[0-9]{1,9}|always))?"
)
ALWAYS = "always"
LONG = 600  # seconds: longer than the client waits without progress


class UnknownScenario(ValueError):
    """No scenario is asked for by this; the text says what is known."""


@dataclass(frozen=True)
class Scenario:
    """What happens, in a sentence, and the faults that make it happen."""

    happens: str
    faults: tuple[dict, ...]


def _one(happens: str, **fault) -> Scenario:
    return Scenario(happens, (fault,))


SCENARIOS: dict[str, Scenario] = {
    # The connection
    "slow": _one("The answer takes five seconds.", kind="hang", seconds=5),
    "timeout-before-body": _one(
        "The body is never read and no answer comes.", kind="hang", at_byte=0, seconds=LONG
    ),
    "timeout-in-body": _one(
        "Reading stops after 1,000 bytes and no answer comes.", kind="hang", at_byte=1000, seconds=LONG
    ),
    "timeout-untaken": _one(
        "The body is read, nothing is queued, and no answer comes.",
        kind="hang",
        seconds=LONG,
        before_body=True,
    ),
    "timeout-after-body": _one("The batch is queued, and no answer comes.", kind="hang", seconds=LONG),
    "reset-before-body": _one("The connection is reset before the body is read.", kind="reset", at_byte=0),
    "reset-in-body": _one("The connection is reset after 1,000 bytes.", kind="reset", at_byte=1000),
    "reset-untaken": _one(
        "The body is read, nothing is queued, and the connection ends.", kind="reset", before_body=True
    ),
    "reset-after-body": _one("The batch is queued, and the connection ends.", kind="reset"),
    # HTTP
    "http-400": _one("HTTP 400.", kind="http", status=400),
    "http-401": _one("HTTP 401: the token is missing or wrong (T3).", kind="http", status=401),
    "http-403": _one("HTTP 403: the token may not do this (T3).", kind="http", status=403),
    "http-404": _one("HTTP 404.", kind="http", status=404),
    "http-413": _one("HTTP 413: the file is too large for something in between.", kind="http", status=413),
    "http-429": _one("HTTP 429 without Retry-After (T11).", kind="http", status=429),
    "http-429-retry-after": _one(
        "HTTP 429 with Retry-After of 5 seconds.", kind="http", status=429, retry_after=5
    ),
    "http-500": _one("HTTP 500; nothing is queued.", kind="http", status=500),
    "http-500-taken": _one(
        "HTTP 500, although the batch is queued.", kind="http", status=500, before_body=False
    ),
    "http-502": _one("HTTP 502; nothing is queued.", kind="http", status=502),
    "http-503": _one("HTTP 503 without Retry-After (T11).", kind="http", status=503),
    "http-503-retry-after": _one(
        "HTTP 503 with Retry-After of 5 seconds (T11).", kind="http", status=503, retry_after=5
    ),
    "http-504": _one("HTTP 504; nothing is queued.", kind="http", status=504),
    "http-504-taken": _one(
        "HTTP 504, although the batch is queued.", kind="http", status=504, before_body=False
    ),
    "redirect-301": _one("HTTP 301 to another host.", kind="redirect", status=301),
    "redirect-302": _one("HTTP 302 to another host.", kind="redirect", status=302),
    "redirect-307": _one("HTTP 307 to another host.", kind="redirect", status=307),
    # Target's words
    "success-false": _one("success=false with a message, and HTTP 200 (T5).", kind="refuse"),
    "xml-malformed": _one("The batch is queued; the answer is no XML.", kind="garbage", form="malformed"),
    "xml-truncated": _one("The batch is queued; the answer breaks off.", kind="garbage", form="truncated"),
    "xml-huge": _one("The batch is queued; the answer is huge.", kind="garbage", form="huge"),
    "xml-dtd": _one("The batch is queued; the answer carries a document type.", kind="garbage", form="dtd"),
    "status-url-foreign": _one(
        "The batch is queued; its status URL is on a foreign host (T6).", kind="foreign-status-url"
    ),
    "status-url-private": _one(
        "The batch is queued; its status URL is on a private address (T6).",
        kind="foreign-status-url",
        location="http://169.254.169.254",
    ),
    "status-url-missing": _one("The batch is queued, without a status URL.", kind="no-status-url"),
    # What becomes of a batch
    "never-complete": _one("The batch stays incomplete (T8).", kind="never-complete"),
    "stuck": _one("The batch gets stuck (T8).", kind="stuck"),
    "forgotten-later": _one(
        "Two polls go well, then its status is 404 (T10).",
        kind="http",
        on="status",
        status=404,
        after=2,
        times=None,
    ),
    "failed-rows": _one("One row in 100 fails and is listed (T9).", kind="failed-rows", every=100),
    "failed-rows-old": Scenario(
        "One row in 100 fails; the status lists every row, as older servers did (T9).",
        ({"kind": "failed-rows", "every": 100}, {"kind": "old-form"}),
    ),
    "partial-loss": _one(
        "One row in 1,000 is not applied and missing from the updates (T12).",
        kind="partial-loss",
        admitted=True,
    ),
    "partial-loss-silent": _one(
        "One row in 1,000 is not applied, and the counts say that all is well (T12).", kind="partial-loss"
    ),
    # How the account is
    "mbox-override": _one(
        "A second batch for a visitor who did not come by in between loses the first one's values (F12).",
        kind="mbox-override",
        times=None,
    ),
    "call-limit": _one(
        "Ten calls a minute, HTTP 503 above them (T11).", kind="call-limit", on="any", limit=10, times=None
    ),
}


def faults_of(specification: str) -> list[dict]:
    """The faults, as JSON objects, that NAME[/CALL][@CLIENT][:COUNT] asks for; raises UnknownScenario."""
    asked = SPECIFICATION.fullmatch(specification.strip())
    if not asked or asked["name"] not in SCENARIOS:
        raise UnknownScenario(
            f"{specification[:80]!r} is no scenario. Ask for NAME[/CALL][@CLIENT][:COUNT], with a NAME of: "
            f"{', '.join(SCENARIOS)}."
        )
    given = {}
    if asked["call"]:
        given["on"] = asked["call"]
    if asked["client"]:
        given["client"] = asked["client"]
    if asked["count"]:
        given["times"] = None if asked["count"] == ALWAYS else int(asked["count"])
    return [{**fault, **given} for fault in SCENARIOS[asked["name"]].faults]
