"""The form by which somebody chooses what becomes of values that Target would lose (F12)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads.models import Overlap


class OverlapForm(forms.Form):
    """What becomes of exactly what was shown. consequences: of each choice that there is."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    choice = forms.ChoiceField(
        label=_("What becomes of these values?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of these values.")},
    )
    reason = forms.CharField(
        label=_("Why is it sent anyway?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It is kept with the batch and in the audit log, so name no visitor and no value."),
    )

    def __init__(self, *args, choices: list[tuple[str, str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = [(value, label) for value, label, _consequence in choices]
        self._consequences = [consequence for _value, _label, consequence in choices]

    @property
    def options(self) -> list[tuple]:
        """Each radio button with the consequence of its choice."""
        return list(zip(self["choice"], self._consequences, strict=True))

    def clean(self) -> dict:
        """Whoever sends it anyway says why."""
        cleaned = super().clean()
        if cleaned.get("choice") == Overlap.Choice.SEND_ANYWAY and not cleaned.get("reason"):
            self.add_error("reason", _("Say why it is sent although Target may lose values."))
        return cleaned
