"""Whether a batch arrived: asking for it, and the list of what did not."""

from django.contrib import messages
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.forms import ArrivalForm


@require_POST
def ask(request, pk):
    """Have profiles of the batch read back from Target."""
    batch = access.get_batch_for(request.user, pk, Action.SEE_VALUES)
    form = ArrivalForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was asked for: say how many profiles to look up."))
    elif not workflow.ask_to_prove(request.user, batch, form.cleaned_data["profiles"]):
        messages.info(
            request,
            _("Nothing was asked for: profiles are being looked up already, or nothing is left to look up."),
        )
    return redirect("batch", pk)


@require_GET
def report(request, pk, check):
    """What Target has otherwise than it was sent, of one check."""
    batch = access.get_batch_for(request.user, pk, Action.DOWNLOAD)
    found = get_object_or_404(batch.arrival_checks.finished(), pk=check)
    found.batch = batch
    if batch.files_deleted_at:
        messages.info(request, pages.files_gone(batch))
        return redirect("batch", pk)
    try:
        look = workflow.hand_out_look(request.user, found)
    except FileNotFoundError:
        raise Http404(_("This batch has no such report.")) from None
    lines = pages.not_as_sent(found, look)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="batch-{pk}-not-as-sent.csv"'
    return response
