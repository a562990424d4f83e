"""What the sandbox answers with: Target's XML (T4, T5, T7, T9), its JSON (T13), and plain errors."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import responses as phrases
from xml.sax.saxutils import escape  # nosec B406 # writes XML, parses none

from .records import Batch

# XML 1.0 has no way to write these, not even as references.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ROWS_A_PIECE = 1000


@dataclass(frozen=True)
class Response:
    """A status, a body in pieces, its media type, and further headers."""

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, start_response: Callable) -> Iterable[bytes]:
        """Answer a WSGI call with it."""
        headers = {"Content-Type": self.content_type, "Cache-Control": "no-store", **self.headers}
        pieces = self.body
        if isinstance(pieces, bytes):
            headers["Content-Length"] = str(len(pieces))
            pieces = [pieces]

        start_response(f"{self.status} {phrases.get(self.status, 'Unnamed')}", list(headers.items()))
        return pieces


def text(sentence: str, status: int, **headers: str) -> Response:
    """A plain sentence."""
    return Response((sentence + "\n").encode(), status, headers=headers)


def as_json(value: object, status: int = 200) -> Response:
    """A JSON document."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Response(body, status, "application/json")


def accepted(status_url: str) -> Response:
    """Queued, not applied (T4)."""
    return _submission(True, status_url, "Batch submitted for processing")


def refused(message: str, status: int = 200) -> Response:
    """Refused, usually with HTTP 200 (T5)."""
    return _submission(False, "", message, status)


def batch_status(batch: Batch, state: str, listed: Iterable[tuple[str, str]] | None) -> Response:
    """A batch's status (T7); with its counts and rows (T9) where `listed` gives ids and their outcomes."""
    return Response(_status_pieces(batch, state, listed), content_type="application/xml; charset=utf-8")


def profile(client: str, identifier: str, modified_at: int, attributes: dict[str, list]) -> Response:
    """One profile (T13); times are milliseconds since 1970."""
    return as_json(
        {
            "client": client,
            "visitorId": identifier,
            "modifiedAt": _iso(modified_at),
            "profileAttributes": {
                name: {"value": value, "modifiedAt": _iso(moment)}
                for name, (value, moment) in attributes.items()
            },
        }
    )


def no_profile(client: str, key: str, identifier: str) -> Response:
    """Target's answer for an id that it does not know (T13)."""
    label = "third party id" if key == "thirdPartyId" else "mboxPC"
    return as_json(
        {"status": 404, "message": f"No profile found for client {client} with {label}={identifier}"}, 404
    )


def _submission(success: bool, status_url: str, message: str, status: int = 200) -> Response:
    xml = (
        f"<response><success>{str(success).lower()}</success>"
        f"<batchStatus>{escape(status_url)}</batchStatus>"
        f"<message>{_xml_text(message)}</message></response>"
    )
    return Response(xml.encode(), status, "application/xml; charset=utf-8")


def _status_pieces(batch: Batch, state: str, listed: Iterable[tuple[str, str]] | None) -> Iterator[bytes]:
    yield (
        f"<response><batchId>{_xml_text(batch.batch_id)}</batchId><status>{state}</status>"
        f"<batchSize>{batch.rows}</batchSize>"
    ).encode()
    if listed is not None:
        consumed = f"<consumedCount>{batch.consumed}</consumedCount>"
        yield (
            f"{'' if batch.treatment.lists_every_row else consumed}"  # T7: older servers omit it
            f"<successfulUpdates>{batch.updated}</successfulUpdates>"
            f"<profilesNotFound>{batch.not_found}</profilesNotFound>"
            f"<failedUpdates>{batch.failed}</failedUpdates>"
        ).encode()
        yield from _rows(listed)
    yield b"</response>"


def _rows(listed: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    piece = []
    for identifier, outcome in listed:
        piece.append(f"<profile><id>{_xml_text(identifier)}</id><status>{outcome}</status></profile>")
        if len(piece) == ROWS_A_PIECE:
            yield "".join(piece).encode()
            piece = []
    yield "".join(piece).encode()


def _xml_text(value: str) -> str:
    return escape(NOT_IN_XML.sub("\ufffd", value))


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
