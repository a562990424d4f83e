"""What django-allauth has no view for, or one that does not say what went wrong."""

import logging

from allauth.socialaccount.providers.openid_connect import views as openid
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from requests import RequestException

log = logging.getLogger(__name__)


@login_not_required
def to_provider(request, provider_id: str):
    """To the provider of single sign-on; says so where it does not answer."""
    try:
        return openid.login(request, provider_id)
    except RequestException as error:
        log.error("The provider of single sign-on does not answer: %s", type(error).__name__)
        return render(request, "socialaccount/authentication_error.html", status=503)


@require_POST
def end_session(request, pk: int):
    """Sign oneself out on another device."""
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    get_adapter().end_sessions([get_object_or_404(others, pk=pk)])
    messages.success(request, _("You are signed out there."))
    return redirect("usersessions_list")
