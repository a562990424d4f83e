"""The admin's form about a person to be forgotten."""

from django import forms
from django.utils.translation import gettext_lazy as _


class IdentifierForm(forms.Form):
    """One identifier, as a column of ids holds it."""

    identifier = forms.CharField(
        label=_("Identifier"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "The thirdPartyId or pcId, just as it stands in the file: upper and lower case count, spaces "
            "around it do not. It is kept encrypted until this is done, and never written into the audit log."
        ),
    )
