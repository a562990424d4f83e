"""The audit log."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_GET

from uploads import access, audit, pages
from uploads.forms import AuditFilterForm
from uploads.models import AuditEvent

from .batches import query_without_page

A_PAGE = 100


@require_GET
@access.audit_readers_only
def audit_log(request):
    """Who did what, when, to which batch; newest first."""
    form = AuditFilterForm(request.GET, actions=sorted(audit.ACTIONS.items()))
    page = Paginator(form.narrow(AuditEvent.objects.order_by("-sequence")), A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "lines": [pages.audit_line(event) for event in page.object_list],
        "form": form,
        "query": query_without_page(request),
    }
    return render(request, "audit/list.html", context)
