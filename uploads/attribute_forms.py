"""The forms of the attribute dictionary."""

from django import forms
from django.utils.translation import gettext_lazy as _

from uploads import workflow
from uploads.filter_fields import QuickInput, QuickSelect
from uploads.models import AttributeName

STALE_DAYS = 90


class QuickNumber(QuickInput):
    """The browser's own field for a number."""

    input_type = "number"


class AttributeFilterForm(forms.Form):
    """Which names of the dictionary are shown; all optional."""

    q = forms.CharField(
        label=_("Name, owner, example or note"), required=False, max_length=200, strip=True, widget=QuickInput
    )
    show = forms.ChoiceField(
        label=_("Which"),
        required=False,
        choices=[
            ("", _("All attributes")),
            ("alike", _("Names that look alike")),
            ("stale", _("Not sent for so many days")),
        ],
        widget=QuickSelect,
    )
    days = forms.IntegerField(
        label=_("Days"),
        required=False,
        min_value=1,
        max_value=3650,
        widget=QuickNumber(attrs={"placeholder": STALE_DAYS}),
    )

    def clean_days(self) -> int:
        """The usual number where nobody said one."""
        return self.cleaned_data["days"] or STALE_DAYS


class AttributeForm(forms.ModelForm):
    """What an attribute is about."""

    class Meta:
        model = AttributeName
        fields = workflow.DESCRIPTION_FIELDS
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
