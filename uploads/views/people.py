"""Signing in and changing one's password."""

from django.contrib.auth import views as auth_views
from django.contrib.messages.views import SuccessMessageMixin
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from uploads import workflow


class SignIn(auth_views.LoginView):
    """The way in; somebody who is signed in already goes home."""

    template_name = "registration/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form):
        """Sign in and note it."""
        response = super().form_valid(form)
        workflow.signed_in(self.request.user)
        return response


class ChangePassword(SuccessMessageMixin, auth_views.PasswordChangeView):
    """A new password for oneself."""

    template_name = "registration/password_change.html"
    success_url = reverse_lazy("batches")
    success_message = _("Your password is changed.")

    def form_valid(self, form):
        """Change it and note it, both or neither."""
        with transaction.atomic():
            response = super().form_valid(form)
            workflow.password_changed(self.request.user, self.request.user)
        return response


def home(request):
    """The history is where everybody begins."""
    return redirect("batches")
