"""Django's admin with our own door: our sign-in page, and the admin role instead of Django's permissions."""

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from uploads import access


class RoleAdminSite(AdminSite):
    """For admins; for everybody else who is signed in it does not exist."""

    site_header = site_title = _("Bulkprofile administration")
    index_title = _("People, destinations, history")

    def has_permission(self, request) -> bool:
        """Whether the person holds the admin role."""
        return access.is_admin(request.user)

    def login(self, request, extra_context=None):
        """Our sign-in page is the only one."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(self, request, extra_context=None):
        """Our page is the only one, and it leaves an audit event."""
        return redirect("password-change")
