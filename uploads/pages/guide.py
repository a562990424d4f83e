"""Every problem code with an example, for the help page that explains them all."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from uploads import batchfile, explanations
from uploads.batchfile import Notice, Problem

from .guide_examples import EXAMPLES
from .problems import SEVERITIES

#: What each severity is called, and the tone that it is shown in.
_LABELS = SEVERITIES | {"notice": _("Notice")}
_TONES = {"notice": "ready"}
LONGEST_LINE = 68
MOST_LINES = 5


@dataclass(frozen=True)
class GuideEntry:
    """One code: what it means, in an example, and what to do.

    before, after: lines of a small file with the problem and without it; empty where no few lines show it.
    """

    code: str
    title: str
    tone: str
    severity_label: str
    explanation: str
    before: str
    after: str


@dataclass(frozen=True)
class GuideGroup:
    """Codes that belong together: of the whole file, errors and warnings of rows, notices of columns."""

    name: str
    entries: list[GuideEntry]


def problem_guide() -> list[GuideGroup]:
    """All codes there are, in the engine's order."""
    groups: dict[str, list[GuideEntry]] = {"file": [], "error": [], "warning": [], "notice": []}
    for code, about in batchfile.CODES.items():
        groups["file" if about.scope == "file" else about.severity].append(_entry(code, about.severity))
    return [GuideGroup(name, entries) for name, entries in groups.items()]


def _entry(code: str, severity: str) -> GuideEntry:
    example = EXAMPLES[code]
    return GuideEntry(
        code=code,
        title=str(explanations.title(code)),
        tone=_TONES.get(severity, severity),
        severity_label=str(_LABELS[severity]),
        explanation=_explained(example.found),
        before=_lines(example.before),
        after=_lines(example.after),
    )


def _explained(found: Problem | Notice) -> str:
    if isinstance(found, Notice):
        return explanations.explain_notice(found)
    return explanations.explain(found)


def _lines(data: bytes) -> str:
    """The lines as they can be shown: invisible characters by their pictures, long lines cut."""
    text = data.decode("utf-8", "backslashreplace")
    lines = ["".join(map(_visible, line)) for line in text.split("\n")[:-1]]
    return "\n".join(map(_shortened, lines[-MOST_LINES:]))


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"


def _visible(character: str) -> str:
    return chr(0x2400 + ord(character)) if character < " " else character
