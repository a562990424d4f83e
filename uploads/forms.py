"""The forms people fill in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads import access
from uploads.models import BatchState, Destination, User

KEYS = [
    ("thirdPartyId", _("thirdPartyId: your own customer id, which your pages send as mbox3rdPartyId")),
    ("pcId", _("pcId: the visitor id that Target made (TNT id)")),
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
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.tsv,text/csv,text/plain"


class UploadForm(forms.Form):
    """What a browser announces before it sends slices."""

    destination = forms.ModelChoiceField(queryset=Destination.objects.none())
    filename = forms.CharField(max_length=500)
    size = forms.IntegerField(min_value=0)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["destination"].queryset = access.destinations_to_upload_to(user)


class ReadingForm(forms.Form):
    """Which column holds the id, and of which kind it is (F2)."""

    key_column = forms.ChoiceField(label=_("Column"))
    key = forms.ChoiceField(label=_("What kind of id is it?"), choices=KEYS, widget=forms.RadioSelect)

    def __init__(self, *args, header: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        once = [name for name in header if name and header.count(name) == 1]
        self.fields["key_column"].choices = [(name, name) for name in once]


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
