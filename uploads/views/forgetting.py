"""Forgetting a person, for the admin. What they enter travels in POSTs only."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from uploads import access, pages, workflow
from uploads.forgetting_forms import IdentifierForm
from uploads.models import Forgetting

SHOWN = 20


@sensitive_post_parameters("identifier")
@require_http_methods(["GET", "POST"])
@access.confirmed_admins_only("forget")
def look_for(request):
    """Enter an identifier; it is looked for in every kept file."""
    form = IdentifierForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = workflow.look_for(request.user, form.cleaned_data["identifier"])
        return redirect("forgetting", wanted.pk)
    earlier = Forgetting.objects.select_related("asked_by")[:SHOWN]
    return render(request, "forgetting/look_for.html", {"form": form, "earlier": earlier})


@require_GET
@access.admins_only
def forgetting(request, pk: int):
    """What was found, and what became of it."""
    return render(request, "forgetting/forgetting.html", _context(pk))


@require_GET
@access.admins_only
def forgetting_live(request, pk: int):
    """The part of that page that changes by itself."""
    return render(request, "forgetting/_live.html", _context(pk))


@require_POST
@access.confirmed_admins_only("forgetting")
def remove(request, pk: int):
    """Take it out of every kept file that it was found in."""
    if not workflow.remove_found(request.user, get_object_or_404(Forgetting, pk=pk)):
        messages.info(request, _("There is nothing to be removed any more; look again."))
    return redirect("forgetting", pk)


def _context(pk: int) -> dict:
    wanted = get_object_or_404(Forgetting.objects.select_related("asked_by"), pk=pk)
    return {"forgetting": wanted, "view": pages.forgetting_page(wanted)}
