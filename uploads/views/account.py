"""One's own choices, beyond signing in."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from uploads.account_forms import NotificationsForm


@require_http_methods(["GET", "POST"])
def notifications(request):
    """Choose which e-mails one gets."""
    form = NotificationsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("mfa_index")
    return render(request, "account/notifications.html", {"form": form})
