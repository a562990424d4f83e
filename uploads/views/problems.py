"""A batch's problems, row by row, and what can be downloaded: reports, and the file as it was uploaded."""

from contextlib import AbstractContextManager, nullcontext

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from uploads import access, batchfile, pages, workflow
from uploads.access import Action
from uploads.forms import ProblemFilterForm
from uploads.models import Batch

from .batches import query_without_page

A_PAGE = 50
#: Bytes read from storage at a time.
A_BLOCK = 65_536


@require_GET
def batch_problems(request, pk):
    """Every problem of the file by line, filtered by cause, column or text."""
    batch = access.get_batch_for(request.user, pk, Action.SEE)
    # Lines, values and sentences quote the file: only for those who may see its rows.
    may_see = access.may(request.user, batch, Action.SEE_VALUES)
    with _problems(batch) if may_see else nullcontext() as store:
        causes = pages.causes(batch)
        form = ProblemFilterForm(
            request.GET,
            codes=[(cause.code, cause.title) for cause in causes],
            columns=pages.columns_with_problems(store) if store else [],
            may_search=may_see,
        )
        found = pages.FoundProblems(store, **(form.cleaned_data if form.is_valid() else {})) if store else []
        context = {
            "batch": batch,
            "causes": causes,
            "form": form,
            "found": found,
            "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
            "files_gone": pages.files_gone(batch) if batch.files_deleted_at else "",
            "may": {"values": may_see, "download": access.may(request.user, batch, Action.DOWNLOAD)},
            "query": query_without_page(request),
            "back": request.GET.urlencode(),
            "may_fix": pages.may_fix(request.user, batch),
            "fixed": pages.fixed_rows(batch) if may_see else [],
            "checking": pages.checking_in_words(batch) if store else "",
        }
        template = "batches/_problems.html" if request.htmx else "batches/problems.html"
        return render(request, template, context)


def _problems(batch: Batch) -> AbstractContextManager[batchfile.ProblemStore | None]:
    """The batch's problems; None where it has no problem file (yet)."""
    try:
        return workflow.open_problems(batch)
    except FileNotFoundError:
        return nullcontext()


@require_GET
def original(request, pk):
    """The file as it was uploaded."""
    batch = access.get_batch_for(request.user, pk, Action.DOWNLOAD)
    if batch.files_deleted_at:
        messages.info(request, pages.files_gone(batch))
        return redirect("batch", pk)
    try:
        content = workflow.original_of(request.user, batch)
    except FileNotFoundError:
        messages.error(request, pages.original_missing(batch))
        return redirect("batch", pk)
    # Of no type that a browser would show, or believe.
    answer = FileResponse(
        content, as_attachment=True, filename=batch.filename, content_type="application/octet-stream"
    )
    answer.block_size = A_BLOCK
    answer["Content-Length"] = content.size
    return answer


@require_GET
def correction_report(request, pk):
    """The rows with problems as they were, to be corrected in a spreadsheet and uploaded again."""
    batch = access.get_batch_for(request.user, pk, Action.DOWNLOAD)
    return _download(request, workflow.correction_lines, batch, f"batch-{pk}-to-correct.csv")


@require_GET
def refusal_report(request, pk):
    """The rows that Target listed as failed, as they were, to be corrected and uploaded again."""
    batch = access.get_batch_for(request.user, pk, Action.DOWNLOAD)
    return _download(request, workflow.refused_lines, batch, f"batch-{pk}-refused-by-target.csv")


@require_GET
def left_out_report(request, pk):
    """The rows that were left out because Target would lose values by them, to be uploaded again later."""
    batch = access.get_batch_for(request.user, pk, Action.DOWNLOAD)
    return _download(request, workflow.left_out_lines, batch, f"batch-{pk}-left-out.csv")


@require_GET
def near_limit_report(request, pk):
    """The ids of profiles that would come near the limit (F8), the heaviest first."""
    batch = access.get_batch_for(request.user, pk, Action.DOWNLOAD)
    return _download(request, pages.heavy_profile_lines, batch, f"batch-{pk}-near-64-kb.csv")


def _download(request, lines_of, batch: Batch, filename: str) -> HttpResponseBase:
    if batch.files_deleted_at:
        messages.info(request, pages.files_gone(batch))
        return redirect("batch", batch.pk)
    try:
        lines = lines_of(request.user, batch)
    except FileNotFoundError:
        if batch.forgotten_at:
            messages.info(request, pages.person_forgotten(batch))
            return redirect("batch", batch.pk)
        raise Http404(_("This batch has no such report.")) from None
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
