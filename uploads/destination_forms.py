"""The admin's forms about destinations."""

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads import workflow
from uploads.models import Destination


class DestinationForm(forms.ModelForm):
    """Where batches go. Where it leads is fixed once it is used."""

    class Meta:
        model = Destination
        fields = workflow.DESTINATION_FIELDS
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            for name in ("business_start", "business_end")
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.is_used:
            for name in workflow.FIXED_ONCE_USED:
                self.fields[name].disabled = True
                self.fields[name].help_text = _(
                    "Fixed, because batches were sent here. Add another destination for another account."
                )


class TokenForm(forms.Form):
    """A bearer token, which can be written and never read (T3)."""

    token = forms.CharField(
        label=_("New token"),
        strip=True,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("It is stored encrypted and never shown again. Calls that waited for it go on at once."),
    )
