"""The forms about the audit log."""

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads import audit
from uploads.models import Destination, User

#: What actions happen to: the first word of each.
NOUNS = {
    "account": _("account"),
    "attribute": _("attribute"),
    "batch": _("batch"),
    "call": _("call"),
    "destination": _("destination"),
    "invitation": _("invitation"),
    "log": _("audit log"),
    "membership": _("membership"),
    "part": _("part"),
    "person": _("person"),
    "site": _("site"),
    "visitor": _("visitor"),
}


class MinuteInput(forms.DateTimeInput):
    """The browser's own field for a day and a time, to the minute."""

    input_type = "datetime-local"

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M")


class AuditFilterForm(forms.Form):
    """The audit log's filters; all optional, and all fast: each narrows along an index."""

    person = forms.TypedChoiceField(label=_("Who"), required=False, coerce=int, empty_value=None)
    about = forms.ModelChoiceField(
        label=_("About whom"), required=False, queryset=User.objects.none(), empty_label=_("Anybody")
    )
    action = forms.ChoiceField(label=_("Action"), required=False)
    destination = forms.ModelChoiceField(
        label=_("Destination"),
        required=False,
        queryset=Destination.objects.none(),
        empty_label=_("Any destination"),
    )
    batch = forms.IntegerField(label=_("Batch number"), required=False, min_value=1, max_value=2**63 - 1)
    since = forms.DateTimeField(label=_("From"), required=False, widget=MinuteInput)
    until = forms.DateTimeField(label=_("Until"), required=False, widget=MinuteInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.order_by("username")
        named = [(person.pk, person.get_username()) for person in people]
        self.fields["person"].choices = [("", _("Anybody")), (0, _("Bulkprofile itself")), *named]
        self.fields["about"].queryset = people
        self.fields["about"].label_from_instance = User.get_username
        self.fields["action"].choices = [("", _("Any action")), *_actions_by_noun()]
        self.fields["destination"].queryset = Destination.objects.all()

    def narrow(self, events):
        """The events that fit; none where a filter makes no sense."""
        if not self.is_valid():
            return events.none()
        wanted = self.cleaned_data
        exact = {
            "actor_id": wanted["person"],
            "action": wanted["action"] or None,
            "destination_id": wanted["destination"] and wanted["destination"].pk,
            "batch_id": wanted["batch"],
            "person_id": wanted["about"] and wanted["about"].pk,
        }
        events = events.filter(**{name: value for name, value in exact.items() if value is not None})
        return events.between(wanted["since"], wanted["until"])

    def told(self) -> dict[str, str]:
        """The filters that are set, for people; only of a valid form."""
        wanted = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        if "person" in wanted:
            wanted["person"] = dict(self.fields["person"].choices)[wanted["person"]]
        return {name: str(value) for name, value in wanted.items()}


def _actions_by_noun() -> list[tuple[str, list[tuple[str, str]]]]:
    """The actions under what they happen to, each by its sentence without what differs."""
    found: dict[str, list[tuple[str, str]]] = {}
    for action in sorted(audit.ACTIONS):
        noun = NOUNS[action.partition(".")[0]]
        found.setdefault(str(noun), []).append((action, audit.outline_of(action)))
    return list(found.items())


class KeptHeadForm(forms.Form):
    """A copy of the audit log's end, as it was downloaded."""

    copy = forms.FileField(label=_("Copy of the end of the log"))

    def clean_copy(self) -> audit.Link:
        """The place of the chain that the copy is of."""
        try:
            return audit.Link.from_copy(self.cleaned_data["copy"].read(10_000))
        except ValueError:
            raise forms.ValidationError(
                _("This is no copy of the end of the log. Choose the file that was downloaded here.")
            ) from None
