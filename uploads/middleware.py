"""What every request goes through, and what every answer gets."""

from django.shortcuts import redirect

from uploads import access

#: What somebody can reach whose role needs a second factor, while they have none.
ENROLMENT = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "account_reauthenticate",
    "sign-out",
}


def keep_pages_private(get_response):
    """Pages of signed-in people are kept by no cache: not after sign-out, and no fragment for a page."""

    def middleware(request):
        response = get_response(request)
        if request.user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def require_second_factor(get_response):
    """Where a role needs a second factor, setting one up comes before everything else."""

    def middleware(request):
        return get_response(request)

    def process_view(request, view, args, kwargs):
        request.must_enrol = access.lacks_second_factor(request.user)
        if request.must_enrol and request.resolver_match.url_name not in ENROLMENT:
            return redirect("mfa_index")
        return None

    middleware.process_view = process_view
    return middleware
