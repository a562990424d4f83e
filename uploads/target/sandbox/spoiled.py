"""Documents that are no answer of Target's although they begin like one, for the fault `garbage`."""

from collections.abc import Iterator

from .responses import Response

ANSWERS = {
    "submit": b"<response><success>true</success><batchStatus/><message>Batch submitted</message></response>",
    "status": b"<response><batchId/><status>complete</status><batchSize>1</batchSize></response>",
    "profile": b'<response>{"profileAttributes": {}}</response>',
}
# An entity of an entity of an entity ...: a few bytes that are meant to become gigabytes.
DTD = (
    b'<!DOCTYPE response [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (b"bcdefghi"[n], b"&%c;" % b"abcdefgh"[n] * 10) for n in range(8))
    + b"]>"
)
PADDING = b"<!--" + b" " * 65_000 + b"-->"
# One byte more than a client needs to read of a status that lists every row, or of anything else.
HUGE = {"status": 128_000_001, "submit": 1_000_001, "profile": 1_000_001}


def spoiled(form: str, call: str) -> Response:
    """An answer to this call in this form: truncated, malformed, huge or dtd (see `faults`)."""
    answer = ANSWERS[call]
    if form == "huge":
        return _xml(_padded(answer, HUGE[call]))
    if form == "malformed":
        return _xml(answer.replace(b"</", b"<"))
    if form == "dtd":
        return _xml(b'<?xml version="1.0"?>' + DTD + answer.replace(b"</response>", b"<x>&i;</x></response>"))
    return _xml(answer[: len(answer) // 2])


def _xml(body: bytes | Iterator[bytes]) -> Response:
    return Response(body, content_type="application/xml; charset=utf-8")


def _padded(answer: bytes, size: int) -> Iterator[bytes]:
    """The answer in good order, and at least so long."""
    begin, end = answer[: len("<response>")], answer[len("<response>") :]
    yield begin
    for _ in range(size // len(PADDING) + 1):
        yield PADDING
    yield end
