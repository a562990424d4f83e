"""Fixing one row of a file where its problems are listed."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.models import Batch
from uploads.pages.words import number
from uploads.row_forms import RowForm

SAID = {
    "save": gettext_lazy("The row on line %(line)s is changed. The file is checked again."),
    "leave-out": gettext_lazy("The row on line %(line)s is left out. The file is checked again."),
    "undo": gettext_lazy("The row on line %(line)s is as it was uploaded again. The file is checked again."),
}
NOTHING = gettext_lazy("The row on line %(line)s was not changed.")
#: After these there is still a row to look at, and what was typed is kept.
_TRY_AGAIN = ("not-writable", "disturbs", "too-many")


@require_http_methods(["GET", "POST"])
def fix_row(request, pk, line):
    """One row with its cells: to change them, to leave the row out, or to take back what was changed."""
    batch = access.get_batch_for(request.user, pk, Action.CONFIRM_READING)
    filters = QueryDict((request.POST or request.GET).get("back", "")).urlencode()
    back = f"{reverse('batch-problems', args=[pk])}?{filters}"
    try:
        page = _page(batch, line)
        form = RowForm(request.POST or None, row=page.row, problems=page.of_cells)
        if request.method == "POST" and form.is_valid():
            done = _do(request, batch, line, form)
            said = SAID[request.POST["do"]] if done else NOTHING
            messages.add_message(
                request,
                messages.SUCCESS if done else messages.INFO,
                said % {"line": number(line)},
            )
            return redirect(back)
    except workflow.FixRefused as refused:
        if refused.reason == "row-changed":
            messages.warning(request, pages.refused_in_words(refused))
            return redirect(f"{request.path}?{urlencode({'back': filters})}")
        if refused.reason not in _TRY_AGAIN:
            messages.error(request, pages.refused_in_words(refused))
            return redirect(back)
        form.add_error(None, pages.refused_in_words(refused))
    context = {"batch": batch, "page": page, "form": form, "back": back, "filters": filters}
    return render(request, "batches/row.html", context)


def _page(batch: Batch, line: int) -> pages.RowPage:
    """The row's page; raises Http404 where there is no such row, and FixRefused."""
    if not batch.may_be_fixed:
        raise workflow.FixRefused("too-late")
    page = pages.row_page(batch, line)
    if page is None:
        raise Http404
    return page


def _do(request, batch: Batch, line: int, form: RowForm) -> bool:
    """What the button says; False where that changed nothing. Raises workflow.FixRefused."""
    seen = form.cleaned_data["seen"]
    match request.POST.get("do"):
        case "save":
            return workflow.edit_row(request.user, batch, line, form.texts(), seen)
        case "leave-out":
            return workflow.leave_row_out(request.user, batch, line, seen)
        case "undo":
            return workflow.undo_fix(request.user, batch, line)
    return False
