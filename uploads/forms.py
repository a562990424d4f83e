"""The forms people fill in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uploads import access, batchfile, explanations
from uploads.models import BatchState, Decision, Destination, Part, User
from uploads.models.states import DECISIONS

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

DECISION_LABELS = {
    Decision.ARRIVED: _("It arrived"),
    Decision.SEND_AGAIN: _("It did not arrive: send it again"),
    Decision.LEAVE_OUT: _("It did not arrive: leave it out"),
    Decision.CLOSE: _("Nobody can tell: close it as unknown"),
    Decision.ACKNOWLEDGE: _("I have taken note of it"),
}
CONSEQUENCES = {  # T14
    Decision.ARRIVED: _(
        "The rows count as accepted by Target. What became of each of them is never known, because Target "
        "gave no address to ask at. Nothing is sent again."
    ),
    Decision.SEND_AGAIN: _(
        "The same rows go out once more, now, as a new part. Should the first one have arrived after all, "
        "Target sets the same values a second time, over whatever the visitors' values have become since. "
        "Neither can be taken back."
    ),
    Decision.LEAVE_OUT: _(
        "The rows count as not sent. Nothing is sent again; to send them later, upload them again."
    ),
    Decision.CLOSE: _("The rows count as unknown for good. Nothing is sent again."),
    Decision.ACKNOWLEDGE: _(
        "The part stays what it is, and no longer keeps the batch from going on or ending. "
        "Nothing is sent again."
    ),
}


class NewBatchForm(forms.Form):
    """A destination and a CSV file."""

    destination = forms.ModelChoiceField(
        queryset=Destination.objects.none(), label=_("Destination"), empty_label=None
    )
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "One row a visitor. The first row names the columns; one of them holds the visitor's id."
        ),
        allow_empty_file=True,
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["destination"].queryset = access.destinations_to_upload_to(user)
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.tsv,.gz,.zip,.xlsx,text/csv,text/plain"


class UploadForm(forms.Form):
    """What a browser announces before it sends slices."""

    destination = forms.ModelChoiceField(queryset=Destination.objects.none())
    filename = forms.CharField(max_length=500)
    size = forms.IntegerField(min_value=0)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["destination"].queryset = access.destinations_to_upload_to(user)


def dialect_of(reading: batchfile.Reading) -> dict[str, str | None]:
    """What of a reading turns bytes into rows."""
    return {"encoding": reading.encoding, "delimiter": reading.delimiter, "sheet": reading.sheet}


def merged_reading(own: batchfile.Reading | None, detection: batchfile.Detection) -> batchfile.Reading:
    """The dialect as detected or chosen now, with what a person has said before about rows and columns."""
    seen = detection.reading
    if own is None:
        return seen
    if own.key_column not in detection.header:
        own = replace(own, key=seen.key, key_column=seen.key_column)
    others = [name for name in detection.header if name != own.key_column]
    return replace(
        own,
        **dialect_of(seen),
        format=seen.format,
        container=seen.container,
        dont_send=tuple(name for name in own.dont_send if name in others),
        mapping={name: sent_as for name, sent_as in own.mapping.items() if name in others},
    )


class DialectForm(forms.Form):
    """How the bytes become rows; what does not apply to the kind of file is not asked."""

    encoding = forms.ChoiceField(label=_("Characters"), choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=_("Columns are separated by"), choices=DELIMITERS)
    sheet = forms.ChoiceField(label=_("Sheet"))

    def __init__(self, *args, proposal: batchfile.Reading, sheets: list[str], **kwargs):
        super().__init__(*args, initial=dialect_of(proposal), **kwargs)
        self.fields["sheet"].choices = [(name, name) for name in sheets]
        unasked = {"encoding", "delimiter"} if proposal.container == "xlsx" else {"sheet"}
        if proposal.format == "batch":
            unasked.add("delimiter")
        for name in unasked:
            del self.fields[name]


@dataclass(frozen=True)
class ColumnChoice:
    """What a person may say of one column: whether to leave it out, and under which other name to send it.

    sent_as: None for columns far behind, which only the file itself can rename.
    """

    name: str
    leave_out: BoundWidget
    sent_as: BoundField | None


class ReadingForm(forms.Form):
    """Which column holds the id and of which kind it is (F2), and how rows and columns are treated."""

    key_column = forms.ChoiceField(label=_("Column with the id"))
    key = forms.ChoiceField(label=_("What kind of id is it?"), choices=KEYS, widget=forms.RadioSelect)
    trim = forms.BooleanField(
        label=_("Take spaces around ids and values away"),
        required=False,
        help_text=_("Target compares exactly: an id with a space is another id."),
    )
    blanks = forms.BooleanField(
        label=_("Treat NULL, N/A, #N/A, None and undefined as blank"),
        required=False,
        help_text=_("Blank cells change nothing in Target. Otherwise these words are sent as text."),
    )
    duplicates = forms.ChoiceField(
        label=_("If an id stands in several good rows"), choices=DUPLICATES, required=False
    )
    dont_send = forms.MultipleChoiceField(
        label=_("Columns to leave out"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, header: list[str], reading: batchfile.Reading, **kwargs):
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
        self._header = header
        times = Counter(header)
        once = [name for name in header if name and times[name] == 1]
        named = [(name, name) for name in once]
        self.fields["key_column"].choices = self.fields["dont_send"].choices = named
        self._sent_as = {name: f"sent_as_{place}" for place, name in enumerate(once[:MOST_RENAMED])}
        for name, field in self._sent_as.items():
            self.fields[field] = forms.CharField(
                label=gettext("Send %(column)s as") % {"column": name},
                required=False,
                initial=reading.mapping.get(name, ""),
                widget=forms.TextInput(attrs={"placeholder": name, "class": "form-control"}),
            )

    @property
    def columns(self) -> Iterator[ColumnChoice]:
        """The choices about each column whose name is clear, in the file's order."""
        for leave_out in self["dont_send"]:
            name = leave_out.choice_label
            sent_as = self._sent_as.get(name)
            yield ColumnChoice(name, leave_out, sent_as and self[sent_as])

    @property
    def has_more_chosen(self) -> bool:
        """Whether one of the further choices differs from the usual: then they are shown at once."""
        usual = {"trim": False, "blanks": False, "duplicates": "first", "dont_send": []}
        usual |= dict.fromkeys(self._sent_as.values(), "")
        return any(self[name].value() not in (value, None) for name, value in usual.items())

    def clean(self) -> dict:
        """The key column cannot be left out or renamed, and other names must be ones that can be sent."""
        cleaned = super().clean()
        key_column = cleaned.get("key_column")
        if key_column in cleaned.get("dont_send", ()):
            self.add_error("dont_send", _("The column with the id is always sent: do not leave it out."))
        if key_column in self._renamed():
            self.add_error(
                self._sent_as[key_column],
                _("The column with the id is sent under the name of its kind of id: leave this empty."),
            )
        if not self.errors:
            self._judge_names()
        return cleaned

    def reading(self) -> batchfile.Reading:
        """The reading that the person confirmed; only of a valid form."""
        chosen = self.cleaned_data
        unasked = {name: to for name, to in self._reading.mapping.items() if name not in self._sent_as}
        return replace(
            self._reading,
            key_column=chosen["key_column"],
            key=chosen["key"],
            trim=chosen["trim"],
            blanks=tuple(sorted({*BLANK_WORDS, *self._reading.blanks})) if chosen["blanks"] else (),
            duplicates=chosen["duplicates"] or "first",
            dont_send=tuple(chosen["dont_send"]),
            mapping=unasked | self._renamed(),
        )

    def _renamed(self) -> dict[str, str]:
        """The columns that are to be sent under another name, with that name."""
        entered = {name: self.cleaned_data.get(field) for name, field in self._sent_as.items()}
        return {name: to for name, to in entered.items() if to and to != name}

    def _judge_names(self) -> None:
        """Say beside each new name why it cannot be sent (F4); the file's own are judged by the check."""
        renamed = self._renamed()
        for problem in batchfile.problems_of_names(self._header, self.reading()):
            places = (problem.position, problem.params.get("first_position", problem.position))
            name = next((name for name in (self._header[at - 1] for at in places) if name in renamed), None)
            if name is not None:
                self.add_error(self._sent_as[name], explanations.what_is_wrong(problem))


