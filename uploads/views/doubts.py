"""A part that a person decides about."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from uploads import access, pages, workflow
from uploads.access import Action
from uploads.forms import DecisionForm
from uploads.models import Batch, Part


@require_http_methods(["GET", "POST"])
def decide(request, pk, number):
    """What is known of a part, what was read back, and the form that decides about it."""
    batch, part = _found(request, pk, number)
    if not part.is_undecided:
        messages.info(request, pages.decided_in_words(part))
        return redirect("batch", pk)
    view = pages.doubt_page(batch, part)
    form = DecisionForm(request.POST or None, part=part, may_send_again=view.may_send_again)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        if workflow.decide(request.user, part, chosen["decision"], chosen["reason"]):
            messages.success(request, _("Your decision is recorded; what follows from it is shown below."))
        else:
            part.refresh_from_db()
            messages.warning(request, _("Your decision was not recorded."))
            messages.info(request, pages.decided_in_words(part))
        return redirect("batch", pk)
    context = {"batch": batch, "part": part, "view": view, "form": form}
    return render(request, "doubts/decide.html", context)


@require_POST
def read_back(request, pk, number):
    """Have a few profiles of the part looked up."""
    _batch, part = _found(request, pk, number)
    if not workflow.ask_to_read_back(request.user, part):
        messages.info(request, _("The profiles are being looked up already."))
    return redirect("part-decide", pk, number)


@require_GET
def read_back_live(request, pk, number):
    """What was read back so far: the part of the page that changes by itself."""
    batch, part = _found(request, pk, number)
    context = {"batch": batch, "part": part, "read_back": pages.read_back_page(part)}
    return render(request, "doubts/_read_back.html", context)


def _found(request, pk: int, number: int) -> tuple[Batch, Part]:
    batch = access.get_batch_for(request.user, pk, Action.RESOLVE)
    parts = batch.parts.select_related("batch__destination", "decided_by")
    return batch, get_object_or_404(parts, number=number)
