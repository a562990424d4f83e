"""The forms people fill in."""

from dataclasses import replace

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads import access, batchfile
from uploads.models import BatchState, Destination, User

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
BLANK_WORDS = ("NULL", "Null", "null", "N/A", "n/a", "#N/A", "None", "none", "NONE", "undefined")
DUPLICATES = [
    ("first", _("send the first one")),
    ("last", _("send the last one")),
    ("reject", _("send none of them")),
]


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
    known = tuple(name for name in own.dont_send if name in detection.header and name != own.key_column)
    return replace(own, **dialect_of(seen), format=seen.format, container=seen.container, dont_send=known)


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


class ReadingForm(forms.Form):
    """Which column holds the id and of which kind it is (F2), and how rows are treated."""

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
        once = [(name, name) for name in header if name and header.count(name) == 1]
        self.fields["key_column"].choices = self.fields["dont_send"].choices = once

    @property
    def has_more_chosen(self) -> bool:
        """Whether one of the further choices differs from the usual: then they are shown at once."""
        usual = {"trim": False, "blanks": False, "duplicates": "first", "dont_send": []}
        return any(self[name].value() not in (value, None) for name, value in usual.items())

    def clean(self) -> dict:
        """The key column cannot be left out."""
        cleaned = super().clean()
        if cleaned.get("key_column") in cleaned.get("dont_send", ()):
            self.add_error("dont_send", _("The column with the id is always sent: do not leave it out."))
        return cleaned

    def reading(self) -> batchfile.Reading:
        """The reading that the person confirmed; only of a valid form."""
        chosen = self.cleaned_data
        return replace(
            self._reading,
            key_column=chosen["key_column"],
            key=chosen["key"],
            trim=chosen["trim"],
            blanks=tuple(sorted({*BLANK_WORDS, *self._reading.blanks})) if chosen["blanks"] else (),
            duplicates=chosen["duplicates"] or "first",
            dont_send=tuple(chosen["dont_send"]),
        )


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

    def __init__(self, *args, visible, **kwargs):
        super().__init__(*args, **kwargs)
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
        exact = {
            "state": wanted["state"],
            "destination": wanted["destination"],
            "owner": wanted["person"],
        }
        return batches.filter(**{name: value for name, value in exact.items() if value})


class ProblemFilterForm(forms.Form):
    """Narrows a batch's problems to one cause, or to a text."""

    code = forms.ChoiceField(label=_("Problem"), required=False)
    text = forms.CharField(label=_("Search value or line"), required=False, max_length=200)

    def __init__(self, *args, codes: list[tuple[str, str]], may_search: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [("", _("All problems")), *codes]
        if not may_search:
            del self.fields["text"]


class AuditFilterForm(forms.Form):
    """The audit log's filters; all optional."""

    person = forms.CharField(label=_("Person"), required=False, max_length=150)
    action = forms.ChoiceField(label=_("Action"), required=False)
    batch = forms.IntegerField(label=_("Batch number"), required=False, min_value=1)

    def __init__(self, *args, actions: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["action"].choices = [("", _("Any action")), *actions]

    def narrow(self, events):
        """The events that fit."""
        if not self.is_valid():
            return events.none()
        wanted = self.cleaned_data
        if wanted["person"]:
            events = events.filter(actor_name__icontains=wanted["person"])
        if wanted["action"]:
            events = events.filter(action=wanted["action"])
        if wanted["batch"]:
            events = events.filter(batch_id=wanted["batch"])
        return events
