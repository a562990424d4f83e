"""The forms by which a batch is sent, or approved by a second person first."""

from django import forms
from django.utils.timezone import get_current_timezone_name, localtime, now
from django.utils.translation import gettext_lazy as _

from uploads import workflow
from uploads.models import Canary, Verdict
from uploads.numerals import moment

#: So many go alone unless somebody says otherwise: a minute or two of reading back (T11).
FIRST_ROWS = 50
_KEPT = _("It is kept with the batch and in the audit log, so name no visitor and no value.")


class SiteTimeField(forms.DateTimeField):
    """A point in time in the site's own zone, to the minute; one that clocks skip or repeat is refused."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {
        "invalid": _("Enter a day and a time."),
        "ambiguous_timezone": _(
            "Clocks change then: this time is skipped, or comes twice. Choose one an hour earlier or later."
        ),
    }

    def to_python(self, value):
        """The time; raises ValidationError."""
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            raise forms.ValidationError(self.error_messages[error.code], code=error.code) from None

    def widget_attrs(self, widget) -> dict:
        """The earliest and the latest time, as far as a browser can help."""
        local = localtime()
        shown = {"min": local, "max": local + workflow.FURTHEST}
        return {name: format(at, "%Y-%m-%dT%H:%M") for name, at in shown.items()}


class FirstRowsForm(forms.Form):
    """Whether the first rows go alone, how many, and what becomes of the rest then."""

    first_alone = forms.BooleanField(
        label=_("Send the first rows alone first"),
        required=False,
        help_text=_("They are read back from Target before any other row leaves, up to 30 in a minute."),
    )
    first_then = forms.ChoiceField(
        label=_("And then?"),
        required=False,
        choices=[
            (Canary.Then.SEND_REST, _("Send the rest by itself once all of them carry the values sent")),
            (Canary.Then.WAIT, _("Wait until I, or a reviewer, say so")),
        ],
        widget=forms.RadioSelect,
        initial=Canary.Then.SEND_REST,
    )

    def __init__(self, *args, most_first: int = 0, **kwargs):
        """most_first: so many rows can go alone, 0 where none can."""
        super().__init__(*args, **kwargs)
        self.fields["first_rows"] = forms.IntegerField(
            label=_("How many rows?"),
            required=False,
            localize=False,
            min_value=1,
            max_value=most_first,
            initial=min(FIRST_ROWS, most_first),
        )
        if not most_first:
            for name in ("first_alone", "first_then", "first_rows"):
                del self.fields[name]

    def clean(self) -> dict:
        """`first`: what was chosen, None where all rows go together."""
        cleaned = super().clean()
        if not cleaned.get("first_alone"):
            for name in ("first_rows", "first_then"):
                self.errors.pop(name, None)
            cleaned["first"] = None
        elif cleaned.get("first_rows"):
            then = cleaned.get("first_then") or Canary.Then.SEND_REST
            cleaned["first"] = workflow.FirstRows(cleaned["first_rows"], Canary.Then(then))
        elif "first_rows" not in self.errors:
            self.add_error("first_rows", _("Say how many rows go alone."))
        return cleaned


class SendForm(FirstRowsForm):
    """That exactly what was shown is to be sent, and when."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    when = forms.ChoiceField(
        label=_("When?"),
        choices=[("now", _("Now")), ("later", _("At a chosen time"))],
        widget=forms.RadioSelect,
        initial="now",
        error_messages={"invalid_choice": _("It is too late for that. Choose again.")},
    )
    quiet_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, quiet: str = "", **kwargs):
        """quiet: how to offer to send it at `quiet_at`, as the page says; "" where that is not offered."""
        super().__init__(*args, **kwargs)
        self._offer(quiet, self.fields["when"].choices)
        self.fields["at"] = SiteTimeField(
            label=_("Day and time"),
            required=False,
            help_text=_(
                "In the time of this site (%(zone)s); it is now %(now)s. Within %(days)s days. "
                "Until then it can be stopped."
            )
            % {
                "zone": get_current_timezone_name(),
                "now": moment(now()),
                "days": workflow.FURTHEST.days,
            },
        )

    def _offer(self, quiet: str, choices) -> None:
        at_once, later = choices
        self.fields["when"].choices = [at_once, ("quiet", quiet), later] if quiet else [at_once, later]

    def clean(self) -> dict:
        """Without a time where it goes at once; otherwise the time must be one to come."""
        cleaned = super().clean()
        self.errors.pop("quiet_at", None)
        if cleaned.get("when") == "quiet":
            self.errors.pop("at", None)
            cleaned["at"] = cleaned.get("quiet_at")
            if not cleaned["at"] or not workflow.is_fit(cleaned["at"]):
                self.add_error("when", self.fields["when"].error_messages["invalid_choice"])
        elif cleaned.get("when") != "later":
            cleaned["at"] = None
            self.errors.pop("at", None)
        elif "at" in cleaned and not cleaned["at"]:
            self.add_error("at", _("Enter a day and a time."))
        elif "at" in cleaned and not workflow.is_fit(cleaned["at"]):
            self.add_error(
                "at",
                _("Choose a time to come, within %(days)s days.") % {"days": workflow.FURTHEST.days},
            )
        return cleaned


class AskForm(SendForm):
    """Why exactly what was shown should be approved, and when it is to go then."""

    field_order = ["because", "when", "at"]
    because = forms.CharField(
        label=_("What is it, and why is it to be sent?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_KEPT,
    )

    def _offer(self, quiet: str, choices) -> None:
        at_once = ("now", _("As soon as it is approved"))
        super()._offer(quiet, [at_once, ("later", _("Approved, and at a chosen time"))])


class VerdictForm(forms.Form):
    """What a reviewer says about exactly what they were shown."""

    verdict = forms.ChoiceField(
        choices=[(one.value, one.label) for one in Verdict if one != Verdict.VOID],
        error_messages={"required": _("Choose one of the buttons.")},
    )
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("What do you say to it?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to return or reject it: the uploader reads it."),
    )

    def clean_verdict(self) -> Verdict:
        """The verdict with its words."""
        return Verdict(self.cleaned_data["verdict"])

    def clean(self) -> dict:
        """Whoever declines says why."""
        cleaned = super().clean()
        if "comment" in cleaned and not cleaned["comment"] and cleaned.get("verdict") != Verdict.APPROVED:
            self.add_error("comment", _("Say why, so that the uploader knows what to change."))
        return cleaned
