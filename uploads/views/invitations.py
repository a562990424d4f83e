"""Inviting people, and accepting an invitation."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from uploads import access, workflow
from uploads.models import Invitation
from uploads.people_forms import AcceptForm, InvitationForm


@require_http_methods(["GET", "POST"])
@access.confirmed_admins_only("invite")
def invite(request):
    """Send somebody a link."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = workflow.invite(
                request.user,
                **form.cleaned_data,
                link_to=lambda token: request.build_absolute_uri(reverse("invitation", args=[token])),
            )
        except workflow.MailNotSent:
            form.add_error(
                None,
                _("The mail server did not take the e-mail, so nobody is invited. Check its settings."),
            )
        else:
            messages.success(
                request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email}
            )
            return redirect("people")
    return render(request, "people/invite.html", {"form": form, "days": settings.INVITATION_DAYS})


@require_POST
@access.confirmed_admins_only("people", of_one=False)
def withdraw(request, pk: int):
    """Take an invitation back."""
    if workflow.withdraw_invitation(request.user, get_object_or_404(Invitation, pk=pk)):
        messages.success(request, _("The invitation is withdrawn: its link does not work any more."))
    else:
        messages.info(request, _("Nothing was changed: its link did not work any more."))
    return redirect("people")


@login_not_required
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def accept(request, token: str):
    """Make the account that somebody was invited to; the token is the only key to it."""
    try:
        invitation = workflow.invitation_of(token)
        form = AcceptForm(request.POST or None, invitation=invitation)
        if request.method == "POST" and not request.user.is_authenticated and form.is_valid():
            workflow.accept_invitation(token, form.newcomer())
            messages.success(request, _("Your account is ready. Sign in with it."))
            return redirect("sign-in")
    except workflow.InvitationGone:
        return render(request, "people/invitation_gone.html", status=410)
    except workflow.NameTaken:
        form.add_error("username", _("Somebody has just taken this name. Choose another one."))
    return render(request, "people/accept.html", {"form": form, "invitation": invitation})
