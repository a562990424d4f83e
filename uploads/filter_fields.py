"""What the fields of filters are drawn with."""

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe


class QuickSelect(forms.Select):
    """A select drawn at once: with a template for each option, hundreds of people cost more than all else."""

    def render(self, name, value, attrs=None, renderer=None):
        """The select with its options."""
        attrs = self.build_attrs(self.attrs, {**(attrs or {}), "name": name, "class": "form-select"})
        chosen = set(self.format_value(value))
        # A constant, which needs no escaping.
        marks = {True: mark_safe(" selected"), False: ""}  # nosec B308
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, marks[str(key) in chosen], label) for key, label in self.choices),
        )
        return format_html("<select{}>{}</select>", flatatt(attrs), options)


class QuickInput(forms.TextInput):
    """An input drawn at once."""

    def render(self, name, value, attrs=None, renderer=None):
        """The input with its value."""
        attrs = self.build_attrs(self.attrs, {**(attrs or {}), "type": self.input_type, "name": name})
        if (shown := self.format_value(value)) is not None:
            attrs["value"] = shown
        return format_html("<input{}>", flatatt({"class": "form-control", **attrs}))


class DayInput(QuickInput, forms.DateInput):
    """The browser's own field for a day."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")
