"""The sandbox's page for people: what it is, and the batches it received. No personal data."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from html import escape

from .responses import Response
from .store import Batch

SHOWN = 100
STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 3rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886; }
.n { text-align: end; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
COLUMNS = ("Received (UTC)", "Client", "State", "Rows", "Updated", "Not found", "Failed")
EMPTY = "<p>No batch has arrived yet. Send one to a destination of the kind <em>Sandbox</em>.</p>"


def front_page(batches: list[Batch], state_of: Callable[[Batch], str]) -> Response:
    """The page at `/`, with the latest batches, newest first."""
    rows = "".join(_row(batch, state_of(batch)) for batch in batches[:SHOWN])
    heads = "".join(f'<th scope="col"{_class(i)}>{name}</th>' for i, name in enumerate(COLUMNS))
    table = f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Target sandbox</title><style>{STYLE}</style></head><body>"
        "<h1>Target sandbox</h1>"
        "<p>This is an emulator of Adobe Target's Bulk Profile Update API, for training, demonstrations and "
        "tests. Nothing that arrives here leaves this machine.</p>"
        f"<h2>Batches received: {len(batches)}</h2>{table if batches else EMPTY}</body></html>"
    )
    policy = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
    return Response(
        html.encode(), content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy}
    )


def _row(batch: Batch, state: str) -> str:
    received = datetime.fromtimestamp(batch.received_at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    counts = (batch.rows, batch.updated, batch.not_found, batch.failed)
    cells = (received, escape(batch.client), escape(state), *(f"{count:,}" for count in counts))
    return "<tr>" + "".join(f"<td{_class(i)}>{cell}</td>" for i, cell in enumerate(cells)) + "</tr>"


def _class(column: int) -> str:
    return ' class="n"' if column > 2 else ""
