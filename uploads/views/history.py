"""The history: every batch that the person may see, filtered and sorted by the address, and as a file."""

from django.http import HttpResponseBadRequest, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from uploads import pages, workflow
from uploads.history_forms import HistoryFilterForm

EXPORTS = {
    "csv": ("CSV", pages.history_csv, "text/csv; charset=utf-8"),
    "jsonl": ("JSON Lines", pages.history_json, "application/jsonl; charset=utf-8"),
}


@require_GET
def batch_list(request):
    """One page of the history."""
    form = HistoryFilterForm(request.GET, user=request.user)
    asked = request.GET
    page = pages.history_page(
        form.found(),
        asked.get("sort", ""),
        before=asked.get("before", ""),
        after=asked.get("after", ""),
    )
    filters = _only(asked, form.fields)
    context = {
        "page": page,
        "form": form,
        "filters": filters.urlencode(),
        "query": _only(asked, [*form.fields, "sort"]).urlencode(),
        "sort": asked.get("sort", ""),
        "orders": pages.ORDERS,
    }
    return render(request, "batches/list.html", context)


@require_GET
def export_history(request, form):
    """The batches that fit the filters, oldest first, as a stream."""
    wanted = HistoryFilterForm(request.GET, user=request.user)
    if not wanted.is_valid():
        return HttpResponseBadRequest(_("One of the filters makes no sense."))
    label, lines_of, content_type = EXPORTS[form]
    workflow.history_exported(request.user, label, wanted.told())
    response = StreamingHttpResponse(lines_of(wanted.found()), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="batches.{form}"'
    return response


def _only(asked: QueryDict, names) -> QueryDict:
    """What of the address stands under these names and says something."""
    query = asked.copy()
    for name in set(query) - {name for name in names if query.get(name)}:
        del query[name]
    return query
