"""The forms people fill in."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads import access, workflow
from uploads.filter_fields import QuickInput, QuickSelect
from uploads.models import Decision, Destination, Part, User
from uploads.models.states import DECISIONS

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


class FilesInput(forms.FileInput):
    """A button for one file or several."""

    allow_multiple_selected = True

    def value_from_datadict(self, data, files, name):
        """All files that were chosen."""
        return files.getlist(name)


class FilesField(forms.FileField):
    """Files, each judged as `FileField` judges one; cleaned, a list of them."""

    widget = FilesInput

    def clean(self, data, initial=None):
        """The files; raises ValidationError for none, and for one that is none."""
        return [super(FilesField, self).clean(file, initial) for file in data or [None]]


class NewBatchForm(forms.Form):
    """A destination and files, each of which becomes a batch."""

    destination = forms.ModelChoiceField(
        queryset=Destination.objects.none(), label=_("Destination"), empty_label=None
    )
    file = FilesField(
        label=_("CSV or Excel files"),
        help_text=_(
            "One row a visitor. The first row names the columns; one of them holds the visitor's id."
        ),
        allow_empty_file=True,
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["destination"].queryset = access.destinations_to_upload_to(user)
        self.fields["file"].widget.attrs["class"] = "form-control"
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.tsv,.gz,.zip,.xlsx,text/csv,text/plain"


class UploadForm(forms.Form):
    """What a browser announces before it sends slices."""

    destination = forms.ModelChoiceField(queryset=Destination.objects.none())
    filename = forms.CharField(max_length=500)
    size = forms.IntegerField(min_value=0)

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["destination"].queryset = access.destinations_to_upload_to(user)


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


class ProblemFilterForm(forms.Form):
    """Narrows a batch's problems to one cause, one column, or a text."""

    code = forms.ChoiceField(label=_("Problem"), required=False, widget=QuickSelect)
    column = forms.ChoiceField(label=_("Column"), required=False, widget=QuickSelect)
    text = forms.CharField(label=_("Search value or line"), required=False, max_length=200, widget=QuickInput)

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


class ArrivalForm(forms.Form):
    """How many profiles of a batch to look up."""

    profiles = forms.IntegerField(min_value=1, max_value=workflow.MOST_PROFILES)
