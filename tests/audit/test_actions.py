"""Every action that the code records has its sentence, and every sentence an action that is recorded."""

import ast
import re
from pathlib import Path

import pytest

import uploads
from uploads import audit
from uploads.models import AuditEvent, BatchState, Call, PartState
from uploads.pages.events import sentence

ROOT = Path(uploads.__file__).parent
NOUNS = "|".join(sorted({action.split(".")[0] for action in audit.ACTIONS}))
LITERAL = re.compile(rf"({NOUNS})\.[a-z]+(-[a-z]+)*")
BEGINNING = re.compile(rf"({NOUNS})\.")
#: What an f-string may put behind the noun.
COMPUTED = {
    "batch": BatchState.values,
    "part": PartState.values,
    "call": Call.Kind.values,
    "destination": ["added", "changed"],
}


def strings() -> list[ast.AST]:
    """Every string in the product's code but those of the list of actions itself."""
    files = [path for path in ROOT.rglob("*.py") if path.parent.name not in ("audit", "migrations")]
    trees = [ast.walk(ast.parse(path.read_text())) for path in files]
    return [node for tree in trees for node in tree if isinstance(node, ast.Constant | ast.JoinedStr)]


def literals() -> set[str]:
    found = {node.value for node in strings() if isinstance(node, ast.Constant)}
    return {text for text in found if isinstance(text, str) and LITERAL.fullmatch(text)}


def computed() -> set[str]:
    """What the f-strings that begin with a noun can come to."""
    begun = {node.values[0].value for node in strings() if isinstance(node, ast.JoinedStr) and node.values
             and isinstance(node.values[0], ast.Constant) and len(node.values) == 2}  # fmt: skip
    nouns = [text.rstrip(".") for text in begun if BEGINNING.fullmatch(text)]
    return {f"{noun}.{value}" for noun in nouns for value in COMPUTED[noun]}


def test_every_action_in_the_code_has_a_sentence():
    assert literals() <= set(audit.ACTIONS)


def test_every_sentence_is_of_an_action_in_the_code():
    assert set(audit.ACTIONS) <= literals() | computed()


@pytest.mark.parametrize("action", audit.ACTIONS)
def test_a_sentence_is_one_also_where_nothing_is_known(action):
    said = sentence(AuditEvent(action=action))
    assert said[0].isupper()
    assert not set(said) & set("{}[]")


SAID = {
    ("batch.received", "file=people.csv bytes=12345"): "mia uploaded batch 1234 for Production: people.csv, "
    "12,345 bytes.",
    ("batch.received", ""): "mia uploaded batch 1234 for Production.",
    (
        "part.refused",
        "part=2 reason=file-changed",
    ): "Part 2 of batch 1234 was refused. Its file changed "
    "after the check. Nothing was sent; upload the file again.",
    ("part.cancelled", "part=3"): "Part 3 of batch 1234 was cancelled by mia and not sent.",
    ("call.submit", "part=1 outcome=accepted http_status=200"): "Part 1 of batch 1234 was posted to Target: "
    "Target accepted it (HTTP 200).",
    (
        "call.submit",
        "part=1 outcome=connection",
    ): "Part 1 of batch 1234 was posted to Target: Target could not be reached.",
    ("membership.added", "role=reviewer"): "mia gave noa the role Reviewer at Production.",
    ("log.exported", "format=CSV"): "mia exported the audit log as CSV.",
    ("a.later-action", ""): "mia: a.later-action",
}


@pytest.mark.parametrize(("said", "expected"), SAID.items(), ids=[" ".join(said) for said in SAID])
def test_events_are_told_in_sentences(said, expected):
    action, facts = said
    pairs = (pair.split("=") for pair in facts.split())
    event = AuditEvent(
        action=action,
        actor_name="mia",
        batch_id=1234,
        destination_name="Production",
        person_name="noa",
        facts={name: int(value) if value.isdigit() else value for name, value in pairs},
    )
    assert sentence(event) == expected


def test_changes_are_told_with_what_was_and_what_is():
    changes = {"name": ["Stage", "Production"], "active": [True, False], "client_code": [None, "acme"]}
    event = AuditEvent(
        action="destination.changed", destination_name="Production", facts={"changes": changes}
    )
    assert sentence(event) == (
        "Bulkprofile changed the destination Production: name from “Stage” to “Production”; "
        "active from yes to no; client code “acme”."
    )
