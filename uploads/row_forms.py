"""The form in which a person fixes one row of a file."""

from collections.abc import Iterator

from django import forms
from django.utils.translation import gettext as _

from uploads import batchfile

#: Columns without a problem that are shown, from the row's start; the others stay as they are.
MOST_CELLS = 40
_LONG = 60


class RowForm(forms.Form):
    """The cells of a row, each a field of its own; columns of which nobody needs to see anything stay out.

    problems: what is wrong with a cell, by its position. was: what stands in the file, where that differs.
    """

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args, row: batchfile.OpenRow, problems: dict[int, list[str]], **kwargs):
        super().__init__(*args, initial={"seen": row.mark}, auto_id="row-%s", **kwargs)
        self._cells = list(_shown(row, problems))
        self.hidden_columns = len(row.cells) - len(self._cells)
        for cell in self._cells:
            self.fields[_name(cell)] = _field(cell, row, problems.get(cell.position, []))

    def texts(self) -> dict[int, str]:
        """What stands in the cells that were shown, by their place in the row."""
        return {cell.index: self.cleaned_data[_name(cell)] for cell in self._cells}


def _shown(row: batchfile.OpenRow, problems: dict[int, list[str]]) -> Iterator[batchfile.Cell]:
    for number, cell in enumerate(row.cells):
        if number < MOST_CELLS or cell.position in problems or (not cell.name and cell.text):
            yield cell


def _name(cell: batchfile.Cell) -> str:
    return f"cell-{cell.index}"


def _field(cell: batchfile.Cell, row: batchfile.OpenRow, problems: list[str]) -> forms.CharField:
    is_long = len(cell.text) > _LONG or "\n" in cell.text or "\r" in cell.text
    attributes = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
    if problems:
        attributes["class"] = "has-problem"
    widget = forms.Textarea(attrs=attributes | {"rows": 3}) if is_long else forms.TextInput(attrs=attributes)
    told = list(problems)
    if was := _was(cell, row):
        told.append(_("In the file: %(text)s") % {"text": was})
    return forms.CharField(
        label=cell.name or _("Value number %(number)s, behind the last column") % {"number": cell.position},
        required=False,
        strip=False,
        max_length=batchfile.RECORD_LIMIT,
        initial=cell.text,
        widget=widget,
        help_text=" ".join(told),
    )


def _was(cell: batchfile.Cell, row: batchfile.OpenRow) -> str:
    """What stands in the file where that was changed."""
    was = row.was[cell.index] if cell.index < len(row.was) else ""
    now = row.now[cell.index] if cell.index < len(row.now) else ""
    if was == now:
        return ""
    return batchfile.excerpt(was) or _("nothing")
