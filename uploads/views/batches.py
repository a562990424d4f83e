"""A batch's page and what can be done there."""

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.models import Batch, User
from uploads.views.readings import FILE_MISSING, reading_context


@require_GET
def batch_detail(request, pk):
    """One batch: what is so, what to do next, figures, problems, parts."""
    batch = access.get_batch_for(request.user, pk, Action.SEE)
    context = _batch_context(request.user, batch)
    if context["view"].may["confirm"] and "reading_form" not in context:
        messages.error(request, FILE_MISSING)
    return render(request, "batches/detail.html", context)


@require_GET
def batch_live(request, pk):
    """The part of a batch's page that changes by itself."""
    batch = access.get_batch_for(request.user, pk, Action.SEE)
    return render(request, "batches/_live.html", _batch_context(request.user, batch))


@require_POST
def cancel_batch(request, pk):
    """Stop whatever has not left."""
    batch = access.get_batch_for(request.user, pk, Action.CANCEL)
    if not workflow.cancel(request.user, batch):
        messages.info(request, _("Nothing could be stopped: everything has been sent or is being sent now."))
    return redirect("batch", pk)


def query_without_page(request) -> str:
    """The filters of this page as a query string, for links to its other pages."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


def _batch_context(user: User, batch: Batch) -> dict:
    page = pages.batch_page(user, batch)
    if page.overlap and page.overlap.is_moving:
        workflow.ask_to_compare(batch)
    reading = reading_context(user, batch, QueryDict()) if page.may["confirm"] else None
    return {"batch": batch, "view": page, **(reading or {})}
