"""The choice of a language."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from uploads import languages, workflow


@login_not_required
@require_POST
def choose_language(request):
    """Keep it, for the person or, before they sign in, for the session; then back to the page."""
    language = request.POST.get("language", "")
    if languages.is_spoken(language):
        if request.user.is_authenticated:
            workflow.choose_language(request.user, language)
        else:
            request.session[languages.IN_SESSION] = language
    back = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "home")
