"""django-allauth's forms in our words: labels above the fields, no placeholders."""

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.translation import gettext_lazy as _

from uploads import workflow

AGAIN = _("The same once more")


class InOurWords:
    """A form whose `labels` and `helps` replace those that came with it."""

    labels: dict = {}
    helps: dict = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, "")
            field.widget.attrs.pop("placeholder", None)


class SignInForm(InOurWords, account.LoginForm):
    """Name or address, and password."""

    labels = {"password": _("Password")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        name = forms.CharField(
            label=_("User name or e-mail address"),
            max_length=254,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
        )
        self.fields = {"username": name, "password": self.fields["password"]}

    def clean(self):
        """Check both together; raises ValidationError where they do not fit or too many attempts failed."""
        self.cleaned_data["login"] = self.cleaned_data.get("username", "").strip()
        return super().clean()


class ConfirmPasswordForm(InOurWords, account.ReauthenticateForm):
    """The password once more, before something that matters."""

    labels = {"password": _("Your password")}


class ChangePasswordForm(InOurWords, account.ChangePasswordForm):
    """Another password for oneself."""

    labels = {"oldpassword": _("Present password"), "password1": _("New password"), "password2": AGAIN}
    helps = {"password1": password_validators_help_text_html()}


class FirstPasswordForm(InOurWords, account.SetPasswordForm):
    """A password for somebody who has had none."""

    labels = {"password1": _("Password"), "password2": AGAIN}
    helps = {"password1": password_validators_help_text_html()}


class ForgottenPasswordForm(InOurWords, account.ResetPasswordForm):
    """Where to send the link for a new password."""

    labels = {"email": _("Your e-mail address")}


class NewPasswordForm(InOurWords, account.ResetPasswordKeyForm):
    """The new password, by the link."""

    labels = {"password1": _("New password"), "password2": AGAIN}
    helps = {"password1": password_validators_help_text_html()}


class ChangeEmailForm(InOurWords, account.AddEmailForm):
    """Another address; it counts once it is confirmed."""

    labels = {"email": _("New e-mail address")}


class Code:
    """What a field for a one-time code looks like."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(autofocus=True, autocapitalize="none", spellcheck="false")


class CodeForm(Code, InOurWords, mfa.AuthenticateForm):
    """The second step of signing in."""

    labels = {"code": _("Code")}


class ConfirmCodeForm(Code, InOurWords, mfa.ReauthenticateForm):
    """A code, before something that matters."""

    labels = {"code": _("Code")}


class AppForm(Code, InOurWords, ActivateTOTPForm):
    """The first code of an authenticator app, which proves that it has the secret."""

    labels = {"code": _("Code that the app shows")}


class PasskeyForm(InOurWords, webauthn.AddWebAuthnForm):
    """A passkey and its name. Each can be used alone, for it checks its owner itself."""

    labels = {"name": _("Name of the passkey")}
    helps = {"name": _("So that you know it again, such as the device that keeps it.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # django-allauth's script asks this box; nobody needs to see it.
        self.fields["passwordless"].widget = forms.CheckboxInput(attrs={"hidden": True, "checked": True})


class NotedPasskey:
    """Notes a passkey that is refused, for django-allauth tells nobody."""

    def clean_credential(self):
        """The passkey that answered. Raises ValidationError."""
        try:
            return self._checked()
        except forms.ValidationError:
            workflow.sign_in_failed(self.user, by="webauthn", reason="passkey refused")
            raise

    def _checked(self):
        try:
            return super().clean_credential()
        except KeyError:
            # An answer that lacks a part was made by hand; django-allauth would break on it.
            raise get_adapter().validation_error("incorrect_code") from None


class PasskeySignInForm(NotedPasskey, webauthn.LoginWebAuthnForm):
    """Signing in by a passkey alone."""


class PasskeyStepForm(NotedPasskey, webauthn.AuthenticateWebAuthnForm):
    """A passkey as the second step of signing in."""


class ConfirmPasskeyForm(NotedPasskey, webauthn.ReauthenticateWebAuthnForm):
    """A passkey, before something that matters."""
