"""Columns in words: what is worth knowing about each, its figures, and what one click can change."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import batchfile, explanations, workflow
from uploads.models import Batch

from .words import number

#: A file may have thousands of columns; a page that lists them all helps nobody.
MOST_COLUMNS = 200


@dataclass(frozen=True)
class NoticeLine:
    """What is worth knowing about one column; `choice` names the click that would change it, if any.

    example: where it can be seen, for those who may see rows.
    """

    title: str
    sentence: str
    choice: str = ""
    choice_label: str = ""
    example: str = ""


@dataclass(frozen=True)
class ColumnLine:
    """The figures of one column as a page shows them: `ColumnFigures`, of checks from before some without."""

    name: str
    sent_as: str | None
    filled: int
    empty: int
    longest: int
    encoded_bytes: int
    distinct: int
    distinct_is_capped: bool
    samples: list[str]
    clear: str | None = None
    cleared: int = 0

    @property
    def gets_value(self) -> int:
        """In how many rows the column has something to send."""
        return self.filled + self.cleared

    @property
    def left_as_it_is(self) -> int:
        """In how many rows what Target has stays as it is (F7)."""
        return self.empty - self.cleared

    @property
    def sent_for_blanks(self) -> str:
        """What is sent instead of blanks, and how often, in a sentence; "" where nothing is."""
        if not self.cleared:
            return ""
        text = ngettext(
            "%(count)s blank is sent as “%(text)s”.",
            "%(count)s blanks are sent as “%(text)s”.",
            self.cleared,
        )
        return text % {"count": number(self.cleared), "text": self.clear}

    @property
    def share(self) -> int:
        """How much of it is filled, in hundredths; anything at all can be seen, and so can any gap."""
        cells = self.filled + self.empty
        if not self.filled or not self.empty:
            return 100 if self.filled else 0
        return min(98, max(2, round(100 * self.filled / cells)))


def notice_lines(batch: Batch, *, with_examples: bool) -> list[NoticeLine]:
    """The notices of a checked batch, each with its sentence.

    Spaces around ids, and pcIds where they may not belong, stand among them. Examples quote rows.
    """
    examples = workflow.examples_of(batch) if batch.notices and with_examples else {}
    lines = [
        _notice(batchfile.Notice(**notice), examples.get((notice["code"], notice["column"])))
        for notice in batch.notices
    ]
    first = next((line for line in lines if line.choice), None)
    # One click is for all columns: one button is enough.
    lines = [line if line is first else replace(line, choice="") for line in lines]
    if "id-surrounding-spaces" in batch.problems_by_code:
        code = "id-surrounding-spaces"
        lines.append(
            NoticeLine(
                str(explanations.title(code)),
                str(explanations.advice(code)),
                "trim",
                _("Take the spaces away"),
            )
        )
    if batch.accepted and batch.reading["key"] == "pcId" and batch.destination.api_version == "v2":  # F11
        lines.append(
            NoticeLine(
                _("pcIds, sent by API version v2"),
                _(
                    "Where your Target account uses Experience Cloud IDs for anonymous visitors, pcIds must "
                    "not be sent by v2, as this destination does. Use a destination with v1, or a file with "
                    "thirdPartyIds."
                ),
            )
        )
    return lines


def column_lines(batch: Batch, *, with_samples: bool) -> list[ColumnLine]:
    """The figures of the first MOST_COLUMNS columns; samples quote rows: for those who may see these."""
    known = ColumnLine.__dataclass_fields__
    return [
        ColumnLine(
            **{name: value for name, value in column.items() if name in known}
            | ({} if with_samples else {"samples": []})
        )
        for column in workflow.figures_of(batch)[:MOST_COLUMNS]
    ]


def adjustment(batch: Batch, choice: str) -> dict:
    """The change of the reading that a click named `choice` asks for; empty where there is no such click."""
    if choice == "trim":
        return {"trim": True}
    if choice == "blank":
        words = {word for notice in batch.notices for word in notice["params"].get("words", ())}
        known = batchfile.Reading.from_json(batch.reading).blanks
        return {"blanks": tuple(sorted(words.union(known)))} if words else {}
    return {}


def _notice(notice: batchfile.Notice, example: dict | None) -> NoticeLine:
    is_null_words = notice.code == "null-words"
    return NoticeLine(
        str(explanations.title(notice.code)),
        explanations.explain_notice(notice),
        "blank" if is_null_words else "",
        _("Treat all of them as blank") if is_null_words else "",
        _("For example line %(line)s, id %(id)s: %(value)s") % example if example else "",
    )
