"""The forms about restoring a batch: what to send where nothing is known, and the word to make it."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from uploads import batchfile

#: A form of thousands of fields helps nobody.
MOST_CLEARED = 50


class MakeForm(forms.Form):
    """Make the batch of exactly what was shown."""

    seen = forms.UUIDField()


class ClearForm(forms.Form):
    """A clear value for each attribute with values for which no earlier one is known (F7)."""

    def __init__(self, *args, names: Sequence[str], chosen: Mapping[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        self._names = {f"clear_{place}": name for place, name in enumerate(names[:MOST_CLEARED])}
        for field, name in self._names.items():
            self.fields[field] = forms.CharField(
                label=gettext("Send where nothing is known for %(attribute)s") % {"attribute": name},
                required=False,
                max_length=batchfile.CLEAR_VALUE_LIMIT,
                initial=chosen.get(name, ""),
                widget=forms.TextInput(attrs={"class": "form-control"}),
            )

    @property
    def attributes(self) -> list[tuple]:
        """Each attribute with its field."""
        return [(name, self[field]) for field, name in self._names.items()]

    @property
    def clear(self) -> dict[str, str]:
        """By attribute what to send, where somebody entered something."""
        entered = {name: self.cleaned_data.get(field) for field, name in self._names.items()}
        return {name: text for name, text in entered.items() if text}

    def clean(self) -> dict:
        """Only what can stand in a batch file in place of a blank."""
        cleaned = super().clean()
        for field, name in self._names.items():
            if name in self.clear and not batchfile.is_clear_value(self.clear[name]):
                self.add_error(field, _("Enter a text without commas, line breaks and control characters."))
        if not batchfile.fit_into_a_row(self.clear.values()):
            self.add_error(
                None,
                _("All these values together are more than Target takes for one visitor: shorten them."),
            )
        return cleaned
