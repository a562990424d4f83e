"""What django-allauth tells by signals, written into the audit log.

Its flows are not ours, so signals are the one way to hear of them; everything of our own calls
`uploads.audit` itself.
"""

import time

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.utils.translation import get_language

from uploads import languages, workflow


def connect() -> None:
    """Listen; once, when the app is ready."""
    user_logged_in.connect(_session_begins)
    account.user_logged_in.connect(_signed_in)
    account.authentication_step_completed.connect(_confirmed)
    account.password_changed.connect(_password_changed)
    account.password_set.connect(_password_changed)
    account.password_reset.connect(_password_reset)
    account.email_changed.connect(_email_changed)
    mfa.authentication_failed.connect(_code_refused)
    mfa.authenticator_added.connect(_second_factor_added)
    mfa.authenticator_reset.connect(_second_factor_added)
    mfa.authenticator_removed.connect(_second_factor_removed)
    user_logged_out.connect(_signed_out)


def _session_begins(request, **kwargs) -> None:
    # Nothing prolongs this; see `uploads.middleware.end_old_sessions`.
    request.session["began"] = time.time()


def _signed_in(request, user, **kwargs) -> None:
    records = get_authentication_records(request, user)
    workflow.signed_in(user, by=[record.get("type") or record["method"] for record in records])
    chosen = request.session.pop(languages.IN_SESSION, "")
    if chosen or not user.language:
        workflow.choose_language(user, chosen or get_language())


def _confirmed(user, method, reauthenticated=False, **kwargs) -> None:
    if reauthenticated:
        workflow.confirmed(user, by=kwargs.get("type") or method)


def _signed_out(user, **kwargs) -> None:
    if user is not None:
        workflow.signed_out(user)


def _password_changed(user, **kwargs) -> None:
    workflow.password_changed(user, user)


def _password_reset(user, **kwargs) -> None:
    workflow.password_reset(user)


def _email_changed(user, from_email_address, to_email_address, **kwargs) -> None:
    before = from_email_address.email if from_email_address else ""
    workflow.email_changed(user, before=before, after=to_email_address.email)


def _code_refused(user, authenticator, **kwargs) -> None:
    workflow.sign_in_failed(user, by=authenticator.type, reason="wrong code")


def _second_factor_added(user, authenticator, **kwargs) -> None:
    workflow.second_factor_added(user, authenticator.type)


def _second_factor_removed(user, authenticator, **kwargs) -> None:
    workflow.second_factor_removed(user, authenticator.type)
