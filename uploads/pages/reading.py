"""How a file is read: its first rows as they are understood, and what an earlier file had to do with it."""

from dataclasses import dataclass
from itertools import zip_longest

from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access, batchfile, explanations
from uploads.models import Batch, User

from .columns import MOST_COLUMNS


@dataclass(frozen=True)
class SampleColumn:
    """A column of the first rows: its name in the file, and the one it is sent under, "" where it is not."""

    name: str
    sent_as: str
    is_key: bool

    @property
    def mark(self) -> str:
        """How the column is marked: chosen (for the id), left-out, or not at all."""
        return "chosen" if self.is_key else "" if self.sent_as else "left-out"


@dataclass(frozen=True)
class SampleCell:
    """A value as it is understood.

    taken_as_blank: the word in its place that counts as none. is_clear_value: whether it is sent because
    there is none. mark: its column's; a surplus value has none.
    """

    text: str
    taken_as_blank: str
    is_clear_value: bool
    mark: str


@dataclass(frozen=True)
class ReadingSample:
    """The first rows as a reading has them.

    faults: what is wrong with names, in sentences. more_columns: how many columns stand further behind.
    """

    columns: list[SampleColumn]
    rows: list[list[SampleCell]]
    faults: list[str]
    more_columns: int


@dataclass(frozen=True)
class Remembered:
    """That a batch is read as an earlier file was: by whose word, and what was said.

    batch: the earlier one, None for people who may not see it.
    """

    sentence: str
    choices: list[str]
    batch: Batch | None


def reading_sample(detection: batchfile.Detection, reading: batchfile.Reading) -> ReadingSample:
    """The first rows of a file as the reading has them."""
    columns = [_column(name, reading) for name in detection.header[:MOST_COLUMNS]]
    treated = batchfile.Treatment(reading)
    marks = [column.mark for column in columns]
    clear_values = {
        index: reading.clear[column.name]
        for index, column in enumerate(columns)
        if column.name in reading.clear and column.sent_as and not column.is_key
    }
    rows = []
    for row in detection.rows:
        cells = [*row, *[""] * (len(columns) - len(row))][:MOST_COLUMNS]
        own = treated.of(list(cells))
        sent = batchfile.with_clear_values(own, clear_values) if any(treated.of(row)) else own
        stages = zip_longest(cells, own, sent, marks[: len(cells)], fillvalue="")
        rows.append(
            [SampleCell(now, "" if kept else was, now != kept, mark) for was, kept, now, mark in stages]
        )
    faults = []
    if reading.key_column is not None:
        problems = batchfile.problems_of_names(detection.header, reading)
        faults = [str(explanations.what_is_wrong(problem)) for problem in problems[:MOST_COLUMNS]]
    return ReadingSample(columns, rows, faults, max(0, len(detection.header) - MOST_COLUMNS))


def remembered(user: User, batch: Batch) -> Remembered | None:
    """By which earlier file the batch is read; None where its own header or a person said how."""
    saved = batch.read_as
    if saved is None:
        return None
    earlier = access.batches_for(user).filter(pk=saved.batch_id).first()
    words = {
        "person": str(saved.saved_by),
        "file": earlier.filename if earlier else "",
        "date": formats.date_format(localtime(saved.saved_at), "DATE_FORMAT"),
    }
    if saved.saved_by == user and earlier:
        sentence = _("Read as you read “%(file)s” on %(date)s.")
    elif saved.saved_by == user:
        sentence = _("Read as you read a file with the same columns on %(date)s.")
    elif earlier:
        sentence = _("Read as %(person)s read “%(file)s” on %(date)s.")
    else:
        sentence = _("Read as %(person)s read a file with the same columns on %(date)s.")
    return Remembered(sentence % words, _choices(batchfile.Reading.from_json(batch.reading)), earlier)


def _column(name: str, reading: batchfile.Reading) -> SampleColumn:
    if name == reading.key_column:
        return SampleColumn(name, reading.key or "", is_key=True)
    sent_as = "" if name in reading.dont_send else reading.mapping.get(name, name)
    return SampleColumn(name, sent_as, is_key=False)


def _choices(reading: batchfile.Reading) -> list[str]:
    """What a person has said in a reading, each in a sentence."""
    said = []
    if reading.key_column:
        words = {"column": reading.key_column, "key": reading.key}
        said.append(_("The column %(column)s holds the id and is sent as %(key)s.") % words)
    if renamed := len(reading.mapping):
        text = ngettext("%(count)s column is renamed.", "%(count)s columns are renamed.", renamed)
        said.append(text % {"count": renamed})
    if left_out := len(reading.dont_send):
        text = ngettext("%(count)s column is not sent.", "%(count)s columns are not sent.", left_out)
        said.append(text % {"count": left_out})
    if cleared := len(reading.clear):
        text = ngettext(
            "In %(count)s column a value is sent instead of blanks.",
            "In %(count)s columns a value is sent instead of blanks.",
            cleared,
        )
        said.append(text % {"count": cleared})
    if reading.trim:
        said.append(_("Spaces around ids and values are taken away."))
    if reading.blanks:
        said.append(_("Words like NULL are taken as blank."))
    if reading.duplicates == "last":
        said.append(_("Of several rows with one id, the last is sent."))
    if reading.duplicates == "reject":
        said.append(_("Of several rows with one id, none is sent."))
    return said
