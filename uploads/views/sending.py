"""Before a batch is sent: what would go, and the confirmation that it is to."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.approval_forms import SendForm

NEEDS_APPROVAL = gettext_lazy("A second person has to approve this batch first, so nothing was sent.")


@require_http_methods(["GET", "POST"])
def send_batch(request, pk):
    """What would be sent, and where; a POST with the digest of what was shown sends it."""
    batch = access.get_batch_for(request.user, pk, Action.SEND)
    if not pages.can_go(batch):
        messages.info(request, pages.why_not_sent(batch))
        return redirect("batch", pk)
    if batch.needs_approval:
        if request.method == "POST":
            messages.warning(request, NEEDS_APPROVAL)
        return redirect("batch-ask", pk)
    if request.method == "POST":
        form = SendForm(request.POST)
        if form.is_valid() and workflow.send(request.user, batch, form.cleaned_data["digest"]):
            return redirect("batch", pk)
        batch = access.get_batch_for(request.user, pk, Action.SEND)
        messages.warning(request, pages.why_not_sent(batch))
        return redirect("batch-send" if pages.can_go(batch) else "batch", pk)
    context = {"batch": batch, "view": pages.confirm_page(request.user, batch)}
    return render(request, "sending/confirm.html", context)
