"""Settings that are the same in every installation: what the site is made of, and how people sign in.

`settings` takes them all over; what an installation decides by its environment stands there.
"""

from pathlib import Path

from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent

# Site -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "uploads",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "django_rq",
]

MIDDLEWARE = [
    # What only sets headers comes first, so that redirects and static files have them, too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "uploads.middleware.answer_probes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "uploads.middleware.trace_request",
    "uploads.middleware.note_origin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "uploads.middleware.end_old_sessions",
    "uploads.middleware.read_roles_once",
    "uploads.middleware.speak_their_language",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "uploads.middleware.admit_that_storage_is_away",
    "uploads.middleware.keep_pages_private",
    "uploads.middleware.require_second_factor",
]

ROOT_URLCONF = "bulkprofile.urls"
WSGI_APPLICATION = "bulkprofile.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "uploads.access.rights_in_templates",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Signing in -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "uploads.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "uploads.signin.passwords.ContextWordsValidator"}]
ACCOUNT_SESSION_REMEMBER = False
# A cookie of its own would carry messages through the browser, under a name that no prefix protects.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

ACCOUNT_ADAPTER = "uploads.signin.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    step: f"uploads.signin.forms.{form}"
    for step, form in (
        ("login", "SignInForm"),
        ("reauthenticate", "ConfirmPasswordForm"),
        ("change_password", "ChangePasswordForm"),
        ("set_password", "FirstPasswordForm"),
        ("reset_password", "ForgottenPasswordForm"),
        ("reset_password_from_key", "NewPasswordForm"),
        ("add_email", "ChangeEmailForm"),
    )
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
# Nobody signs up: an invitation proves the address, and changing it asks for a proof (CHANGE_EMAIL).
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}

MFA_ADAPTER = "uploads.signin.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "uploads.signin.forms.CodeForm",
    "reauthenticate": "uploads.signin.forms.ConfirmCodeForm",
    "activate_totp": "uploads.signin.forms.AppForm",
    "add_webauthn": "uploads.signin.forms.PasskeyForm",
    "login_webauthn": "uploads.signin.forms.PasskeySignInForm",
    "authenticate_webauthn": "uploads.signin.forms.PasskeyStepForm",
    "reauthenticate_webauthn": "uploads.signin.forms.ConfirmPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Bulkprofile"
MFA_TOTP_TOLERANCE = 1  # of 30 s each way: clocks of phones differ
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# An address that waits for its confirmation is no reason to refuse a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True

USERSESSIONS_ADAPTER = "uploads.signin.adapters.SessionsAdapter"

# It signs in people who are here already, by the address that the provider has verified; it makes nobody an
# account.
SOCIALACCOUNT_ADAPTER = "uploads.signin.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
# The way to the provider is a link: a form that ends on another site would break form-action below.
SOCIALACCOUNT_LOGIN_ON_GET = True

# Security ---------------------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Bootstrap draws its form marks as data: images in its own style sheet.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
