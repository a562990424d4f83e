"""People and what they are where, for the admin."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from uploads import access, pages, workflow
from uploads.models import Invitation, Membership, User
from uploads.people_forms import MembershipForm, PeopleFilterForm, PersonForm

from .batches import query_without_page

A_PAGE = 50
INVITATIONS = 20


@require_GET
@access.admins_only
def people(request):
    """Everybody, with their roles."""
    form = PeopleFilterForm(request.GET)
    found = form.narrow(User.objects.with_roles())
    context = {
        "form": form,
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "query": query_without_page(request),
        "invitations": pages.invitation_lines(
            Invitation.objects.select_related("destination", "invited_by")[:INVITATIONS]
        ),
    }
    return render(request, "people/list.html", context)


@require_http_methods(["GET", "POST"])
@access.confirmed_admins_only("person")
def person(request, pk: int):
    """One person: who they are, what they are where, how they sign in."""
    somebody = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, instance=somebody)
    if request.method == "POST" and form.is_valid():
        try:
            workflow.save_person(request.user, somebody)
        except workflow.LastAdmin:
            form.add_error("site_role", _last_admin())
        else:
            messages.success(request, _("Saved."))
            return redirect("person", pk)
    context = {
        "form": form,
        "membership_form": MembershipForm(),
        "person": User.objects.with_roles().get(pk=pk),
        "security": pages.security_of(somebody),
    }
    return render(request, "people/person.html", context)


@require_POST
@access.confirmed_admins_only("person")
def give_membership(request, pk: int):
    """Give somebody a role at a destination."""
    somebody = get_object_or_404(User, pk=pk)
    form = MembershipForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was changed: choose a destination and a role."))
    elif workflow.give_membership(request.user, somebody, **form.cleaned_data):
        messages.success(request, _("The role is given."))
    else:
        messages.info(request, _("They hold this role already."))
    return redirect("person", pk)


@require_POST
@access.confirmed_admins_only("person")
def take_membership(request, pk: int, membership: int):
    """Take a role at a destination away."""
    theirs = Membership.objects.select_related("person", "destination")
    workflow.take_membership(request.user, get_object_or_404(theirs, pk=membership, person=pk))
    messages.success(request, _("The role is taken away."))
    return redirect("person", pk)


@require_POST
@access.confirmed_admins_only("person")
def deactivate(request, pk: int):
    """Let somebody in no more."""
    try:
        workflow.deactivate(request.user, get_object_or_404(User, pk=pk))
    except workflow.LastAdmin:
        messages.error(request, _last_admin())
    else:
        messages.success(request, _("They are signed out everywhere and cannot sign in any more."))
    return redirect("person", pk)


@require_POST
@access.confirmed_admins_only("person")
def reactivate(request, pk: int):
    """Let somebody in again."""
    workflow.reactivate(request.user, get_object_or_404(User, pk=pk))
    messages.success(request, _("They can sign in again."))
    return redirect("person", pk)


@require_POST
@access.confirmed_admins_only("person")
def reset_second_factor(request, pk: int):
    """Take all second factors off somebody who lost theirs."""
    workflow.reset_second_factor(request.user, get_object_or_404(User, pk=pk))
    messages.success(request, _("Their second factors are gone, and they are signed out everywhere."))
    return redirect("person", pk)


@require_POST
@access.confirmed_admins_only("person")
def sign_out_everywhere(request, pk: int):
    """End somebody's sessions."""
    workflow.sign_out_everywhere(request.user, get_object_or_404(User, pk=pk))
    messages.success(request, _("They are signed out everywhere."))
    return redirect("person", pk)


def _last_admin() -> str:
    return _("Nothing was changed: this is the last active admin. Make somebody else an admin first.")
