"""Four eyes: asking for approval, and a reviewer's verdict."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.approval_forms import AskForm, VerdictForm
from uploads.models import BatchState, Verdict

NOTHING_TO_ASK = gettext_lazy("There is no approval to ask for now; the batch's state is shown below.")
APPROVED_FOR_LATER = gettext_lazy("You approved the batch: it is sent at the chosen time.")
RECORDED = {
    Verdict.APPROVED: gettext_lazy("You approved the batch, and it is on its way."),
    Verdict.RETURNED: gettext_lazy("You returned the batch; whoever uploaded it reads your comment."),
    Verdict.REJECTED: gettext_lazy("You rejected the batch: it will not be sent."),
}


@require_http_methods(["GET", "POST"])
def ask(request, pk):
    """Why a batch should be approved, and who can do so."""
    batch = access.get_batch_for(request.user, pk, Action.ASK_APPROVAL)
    if not pages.can_go(batch) or not batch.needs_approval:
        messages.info(request, NOTHING_TO_ASK)
        return redirect("batch", pk)
    quiet = pages.quiet_advice(batch)
    form = AskForm(request.POST or None, quiet=quiet.label, most_first=workflow.most_first_rows(batch))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        wanted = (said["because"], said["digest"], said["at"], said["first"])
        if workflow.ask_for_approval(request.user, batch, *wanted):
            return redirect("batch", pk)
        batch = access.get_batch_for(request.user, pk, Action.ASK_APPROVAL)
        messages.warning(request, pages.why_not_sent(batch))
        if not pages.can_go(batch):
            return redirect("batch", pk)
    context = {
        "batch": batch,
        "form": form,
        "reviewers": access.deciders_of(batch),
        "view": pages.confirm_page(request.user, batch),
        "quiet": quiet,
    }
    return render(request, "approvals/ask.html", context)


@require_POST
def take_back(request, pk):
    """Ask no longer."""
    batch = access.get_batch_for(request.user, pk, Action.ASK_APPROVAL)
    if not workflow.take_back(request.user, batch):
        messages.info(request, _("This batch no longer waits for approval; its state is shown below."))
    return redirect("batch", pk)


@require_http_methods(["GET", "POST"])
def review(request, pk):
    """What a reviewer decides by, and the form that records their verdict."""
    batch = access.get_batch_for(request.user, pk, Action.APPROVE)
    if batch.state != BatchState.AWAITING_APPROVAL:
        messages.info(request, pages.why_not_reviewed(batch))
        return redirect("batch", pk)
    form = VerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if workflow.review(request.user, batch, said["verdict"], said["comment"], said["digest"]):
            scheduled = batch.state == BatchState.SCHEDULED
            messages.success(request, APPROVED_FOR_LATER if scheduled else RECORDED[said["verdict"]])
            return redirect("batch", pk)
        messages.warning(request, pages.why_not_reviewed(batch))
        return redirect("batch-review" if batch.state == BatchState.AWAITING_APPROVAL else "batch", pk)
    context = {"batch": batch, "form": form, "view": pages.review_page(request.user, batch)}
    return render(request, "approvals/review.html", context)
