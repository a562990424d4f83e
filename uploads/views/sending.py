"""Before a batch is sent: what would go, and the confirmation that it is to."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.approval_forms import SendForm

NEEDS_APPROVAL = gettext_lazy("A second person has to approve this batch first, so nothing was sent.")
NO_REST = gettext_lazy("There is no rest to be sent now; the batch's state is shown below.")
TOO_LATE_TO_STOP = gettext_lazy("This batch is not scheduled any more; its state is shown below.")


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
    quiet = pages.quiet_advice(batch)
    form = SendForm(request.POST or None, quiet=quiet.label, most_first=workflow.most_first_rows(batch))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if workflow.send(request.user, batch, said["digest"], said["at"], said["first"]):
            return redirect("batch", pk)
        batch = access.get_batch_for(request.user, pk, Action.SEND)
        messages.warning(request, pages.why_not_sent(batch))
        if not pages.can_go(batch) or batch.needs_approval:
            return redirect("batch", pk)
    context = {"batch": batch, "form": form, "view": pages.confirm_page(request.user, batch), "quiet": quiet}
    return render(request, "sending/confirm.html", context)


@require_POST
def send_rest(request, pk):
    """Let the rest of a batch go, whose first rows went alone."""
    batch = access.get_batch_for(request.user, pk, Action.SEND_REST)
    if not workflow.send_rest(request.user, batch):
        messages.info(request, NO_REST)
    return redirect("batch", pk)


@require_POST
def unschedule(request, pk):
    """Do not send it at the chosen time."""
    batch = access.get_batch_for(request.user, pk, Action.CANCEL)
    if not workflow.unschedule(request.user, batch):
        messages.info(request, TOO_LATE_TO_STOP)
    return redirect("batch", pk)
