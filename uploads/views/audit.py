"""The audit log: its pages, its exports, and whether its chain holds."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from uploads import access, pages, workflow
from uploads.audit_forms import AuditFilterForm, KeptHeadForm
from uploads.models import AuditEvent
from uploads.pages.words import LOG_FAULTS, number

EXPORTS = {
    "csv": ("CSV", pages.csv_lines, "text/csv; charset=utf-8"),
    "jsonl": ("JSON Lines", pages.json_lines, "application/jsonl; charset=utf-8"),
}


@require_GET
@access.audit_readers_only
def audit_log(request):
    """Who did what, when, to which batch; newest first."""
    form = AuditFilterForm(request.GET)
    query = _filters_of(request, form)
    context = {
        "page": pages.log_page(
            form.narrow(AuditEvent.objects.all()),
            before=_place(request, "before"),
            after=_place(request, "after"),
        ),
        "form": form,
        "query": query,
        "chain": pages.chain_page(),
    }
    return render(request, "audit/list.html", context)


@require_GET
@access.audit_readers_only
def export_log(request, form):
    """The events that fit the filters, oldest first, as a stream, up to the event of the export itself."""
    wanted = AuditFilterForm(request.GET)
    if not wanted.is_valid():
        return HttpResponseBadRequest(_("One of the filters makes no sense."))
    label, lines_of, content_type = EXPORTS[form]
    event = workflow.log_exported(request.user, label, wanted.told())
    events = wanted.narrow(AuditEvent.objects.filter(sequence__lte=event.sequence))
    return _attached(StreamingHttpResponse(lines_of(events), content_type=content_type), f"audit-log.{form}")


@require_GET
@access.audit_readers_only
def chain(request):
    """Whether the chain holds."""
    return render(request, "audit/chain.html", {"chain": pages.chain_page(), "form": KeptHeadForm()})


@require_GET
@access.audit_readers_only
def chain_live(request):
    """The part of that page that changes by itself."""
    return render(request, "audit/_chain.html", {"chain": pages.chain_page()})


@require_POST
@access.audit_readers_only
def verify_log(request):
    """Have the chain verified."""
    workflow.ask_to_verify(request.user)
    return redirect("audit-chain")


@require_POST
@access.audit_readers_only
def copy_head(request):
    """The end of the log as a small file for safe-keeping elsewhere."""
    copy = workflow.copy_head(request.user)
    return _attached(HttpResponse(copy, content_type="application/json"), "audit-log-end.json")


@require_POST
@access.audit_readers_only
def compare_head(request):
    """Whether such a file still fits the log."""
    form = KeptHeadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "audit/chain.html", {"chain": pages.chain_page(), "form": form})
    kept = form.cleaned_data["copy"]
    broken = workflow.compare_head(request.user, kept)
    place = {"number": number(kept.sequence)}
    if broken is None:
        messages.success(request, _("The copy fits: its event %(number)s is still in the log.") % place)
    else:
        place |= {"at": number(broken.sequence), "fault": LOG_FAULTS[broken.fault]}
        said = _("The copy of event %(number)s does not fit the log. At event %(at)s, %(fault)s.")
        messages.error(request, said % place)
    return redirect("audit-chain")


def _place(request, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _filters_of(request, form: AuditFilterForm) -> str:
    """The filters that are set as a query string, for links to other pages and to the exports."""
    query = request.GET.copy()
    for name in set(query) - {name for name in form.fields if query.get(name)}:
        del query[name]
    return query.urlencode()


def _attached(response: HttpResponse, filename: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
