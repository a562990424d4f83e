"""The values that were sent before a batch: looked for, shown in numbers, made into a batch of their own."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.models import Batch
from uploads.restoring_forms import ClearForm, MakeForm

NOT_LOOKED_FOR = gettext_lazy(
    "Nobody has looked for earlier values of this batch, or a batch was made of them already."
)
NOTHING_TO_LOOK_FOR = gettext_lazy(
    "There is nothing to be restored: Target has taken nothing of this batch, its files are not kept any "
    "more, or its destination is inactive."
)
NO_LONGER_SO = gettext_lazy(
    "Something has changed since you opened this page, so no batch was made. Look again."
)


@require_GET
def restore(request, pk):
    """What can be restored, and what cannot."""
    return _page(request, access.get_batch_for(request.user, pk, Action.SEE))


@require_GET
def restore_live(request, pk):
    """The part of that page that changes by itself."""
    batch = access.get_batch_for(request.user, pk, Action.SEE)
    return _page(request, batch, template="restoring/_live.html")


@require_POST
def look(request, pk):
    """Have it looked for; with what the form says to send where nothing is known."""
    batch = access.get_batch_for(request.user, pk, Action.RESTORE)
    form = _clear_form(batch, request.POST) if "clears" in request.POST else None
    if form is not None and not form.is_valid():
        return _page(request, batch, form)
    if not workflow.ask_to_restore(request.user, batch, form.clear if form else None):
        messages.info(request, NOTHING_TO_LOOK_FOR)
        return redirect("batch", pk)
    return redirect("batch-restore", pk)


@require_POST
def make(request, pk):
    """Make the batch; it is checked at once, and sent by nobody but a person."""
    batch = access.get_batch_for(request.user, pk, Action.RESTORE)
    form = MakeForm(request.POST)
    made = None
    if form.is_valid():
        made = workflow.make_restoring_batch(request.user, batch, form.cleaned_data["seen"])
    if made is None:
        messages.warning(request, NO_LONGER_SO)
        return redirect("batch-restore", pk)
    return redirect("batch", made.pk)


def _page(request, batch: Batch, form: ClearForm | None = None, template: str = "restoring/restore.html"):
    page = pages.restore_page(request.user, batch)
    if page is None:
        messages.info(request, NOT_LOOKED_FOR)
        return redirect("batch", batch.pk)
    may = access.may(request.user, batch, Action.RESTORE) and workflow.can_be_restored(batch)
    form = form or (_clear_form(batch) if may and not page.live else None)
    return render(request, template, {"batch": batch, "view": page, "form": form})


def _clear_form(batch: Batch, *sent) -> ClearForm:
    known = workflow.restoration_of(batch)
    return ClearForm(*sent, names=pages.names_to_clear(known), chosen=known.clear if known else {})
