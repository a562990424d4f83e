"""What every request goes through, and what every answer gets."""

import ipaddress
import logging
import time
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils import translation

from uploads import access, audit, languages, tracing
from uploads.storage import StorageUnavailable

logger = logging.getLogger(__name__)

#: What somebody can reach whose role needs a second factor, while they have none.
ENROLMENT = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "account_reauthenticate",
    "language",
    "sign-out",
}

#: Whose answers depend on nothing in the request (`views.probes`).
PROBES = frozenset({"/healthz", "/readyz"})


def answer_probes(get_response):
    """Those who watch over processes ask by address, often, and without a cookie or HTTPS.

    No host is judged for them, no session looked up, and nothing asked of the database that the view does
    not ask itself: a process that lives says so whatever else is broken.
    """

    def middleware(request):
        if request.path_info not in PROBES:
            return get_response(request)
        response = resolve(request.path_info).func(request)
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def trace_request(get_response):
    """Each request has an id, which its lines in the log and its jobs carry, and its answer says."""

    def middleware(request):
        is_ours = _is_our_proxy(_address(request.META.get("REMOTE_ADDR", "")))
        given = request.headers.get("X-Request-ID") if is_ours else None
        began, number = time.monotonic(), tracing.request_id(given)
        with tracing.tracing(request=number):
            response = get_response(request)
            tracing.tell(
                "request",
                method=request.method,
                route=request.resolver_match.route if request.resolver_match else None,
                status=response.status_code,
                milliseconds=round((time.monotonic() - began) * 1000),
            )
        response["X-Request-ID"] = number
        return response

    def process_view(request, view, args, kwargs):
        if request.resolver_match.route.startswith("batches/<int:pk>/"):
            tracing.add(batch=kwargs["pk"])

    middleware.process_view = process_view
    return middleware


def _is_our_proxy(address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in its canonical form; None where the text is none."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or ipaddress.IPv6Address(int(address))
    return address


def note_origin(get_response):
    """What happens in a request comes, for the audit log, from its address and its kind of device."""

    def middleware(request):
        device = audit.device_of(request.headers.get("User-Agent", ""))
        with audit.coming_from(audit.Origin(client_address(request.META), device)):
            return get_response(request)

    return middleware


def client_address(meta: dict) -> str:
    """Whose request it is: the address that connected to us, or, where that is one of our own proxies,
    the last one in X-Forwarded-For that is not. What anybody else writes there counts for nothing.

    "" where the server knows no address, as behind a socket file.
    """
    chain = [*meta.get("HTTP_X_FORWARDED_FOR", "").split(","), meta.get("REMOTE_ADDR", "")]
    known = ""
    for text in reversed(chain):
        address = _address(text)
        if address is None:
            break  # A proxy of ours writes addresses: whatever this is, what stands before it is no better.
        known = str(address)
        if not _is_our_proxy(address):
            break
    return known


def end_old_sessions(get_response):
    """Sessions end when they are old, also those that are used all the time, which Django would prolong."""

    def middleware(request):
        if request.user.is_authenticated:
            began = request.session.get("began", 0)
            if time.time() - began > settings.SESSION_COOKIE_AGE:
                logout(request)
        return get_response(request)

    return middleware


def read_roles_once(get_response):
    """A request that changes nothing asks for the person's roles once; others ask whenever they need them."""

    def middleware(request):
        if request.method in ("GET", "HEAD") and request.user.is_authenticated:
            access.ask_once(request.user)
        return get_response(request)

    return middleware


def speak_their_language(get_response):
    """Where somebody chose a language, pages are in it, whatever the browser asks for.

    It stays active once the answer is made: a streamed report is written only after that.
    """

    def middleware(request):
        if chosen := languages.chosen_in(request):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        return get_response(request)

    return middleware


def admit_that_storage_is_away(get_response):
    """Where storage cannot be used now, the page says so, and not that a file is gone or something broke."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, error):
        if not isinstance(error, StorageUnavailable):
            return None
        logger.error("Storage cannot be used (%s).", error.strerror)
        answer = render(request, "503.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
        answer["Retry-After"] = "60"
        return answer

    middleware.process_exception = process_exception
    return middleware


def keep_pages_private(get_response):
    """Pages are kept by no cache: not after sign-out, no fragment for a page, no link of an invitation."""

    def middleware(request):
        response = get_response(request)
        response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def require_second_factor(get_response):
    """Where a role needs a second factor, setting one up comes before everything else."""

    def middleware(request):
        return get_response(request)

    def process_view(request, view, args, kwargs):
        request.must_enrol = access.lacks_second_factor(request)
        if request.must_enrol and request.resolver_match.url_name not in ENROLMENT:
            return redirect("mfa_index")
        return None

    middleware.process_view = process_view
    return middleware
