"""What a batch has in common with those sent before it, and what becomes of it (F12)."""

from contextlib import AbstractContextManager, nullcontext

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from uploads import access, batchfile, pages, workflow
from uploads.access import Action
from uploads.models import Batch
from uploads.overlap_forms import OverlapForm

from .batches import query_without_page

A_PAGE = 25
NOTHING = gettext_lazy("There is nothing to choose now; the batch's state is shown below.")
CHANGED = gettext_lazy("The batch has changed since you opened this page, so nothing was chosen. Look again.")


@require_GET
def overlap(request, pk):
    """What Target would lose, row by row, and the choices."""
    batch = access.get_batch_for(request.user, pk, Action.SEE)
    return _page(request, batch, pages.overlap_page(request.user, batch))


@require_POST
def choose(request, pk):
    """Choose what becomes of it."""
    batch = access.get_batch_for(request.user, pk, Action.CONFIRM_READING)
    page = pages.overlap_page(request.user, batch)
    form = OverlapForm(request.POST, choices=page.choices if page else [])
    if page is None or not page.choices:
        messages.info(request, NOTHING)
        return redirect("batch", pk)
    if not form.is_valid():
        return _page(request, batch, page, form)
    said = form.cleaned_data
    if workflow.choose(request.user, batch, said["choice"], said["digest"], said["reason"]):
        return redirect("batch", pk)
    messages.warning(request, CHANGED)
    return redirect("batch-overlap", pk)


def _page(request, batch: Batch, page: pages.OverlapPage | None, form: OverlapForm | None = None):
    if page is None:
        messages.info(request, NOTHING)
        return redirect("batch", batch.pk)
    may_see = access.may(request.user, batch, Action.SEE_VALUES)
    text = request.GET.get("text", "")[:256] if may_see else ""
    with _store(batch) if may_see else nullcontext() as store:
        lost = pages.LostValues(store, text) if store else []
        context = {
            "batch": batch,
            "view": page,
            "form": form
            or OverlapForm(choices=page.choices, initial={"choice": pages.default_choice(batch)}),
            "text": text,
            "lost": lost,
            "page": Paginator(lost, A_PAGE).get_page(request.GET.get("page")),
            "may": {"values": may_see},
            "query": query_without_page(request),
        }
        return render(request, "batches/overlap.html", context)


def _store(batch: Batch) -> AbstractContextManager[batchfile.OverlapStore | None]:
    """Ids and values; None where they are gone, or could not be compared."""
    try:
        return workflow.open_overlap(batch)
    except FileNotFoundError:
        return nullcontext()
