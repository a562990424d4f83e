"""Draws docs/states.md from uploads/models/states.py: `python -m tests.support.state_docs` (`make docs`)."""

import os
from pathlib import Path

import django

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
INTRODUCTION = """# States

Drawn from `uploads/models/states.py`, the one place that says what may follow what;
`workflow.transitions.move` refuses anything else. Do not edit this page: `make docs` writes it anew, and
a test compares it with the code.
"""
ABOUT_PARTS = """One part is one call to Target. *A person may* lists what a reviewer can say about a part
that Target's answers do not tell enough of; as long as nobody has, its batch needs attention. *Marked as
arrived* goes through *accepted* to *status unknown* at once.
"""


def page() -> str:
    """The whole page, as it should stand in docs/."""
    from uploads.models import states

    decisions = {state: [str(one.label) for one in allowed] for state, allowed in states.DECISIONS.items()}
    batch = _section(states.BatchState, states.BATCH_TRANSITIONS, states.FINAL_BATCH_STATES, {})
    part = _section(states.PartState, states.PART_TRANSITIONS, states.FINAL_PART_STATES, decisions)
    return "\n".join(
        [
            INTRODUCTION,
            "## A batch\n",
            "Once a batch is released, its state follows from its parts (`workflow.settle`).\n",
            batch,
            "## A part\n",
            ABOUT_PARTS,
            part,
        ]
    )


def _section(states, transitions: dict, final: frozenset, decisions: dict) -> str:
    return f"{_diagram(states, transitions, final)}\n{_table(states, transitions, final, decisions)}"


def _diagram(states, transitions: dict, final: frozenset) -> str:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state.label}" as {_name(state)}' for state in states]
    lines.append(f"    [*] --> {_name(next(iter(states)))}")
    lines += [
        f"    {_name(old)} --> {_name(new)}: {why}"
        for old, news in transitions.items()
        for new, why in news.items()
    ]
    lines += [f"    {_name(state)} --> [*]" for state in states if state in final]
    return "\n".join([*lines, "```", ""])


def _table(states, transitions: dict, final: frozenset, decisions: dict) -> str:
    heads = ["state", "on pages", "goes to", *(["a person may"] if decisions else [])]
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for state in states:
        ways = [f"`{new}` ({why})" for new, why in transitions.get(state, {}).items()]
        ways = [*(["the end"] if state in final else []), *ways]
        cells = [f"`{state}`", str(state.label), "<br>".join(ways)]
        if decisions:
            cells.append("<br>".join(decisions.get(state, [])))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, ""])


def _name(state) -> str:
    """A name that mermaid takes: it reads a hyphen as part of an arrow."""
    return state.value.replace("-", "_")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    PAGE.write_text(page(), encoding="utf-8")
