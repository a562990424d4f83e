"""Destinations, for the admin."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from uploads import access, pages, workflow
from uploads.destination_forms import DestinationForm, TokenForm
from uploads.models import Destination


@require_GET
@access.admins_only
def destinations(request):
    """All destinations and how they are."""
    lines = [pages.destination_line(destination) for destination in Destination.objects.all()]
    return render(request, "destinations/list.html", {"lines": lines})


@require_http_methods(["GET", "POST"])
@access.confirmed_admins_only("destination-new")
def new_destination(request):
    """Another destination."""
    form = DestinationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save(commit=False)
        workflow.save_destination(request.user, made)
        messages.success(
            request, _("The destination is added. Give people roles there, and a token if needed.")
        )
        return redirect("destination", made.pk)
    return render(request, "destinations/new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@access.confirmed_admins_only("destination")
def destination(request, pk: int):
    """One destination: its rules, its token, its account, its members."""
    shown = get_object_or_404(Destination, pk=pk)
    form = DestinationForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        workflow.save_destination(request.user, shown)
        messages.success(request, _("Saved."))
        return redirect("destination", pk)
    context = {
        "form": form,
        "line": pages.destination_line(Destination.objects.get(pk=pk)),
        "token_form": TokenForm(),
        "members": shown.memberships.select_related("person"),
    }
    return render(request, "destinations/destination.html", context)


@require_POST
@access.confirmed_admins_only("destination")
def set_token(request, pk: int):
    """Another token."""
    form = TokenForm(request.POST)
    if form.is_valid():
        workflow.set_token(request.user, get_object_or_404(Destination, pk=pk), form.cleaned_data["token"])
        messages.success(request, _("The token is set."))
    else:
        messages.error(request, _("Nothing was changed: enter a token, or choose to forget the present one."))
    return redirect("destination", pk)


@require_POST
@access.confirmed_admins_only("destination")
def forget_token(request, pk: int):
    """No token any more."""
    workflow.set_token(request.user, get_object_or_404(Destination, pk=pk), "")
    messages.success(request, _("The token is forgotten. Calls are made without one."))
    return redirect("destination", pk)


@require_POST
@access.confirmed_admins_only("destination")
def pause(request, pk: int):
    """Stop all calls to the account."""
    workflow.pause(get_object_or_404(Destination, pk=pk), request.user)
    messages.success(request, _("The account is paused: nothing more is sent until an admin resumes it."))
    return redirect("destination", pk)


@require_POST
@access.confirmed_admins_only("destination")
def resume(request, pk: int):
    """Let the account go on, whatever paused it."""
    workflow.resume(get_object_or_404(Destination, pk=pk), request.user)
    messages.success(request, _("The account goes on."))
    return redirect("destination", pk)


@require_POST
@access.confirmed_admins_only("destination")
def remove(request, pk: int):
    """Remove a destination that nothing was ever sent to."""
    try:
        workflow.remove_destination(request.user, get_object_or_404(Destination, pk=pk))
    except workflow.StillUsed:
        messages.error(request, _("Nothing was changed: it has batches. Make it inactive instead."))
        return redirect("destination", pk)
    messages.success(request, _("The destination is removed."))
    return redirect("destinations")
