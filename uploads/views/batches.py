"""The history, a batch's page and what can be done there."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from uploads import access, batchfile, pages, workflow
from uploads.access import Action
from uploads.forms import BatchFilterForm, ReadingForm
from uploads.models import Batch, User

A_PAGE = 50
FILE_MISSING = gettext_lazy(
    "The uploaded file is missing on the server. Cancel this batch, upload the file again, "
    "and tell your admin."
)


@require_GET
def batch_list(request):
    """Every batch that the person may see, newest first."""
    visible = access.batches_for(request.user)
    form = BatchFilterForm(request.GET, visible=visible)
    found = form.narrow(visible).with_people().order_by("-pk")
    context = {
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "query": query_without_page(request),
    }
    return render(request, "batches/list.html", context)


@require_GET
def batch_detail(request, pk):
    """One batch: what is so, what to do next, figures, problems, parts."""
    batch = access.get_batch_for(request.user, pk, Action.SEE)
    context = _batch_context(request.user, batch)
    if context["view"].may["confirm"] and context["reading_form"] is None:
        messages.error(request, FILE_MISSING)
    return render(request, "batches/detail.html", context)


@require_GET
def batch_live(request, pk):
    """The part of a batch's page that changes by itself."""
    batch = access.get_batch_for(request.user, pk, Action.SEE)
    return render(request, "batches/_live.html", _batch_context(request.user, batch))


@require_POST
def confirm_reading(request, pk):
    """Say which column holds the id and of which kind; the check begins."""
    batch = access.get_batch_for(request.user, pk, Action.CONFIRM_READING)
    detection = _detection_of(batch)
    if detection is None:
        return redirect("batch", pk)
    form = ReadingForm(request.POST, header=detection.header)
    if not form.is_valid():
        context = _batch_context(request.user, batch, detection=detection, reading_form=form)
        return render(request, "batches/detail.html", context)
    if not workflow.confirm_reading(request.user, batch, **form.cleaned_data):
        messages.info(request, _("The file is being checked already."))
    return redirect("batch", pk)


@require_POST
def send_batch(request, pk):
    """Send the good rows."""
    batch = access.get_batch_for(request.user, pk, Action.SEND)
    if not workflow.release(request.user, batch):
        messages.info(request, _("This batch cannot be sent now; its state is shown below."))
    return redirect("batch", pk)


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


def _detection_of(batch: Batch) -> batchfile.Detection | None:
    try:
        return workflow.detection_of(batch)
    except FileNotFoundError:
        return None


def _batch_context(
    user: User,
    batch: Batch,
    *,
    detection: batchfile.Detection | None = None,
    reading_form: ReadingForm | None = None,
) -> dict:
    page = pages.batch_page(user, batch)
    context = {"batch": batch, "view": page, "reading_form": None, "sample": None}
    if page.may["confirm"] and (detection := detection or _detection_of(batch)):
        proposal = detection.reading
        initial = {"key_column": proposal.key_column, "key": proposal.key or "thirdPartyId"}
        context["reading_form"] = reading_form or ReadingForm(header=detection.header, initial=initial)
        context["sample"] = {"header": detection.header, "rows": detection.rows}
    return context
