"""The forms by which a batch is sent, or approved by a second person first."""

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads.models import Verdict

_KEPT = _("It is kept with the batch and in the audit log, so name no visitor and no value.")


class SendForm(forms.Form):
    """That exactly what was shown is to be sent."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)


class AskForm(SendForm):
    """Why exactly what was shown should be approved."""

    because = forms.CharField(
        label=_("What is it, and why is it to be sent?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_KEPT,
    )


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
