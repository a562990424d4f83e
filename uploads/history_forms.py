"""The history's filters."""

from datetime import datetime, time, timedelta

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from uploads import access
from uploads.filter_fields import DayInput, QuickInput, QuickSelect
from uploads.models import BatchState, Destination, User
from uploads.models.batch import BatchQuerySet

_NAME = ("username", "first_name", "last_name")


class HistoryFilterForm(forms.Form):
    """Which batches the history lists; all optional. Knows only what the person may see."""

    q = forms.CharField(
        label=_("File name or number"),
        required=False,
        max_length=200,
        widget=QuickInput,
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Any state")), *BatchState.choices],
        widget=QuickSelect,
    )
    destination = forms.ModelChoiceField(
        label=_("Destination"),
        required=False,
        queryset=Destination.objects.none(),
        empty_label=_("Any destination"),
        widget=QuickSelect,
    )
    person = forms.ModelChoiceField(
        label=_("Person"),
        required=False,
        queryset=User.objects.none(),
        empty_label=_("Anybody"),
        widget=QuickSelect,
    )
    since = forms.DateField(label=_("Uploaded from"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Uploaded until"), required=False, widget=DayInput)
    waits = forms.ChoiceField(
        label=_("Waits for"),
        required=False,
        choices=[("", _("Anything")), ("me", _("My decision"))],
        widget=QuickSelect,
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.visible = access.batches_for(user)
        self._user = user
        if not access.is_reviewer(user):
            del self.fields["waits"]
        owns_batches = Exists(self.visible.order_by().filter(owner=OuterRef("pk")))
        choices = {
            "destination": access.destinations_for(user).only("name"),
            "person": User.objects.filter(owns_batches).only(*_NAME).order_by("username"),
        }
        for name, queryset in choices.items():
            self.fields[name].queryset = queryset
            # Asked for once, not at each look at the field.
            self.fields[name].widget.choices = list(iter(self.fields[name].choices))

    def found(self) -> BatchQuerySet:
        """The batches that fit, of those that the person may see; a filter that makes no sense fits none."""
        batches = self.visible
        if not self.is_valid():
            return batches.none()
        wanted = self.cleaned_data
        if wanted["q"].strip():
            batches = batches.matching(wanted["q"].strip())
        if wanted.get("waits"):
            batches = batches.filter(pk__in=access.batches_waiting_for(self._user).order_by().values("pk"))
        exact = {
            "state": wanted["state"],
            "destination": wanted["destination"],
            "owner": wanted["person"],
        }
        batches = batches.filter(**{name: value for name, value in exact.items() if value})
        day_after = wanted["until"] and wanted["until"] + timedelta(days=1)
        return batches.between(_start_of(wanted["since"]), _start_of(day_after))

    def told(self) -> dict[str, str]:
        """The filters that are set, for the audit log; only of a valid form. A text is not told."""
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        if "q" in wanted:
            # It may be anything, an id as well.
            wanted["q"] = "…"
        return {name: str(value) for name, value in wanted.items()}


def _start_of(day) -> datetime | None:
    return make_aware(datetime.combine(day, time.min)) if day else None
