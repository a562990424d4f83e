"""Where django-allauth asks us how things are done here."""

import logging
from smtplib import SMTPException

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from uploads import audit, languages, workflow
from uploads.models import User
from uploads.sealing import seal, unseal

log = logging.getLogger(__name__)

WRONG_PASSWORD = _("This name and password do not fit together. Check both and try again.")
TOO_MANY = _("Too many attempts failed. Wait five minutes, then try again.")
CONFIRMED_BY = {
    "reauthenticate": _("use your password"),
    "mfa_reauthenticate": _("use a code"),
    "mfa_reauthenticate:webauthn": _("use a passkey"),
}
WRONG_CODE = _("This code or passkey is not right, or it came too late. Try again.")


class AccountAdapter(DefaultAccountAdapter):
    """Local accounts: nobody signs up, failures are written down, mail that cannot be sent is said."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG_PASSWORD,
        "email_password_mismatch": WRONG_PASSWORD,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
        "incorrect_password": _("This is not your password. Try again."),
        "enter_current_password": _("This is not your present password. Try again."),
        "incorrect_code": WRONG_CODE,
        "email_taken": _("Another account has this e-mail address."),
        "duplicate_email": _("This is your e-mail address already."),
    }

    def is_open_for_signup(self, request) -> bool:
        """Never: people come by invitation."""
        return False

    def get_client_ip(self, request) -> str:
        """The address that limits count by: the one that the audit log notes."""
        return audit.origin().ip or super().get_client_ip(request)

    def get_password_change_redirect_url(self, request) -> str:
        """Back to the page that it was begun on."""
        return reverse("mfa_index")

    def get_email_verification_redirect_url(self, email_address) -> str:
        """To one's own page, by way of the sign-in page where that is needed."""
        return reverse("mfa_index")

    def get_reauthentication_methods(self, user) -> list[dict]:
        """The ways to confirm who one is, in our words."""
        return [
            {**way, "description": CONFIRMED_BY[way["id"]]}
            for way in super().get_reauthentication_methods(user)
        ]

    def pre_authenticate(self, request, **credentials) -> None:
        """Hold the limits, and note where one is reached. Raises ValidationError."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            workflow.sign_in_failed(self._meant(credentials), by="password", reason="too many attempts")
            raise

    def authentication_failed(self, request, **credentials) -> None:
        """Note a wrong password."""
        workflow.sign_in_failed(self._meant(credentials), by="password", reason="wrong password")

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Send it in its reader's language, or answer with a page that says why not: a link that never left
        helps nobody."""
        try:
            with languages.speaking_to(context.get("user")):
                super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            log.error("An e-mail could not be sent: %s", type(error).__name__)
            answer = render(allauth_context.request, "account/no_mail.html", status=503)
            raise ImmediateHttpResponse(answer) from None

    def send_notification_mail(self, template_prefix, user, context=None, email=None) -> None:
        """Tell somebody what was done to their account. It is done, whether or not the mail leaves."""
        try:
            super().send_notification_mail(template_prefix, user, context, email)
        except ImmediateHttpResponse:
            log.warning("Person %s could not be told by e-mail of a change to their account.", user.pk)

    def _meant(self, credentials: dict) -> User | None:
        """The person whose name or address was typed, if there is one."""
        typed = [value for key, value in credentials.items() if key in ("username", "email")]
        wanted = Q(pk__in=[])
        for value in typed:
            wanted |= Q(username__iexact=value) | Q(email__iexact=value)
        return User.objects.filter(wanted).first()


class SecondFactorAdapter(DefaultMFAAdapter):
    """Second factors: their secrets are encrypted at rest."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        """The secret as it is stored."""
        return seal(text, settings.SECOND_FACTOR_KEY).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret in the clear; raises `uploads.sealing.CannotUnseal` where the key has changed."""
        return unseal(encrypted_text.encode(), settings.SECOND_FACTOR_KEY)

    def generate_authenticator_name(self, user, type) -> str:
        """What a passkey is called if its owner gives it no name."""
        return str(_("Passkey"))


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Sessions that a person ends from afar."""

    def end_sessions(self, sessions) -> None:
        """End them and note how many."""
        super().end_sessions(sessions)
        if sessions:
            workflow.sessions_ended(allauth_context.request.user, len(sessions))


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Single sign-on: by the settings alone, and for people who are here already."""

    def list_apps(self, request, provider=None, client_id=None) -> list[SocialApp]:
        """What the settings name; nothing that stands in the database can add a provider."""
        named = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        apps = [SocialApp(provider="openid_connect", **app) for app in named]
        return [
            app
            for app in apps
            if provider in (None, app.provider, app.provider_id) and client_id in (None, app.client_id)
        ]

    def is_open_for_signup(self, request, sociallogin) -> bool:
        """Never: people come by invitation, however they sign in."""
        return False
