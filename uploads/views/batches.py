"""The history, a batch's page and what can be done there."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from uploads import access, batchfile, pages, workflow
from uploads.access import Action
from uploads.forms import BatchFilterForm, DialectForm, ReadingForm, dialect_of, merged_reading
from uploads.models import Batch, User

A_PAGE = 50
TOO_LATE_TO_READ = gettext_lazy("This batch can no longer be read differently.")
FILE_MISSING = gettext_lazy(
    "The uploaded file is missing on the server. Cancel this batch, upload the file again, "
    "and tell your admin."
)


@require_GET
def batch_list(request):
    """Every batch that the person may see, newest first."""
    visible = access.batches_for(request.user)
    waiting = access.batches_waiting_for(request.user) if access.is_reviewer(request.user) else None
    form = BatchFilterForm(request.GET, visible=visible, waiting=waiting)
    found = form.narrow(visible).with_people().order_by("-pk")
    context = {
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "query": query_without_page(request),
        "to_decide": waiting.count() if waiting is not None else 0,
    }
    return render(request, "batches/list.html", context)


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


@require_http_methods(["GET", "POST"])
def confirm_reading(request, pk):
    """How the file is to be read: shown for what the address says, confirmed by a POST."""
    batch = access.get_batch_for(request.user, pk, Action.CONFIRM_READING)
    if not batch.may_be_read_anew:
        messages.info(request, TOO_LATE_TO_READ)
        return redirect("batch", pk)
    context = _reading_context(batch, request.POST if request.method == "POST" else request.GET)
    if context is None:
        messages.error(request, FILE_MISSING)
        return redirect("batch", pk)
    form = context["reading_form"]
    if request.method == "POST" and form.is_valid():
        if not workflow.confirm_reading(request.user, batch, form.reading()):
            messages.info(request, TOO_LATE_TO_READ)
        return redirect("batch", pk)
    return render(request, "batches/reading.html", {"batch": batch, **context})


@require_POST
def adjust_reading(request, pk):
    """One click: trim spaces, or treat the words for nothing as blank, and check again."""
    batch = access.get_batch_for(request.user, pk, Action.CONFIRM_READING)
    changes = pages.adjustment(batch, request.POST.get("choice", ""))
    if not changes or not workflow.adjust_reading(request.user, batch, **changes):
        messages.info(request, TOO_LATE_TO_READ)
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


def _reading_context(batch: Batch, sent: QueryDict) -> dict | None:
    """The forms about the reading and the first rows as they will be understood; None without the file.

    `sent` is what a person sent, or nothing: then the batch's own reading is shown.
    """
    own = batchfile.Reading.from_json(batch.reading) if batch.reading else None
    try:
        detection = workflow.detection_of(batch, **(dialect_of(own) if own else {}))
        dialect = DialectForm(sent or None, proposal=detection.reading, sheets=detection.sheets)
        if sent and dialect.is_valid():
            detection = workflow.detection_of(batch, **dialect.cleaned_data)
    except FileNotFoundError:
        return None
    reading = merged_reading(own, detection)
    asked = sent if "key" in sent else None
    return {
        "dialect_form": dialect,
        "reading_form": ReadingForm(asked, header=detection.header, reading=reading),
        "sample": detection,
    }


def _batch_context(user: User, batch: Batch) -> dict:
    page = pages.batch_page(user, batch)
    reading = _reading_context(batch, QueryDict()) if page.may["confirm"] else None
    return {"batch": batch, "view": page, **(reading or {})}