class DecisionForm(forms.Form):
    """What a person decides about a part, and why. Each choice says what follows from it."""

    decision = forms.ChoiceField(label=_("What do you decide?"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "What you saw or were told. It is kept with the part and in the audit log, "
            "so name no visitor and no value."
        ),
    )

    def __init__(self, *args, part: Part, may_send_again: bool, **kwargs):
        super().__init__(*args, **kwargs)
        allowed = [
            decision
            for decision in DECISIONS[part.status]
            if may_send_again or decision != Decision.SEND_AGAIN
        ]
        self.fields["decision"].choices = [
            (decision.value, DECISION_LABELS[decision]) for decision in allowed
        ]
        if len(allowed) == 1:
            self.fields["decision"].initial = allowed[0].value

    def choices(self) -> list[tuple]:
        """Each choice's radio button with the consequence to stand beside it."""
        return [(radio, CONSEQUENCES[radio.data["value"]]) for radio in self["decision"]]

    def clean_decision(self) -> Decision:
        """The decision with its words."""
        return Decision(self.cleaned_data["decision"])


class BatchFilterForm(forms.Form):
    """The history's filters; all optional."""

    q = forms.CharField(label=_("File name or number"), required=False, max_length=200)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Any state")), *BatchState.choices]
    )
    destination = forms.ModelChoiceField(
        label=_("Destination"),
        required=False,
        queryset=Destination.objects.none(),
        empty_label=_("Any destination"),
    )
    person = forms.ModelChoiceField(
        label=_("Person"), required=False, queryset=User.objects.none(), empty_label=_("Anybody")
    )
    waits = forms.ChoiceField(
        label=_("Waits for"), required=False, choices=[("", _("Anything")), ("me", _("My decision"))]
    )

    def __init__(self, *args, visible, waiting, **kwargs):
        super().__init__(*args, **kwargs)
        self._waiting = waiting
        if waiting is None:
            del self.fields["waits"]
        self.fields["destination"].queryset = Destination.objects.filter(
            pk__in=visible.order_by().values("destination")
        )
        self.fields["person"].queryset = User.objects.filter(pk__in=visible.order_by().values("owner"))

    def narrow(self, batches):
        """The batches that fit; a filter with a value that makes no sense fits nothing."""
        if not self.is_valid():
            return batches.none()
        wanted = self.cleaned_data
        if wanted["q"].strip():
            batches = batches.matching(wanted["q"].strip())
        if wanted.get("waits"):
            batches = batches.filter(pk__in=self._waiting.order_by().values("pk"))
        exact = {
            "state": wanted["state"],
            "destination": wanted["destination"],
            "owner": wanted["person"],
        }
        return batches.filter(**{name: value for name, value in exact.items() if value})


class ProblemFilterForm(forms.Form):
    """Narrows a batch's problems to one cause, one column, or a text."""

    code = forms.ChoiceField(label=_("Problem"), required=False)
    column = forms.ChoiceField(label=_("Column"), required=False)
    text = forms.CharField(label=_("Search value or line"), required=False, max_length=200)

    def __init__(
        self, *args, codes: list[tuple[str, str]], columns: Sequence[str], may_search: bool, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [("", _("All problems")), *codes]
        self.fields["column"].choices = [("", _("All columns")), *((name, name) for name in columns)]
        if not may_search:
            del self.fields["text"]
        if not may_search or not columns:
            del self.fields["column"]
