"""The forms in which a person says how a file is to be read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uploads import batchfile, explanations, workflow

KEYS = [
    ("thirdPartyId", _("thirdPartyId: your own customer id, which your pages send as mbox3rdPartyId")),
    ("pcId", _("pcId: the visitor id that Target made (TNT id)")),
]
ENCODINGS = [
    ("utf-8", _("UTF-8")),
    ("windows-1252", _("Windows-1252 (Excel in western Europe)")),
    ("iso-8859-1", _("ISO 8859-1 (Latin-1)")),
    ("utf-16-le", _("UTF-16 little-endian")),
    ("utf-16-be", _("UTF-16 big-endian")),
]
DELIMITERS = [(",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Vertical bar"))]
#: A browser sends every text field, and a form of thousands of them helps nobody.
MOST_RENAMED = 200
BLANK_WORDS = ("NULL", "Null", "null", "N/A", "n/a", "#N/A", "None", "none", "NONE", "undefined")
DUPLICATES = [
    ("first", _("send the first one")),
    ("last", _("send the last one")),
    ("reject", _("send none of them")),
]
#: Values that stand beside a column's name, to know it by.
_EXAMPLES = 2


class DialectForm(forms.Form):
    """How the bytes become rows; what does not apply to the kind of file is not asked."""

    encoding = forms.ChoiceField(label=_("Characters"), choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=_("Columns are separated by"), choices=DELIMITERS)
    sheet = forms.ChoiceField(label=_("Sheet"))

    def __init__(self, *args, proposal: batchfile.Reading, sheets: list[str], **kwargs):
        super().__init__(*args, initial=workflow.dialect_of(proposal), **kwargs)
        self.fields["sheet"].choices = [(name, name) for name in sheets]
        unasked = {"encoding", "delimiter"} if proposal.container == "xlsx" else {"sheet"}
        if proposal.format == "batch":
            unasked.add("delimiter")
        for name in unasked:
            del self.fields[name]


@dataclass(frozen=True)
class ColumnChoice:
    """What a person may say of one column: whether to leave it out, its other name, what to send for blanks.

    examples: the first values in it. proposal: a name that it may be meant to have.
    sent_as, clear: None for columns far behind, which only the file itself can rename.
    """

    name: str
    is_key: bool
    examples: list[str]
    proposal: batchfile.NameProposal | None
    leave_out: BoundWidget
    sent_as: BoundField | None
    clear: BoundField | None


class ReadingForm(forms.Form):
    """Which column holds the id and of which kind it is (F2), and how rows and columns are treated."""

    key_column = forms.ChoiceField(
        label=_("Column with the id"),
        error_messages={"required": _("Choose the column that holds the visitor's id.")},
    )
    key = forms.ChoiceField(label=_("What kind of id is it?"), choices=KEYS, widget=forms.RadioSelect)
    trim = forms.BooleanField(
        label=_("Take spaces around ids and values away"),
        required=False,
        help_text=_("Target compares exactly: an id with a space is another id."),
    )
    blanks = forms.BooleanField(
        label=_("Treat NULL, N/A, #N/A, None and undefined as blank"),
        required=False,
        help_text=_("Otherwise these words are sent as text."),
    )
    duplicates = forms.ChoiceField(
        label=_("If an id stands in several good rows"), choices=DUPLICATES, required=False
    )
    dont_send = forms.MultipleChoiceField(
        label=_("Columns to leave out"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args,
        detection: batchfile.Detection,
        reading: batchfile.Reading,
        used_names: Iterable[str] = (),
        **kwargs,
    ):
        """used_names: attribute names that were sent before, the last used first."""
        initial = {
            "key_column": reading.key_column,
            "key": reading.key or "thirdPartyId",
            "trim": reading.trim,
            "blanks": bool(reading.blanks),
            "duplicates": reading.duplicates,
            "dont_send": list(reading.dont_send),
        }
        super().__init__(*args, initial=initial, **kwargs)
        self._reading = reading
        self._detection = detection
        self._used_names = used_names
        header = detection.header
        times = Counter(header)
        once = [name for name in header if name and times[name] == 1]
        named = [(name, name) for name in once]
        self.fields["dont_send"].choices = named
        # A list without an open place would choose its first column, and nobody would have said so.
        unsaid = [] if reading.key_column else [("", gettext("Choose the column"))]
        self.fields["key_column"].choices = [*unsaid, *named]
        self._sent_as = {name: f"sent_as_{place}" for place, name in enumerate(once[:MOST_RENAMED])}
        for name, field in self._sent_as.items():
            self.fields[field] = forms.CharField(
                label=gettext("Send %(column)s as") % {"column": name},
                required=False,
                initial=reading.mapping.get(name, ""),
                widget=forms.TextInput(attrs={"placeholder": name, "class": "form-control"}),
            )
        self._clear = {name: f"clear_{place}" for place, name in enumerate(self._sent_as)}
        for name, field in self._clear.items():
            self.fields[field] = forms.CharField(
                label=gettext("Send instead of blanks in %(column)s") % {"column": name},
                required=False,
                max_length=batchfile.CLEAR_VALUE_LIMIT,
                initial=reading.clear.get(name, ""),
                widget=forms.TextInput(attrs={"class": "form-control"}),
            )

    @property
    def columns(self) -> Iterator[ColumnChoice]:
        """The choices about each column whose name is clear, in the file's order."""
        used = batchfile.UsedNames(self._used_names)
        chosen = self.chosen()
        places = {name: place for place, name in enumerate(self._detection.header)}
        for leave_out in self["dont_send"]:
            name = leave_out.choice_label
            field = self._sent_as.get(name)
            is_open = field and not self[field].value() and name not in (chosen.key_column, *chosen.dont_send)
            yield ColumnChoice(
                name,
                name == chosen.key_column,
                self._examples_in(places[name]),
                used.proposal_for(name) if is_open else None,
                leave_out,
                field and self[field],
                field and self[self._clear[name]],
            )

    @property
    def has_clear_values(self) -> bool:
        """Whether anything is entered that is sent instead of blanks: then that is shown at once."""
        return any(self[field].value() for field in self._clear.values())

    @property
    def has_more_chosen(self) -> bool:
        """Whether one of the further choices differs from the usual: then they are shown at once."""
        usual = {"trim": False, "blanks": False, "duplicates": "first"}
        return any(self[name].value() not in (value, None) for name, value in usual.items())

    def clean(self) -> dict:
        """The key column cannot be left out or renamed, and what is entered must be what can be sent."""
        cleaned = super().clean()
        key_column = cleaned.get("key_column")
        if key_column in cleaned.get("dont_send", ()):
            self.add_error("dont_send", _("The column with the id is always sent: do not leave it out."))
        if key_column in self._renamed():
            self.add_error(
                self._sent_as[key_column],
                _("The column with the id is sent under the name of its kind of id: leave this empty."),
            )
        self._judge_clear_values()
        if not self.errors:
            self._judge_names()
        return cleaned

    def reading(self) -> batchfile.Reading:
        """The reading that the person confirmed; only of a valid form."""
        chosen = self.cleaned_data
        return self._reading_of(chosen, self._renamed(), self._cleared())

    def chosen(self) -> batchfile.Reading:
        """The reading as chosen so far, valid or not: for showing what would become of the rows."""
        values = {name: self[name].value() for name in ("key_column", "key", "trim", "blanks", "duplicates")}
        names = [name for name, _label in self.fields["dont_send"].choices]
        if values["key_column"] not in names:
            values["key_column"] = None
        for name, allowed in (("key", KEYS), ("duplicates", DUPLICATES)):
            if values[name] not in dict(allowed):
                values[name] = None if name == "key" else "first"
        left_out = self["dont_send"].value() or ()
        values["dont_send"] = [name for name in left_out if name in names and name != values["key_column"]]
        entered = {name: (self[field].value() or "").strip() for name, field in self._sent_as.items()}
        renamed = {
            name: to for name, to in entered.items() if to not in ("", name) and name != values["key_column"]
        }
        cleared = {name: (self[field].value() or "").strip() for name, field in self._clear.items()}
        cleared = {name: text for name, text in cleared.items() if batchfile.is_clear_value(text)}
        return self._reading_of(values, renamed, cleared)

    def _reading_of(
        self, chosen: dict, renamed: dict[str, str], cleared: dict[str, str]
    ) -> batchfile.Reading:
        unasked = {name: to for name, to in self._reading.mapping.items() if name not in self._sent_as}
        cleared = self._unasked_clear_values() | cleared
        cleared.pop(chosen["key_column"], None)
        return replace(
            self._reading,
            key_column=chosen["key_column"],
            key=chosen["key"],
            trim=bool(chosen["trim"]),
            blanks=tuple(sorted({*BLANK_WORDS, *self._reading.blanks})) if chosen["blanks"] else (),
            duplicates=chosen["duplicates"] or "first",
            dont_send=tuple(chosen["dont_send"]),
            mapping=unasked | renamed,
            clear=cleared if batchfile.fit_into_a_row(cleared.values()) else {},
        )

    def _unasked_clear_values(self) -> dict[str, str]:
        return {name: text for name, text in self._reading.clear.items() if name not in self._clear}

    def _examples_in(self, place: int) -> list[str]:
        values = (row[place] for row in self._detection.rows if place < len(row) and row[place])
        return list(dict.fromkeys(values))[:_EXAMPLES]

    def _renamed(self) -> dict[str, str]:
        """The columns that are to be sent under another name, with that name."""
        entered = {name: self.cleaned_data.get(field) for name, field in self._sent_as.items()}
        return {name: to for name, to in entered.items() if to and to != name}

    def _cleared(self) -> dict[str, str]:
        """The columns with something to send instead of blanks, and that."""
        entered = {name: self.cleaned_data.get(field) for name, field in self._clear.items()}
        return {name: text for name, text in entered.items() if text}

    def _judge_clear_values(self) -> None:
        cleared = self._cleared()
        for name, text in cleared.items():
            if not batchfile.is_clear_value(text):
                self.add_error(
                    self._clear[name], _("Enter a text without commas, line breaks and control characters.")
                )
        if not batchfile.fit_into_a_row((self._unasked_clear_values() | cleared).values()):
            self.add_error(
                self._clear[next(reversed(cleared))],
                _("All these values together are more than Target takes for one visitor: shorten them."),
            )

    def _judge_names(self) -> None:
        """Say beside each new name why it cannot be sent (F4); the file's own are judged by the check."""
        renamed, header = self._renamed(), self._detection.header
        for problem in batchfile.problems_of_names(header, self.reading()):
            places = (problem.position, problem.params.get("first_position", problem.position))
            name = next((name for name in (header[at - 1] for at in places) if name in renamed), None)
            if name is not None:
                self.add_error(self._sent_as[name], explanations.what_is_wrong(problem))
