"""The sandbox's pages for people: what it received, and the faults it is asked for. No personal data."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from html import escape

from .faults import ANY_CALL, CALLS, Fault
from .records import Batch
from .responses import Response
from .scenarios import Scenario

SHOWN = 100
STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 3rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886; }
.n { text-align: end; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
form { display: flex; flex-wrap: wrap; gap: .8rem; align-items: end; margin-block: 1rem; }
label { display: grid; gap: .2rem; }
input, select, button { font: inherit; padding: .3rem .6rem; max-width: 100%; }
.problem { border-inline-start: .3rem solid #c33; padding-inline-start: .8rem; }
"""
STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
COLUMNS = ("Received (UTC)", "Client", "State", "Rows", "Updated", "Not found", "Failed")
EMPTY = "<p>No batch has arrived yet. Send one to a destination of the kind <em>Sandbox</em>.</p>"


def front_page(batches: list[Batch], state_of: Callable[[Batch], str]) -> Response:
    """The page at `/`, with the latest batches, newest first."""
    rows = "".join(_row(batch, state_of(batch)) for batch in batches[:SHOWN])
    heads = "".join(f'<th scope="col"{_class(i)}>{name}</th>' for i, name in enumerate(COLUMNS))
    table = f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    return _page(
        "Target sandbox",
        "<p>This is an emulator of Adobe Target's Bulk Profile Update API, for training, demonstrations and "
        "tests. Nothing that arrives here leaves this machine.</p>"
        '<p><a href="/sandbox/control">Make it misbehave, or play a visit</a></p>'
        f"<h2>Batches received: {len(batches)}</h2>{table if batches else EMPTY}",
    )


def control_page(
    catalogue: Mapping[str, Scenario], waiting: list[Fault], secret: str, problem: str, status: int
) -> Response:
    """The page at `/sandbox/control`; `secret` proves to the sandbox that a form stems from it."""
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    faults = "".join(f"<tr>{''.join(map(_cell, _fault_cells(fault)))}</tr>" for fault in waiting)
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Call", "Client", "Times", "Fault"))
    table = (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{faults}</tbody></table></div>'
        + _form("clear", secret, "", "Clear them all")
    )
    described = "".join(
        f"<tr>{_cell(name)}{_cell(scenario.happens)}</tr>" for name, scenario in catalogue.items()
    )
    return _page(
        "Control the sandbox",
        '<p><a href="/">Batches received</a></p>'
        f"{said}<h2>Faults that wait: {len(waiting)}</h2>"
        f"{table if waiting else '<p>None. The sandbox behaves well.</p>'}"
        f"<h2>Add a fault</h2>{_form('add', secret, _fault_fields(catalogue), 'Add it')}"
        "<h2>Play a visit</h2><p>The visitor comes to the site. What the last batch brought then stays "
        f"when the next one comes (F12).</p>{_form('visit', secret, VISIT_FIELDS, 'Play it')}"
        '<h2>What the faults are</h2><div class="scroll"><table><tbody>'
        + described
        + "</tbody></table></div>",
        status=status,
        form_action="'self'",
    )


VISIT_FIELDS = (
    '<label>Client code <input name="client" required></label>'
    '<label>thirdPartyId <input name="id" required autocomplete="off"></label>'
)


def _fault_fields(catalogue: Iterable[str]) -> str:
    names = "".join(f"<option>{escape(name)}</option>" for name in catalogue)
    calls = "".join(f"<option>{call}</option>" for call in (*CALLS, ANY_CALL))
    return (
        f'<label>Fault <select name="scenario">{names}</select></label>'
        f'<label>Call <select name="call"><option value="">usual</option>{calls}</select></label>'
        '<label>Client code <input name="client" placeholder="any"></label>'
        '<label>Times <input name="count" placeholder="usual" size="8" pattern="[0-9]+|always"'
        ' title="A number, or always"></label>'
    )


def _form(do: str, secret: str, fields: str, button: str) -> str:
    return (
        '<form method="post" action="/sandbox/control">'
        f'<input type="hidden" name="secret" value="{secret}"><input type="hidden" name="do" value="{do}">'
        f"{fields}<button>{button}</button></form>"
    )


def _fault_cells(fault: Fault) -> tuple[str, str, str, str]:
    shown = {"kind", "on", "client", "times"}
    details = ", ".join(f"{name} {value}" for name, value in fault.described().items() if name not in shown)
    times = "always" if fault.times is None else str(fault.times)
    return fault.on, fault.client or "any", times, fault.kind + (f": {details}" if details else "")


def _page(title: str, body: str, *, status: int = 200, form_action: str = "'none'") -> Response:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {form_action}"
    )
    return Response(
        html.encode(), status, "text/html; charset=utf-8", headers={"Content-Security-Policy": policy}
    )


def _row(batch: Batch, state: str) -> str:
    received = datetime.fromtimestamp(batch.received_at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    counts = (batch.rows, batch.updated, batch.not_found, batch.failed)
    cells = (received, escape(batch.client), escape(state), *(f"{count:,}" for count in counts))
    return "<tr>" + "".join(f"<td{_class(i)}>{cell}</td>" for i, cell in enumerate(cells)) + "</tr>"


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _class(column: int) -> str:
    return ' class="n"' if column > 2 else ""
