"""All settings, from the environment, with defaults that are safe on a public address.

`make run` relaxes what a laptop needs relaxed (plain HTTP on loopback) by setting
BULKPROFILE_INSECURE_HTTP; nothing else turns the protections off. Secrets are made on first use
under BULKPROFILE_VAR and can be overridden by the environment.
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from .environment import (
    database,
    env_flag,
    env_int,
    env_list,
    env_networks,
    env_spans,
    kept_keys,
    kept_secret,
    redis_queue,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# State ------------------------------------------------------------------------------------------

VAR = Path(os.environ.get("BULKPROFILE_VAR") or BASE_DIR / "var").resolve()
KEYS = VAR / "keys"

try:
    # The database's folder, too: no command asks for anything to be made by hand first.
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    SECRET_KEY = kept_secret(KEYS, "BULKPROFILE_SECRET_KEY", "secret.key")
    TOKEN_KEYS = kept_keys(KEYS, "BULKPROFILE_TOKEN_KEY", "token.key")
    AUDIT_KEYS = kept_keys(KEYS, "BULKPROFILE_AUDIT_KEY", "audit.key")
    FINGERPRINT_KEY = kept_secret(KEYS, "BULKPROFILE_FINGERPRINT_KEY", "fingerprint.key")
    SECOND_FACTOR_KEY = kept_secret(KEYS, "BULKPROFILE_SECOND_FACTOR_KEY", "second-factor.key")
except OSError as error:
    raise ImproperlyConfigured(
        f"BULKPROFILE_VAR names a folder that cannot be used ({error}). Name one that can be written."
    ) from None

# Where the source can be written, what the check compiles is kept beside it.
if not os.access(BASE_DIR / "uploads" / "batchfile", os.W_OK):
    os.environ.setdefault("NUMBA_CACHE_DIR", str(VAR / "compiled"))

# Site -------------------------------------------------------------------------------------------

DEBUG = env_flag("DJANGO_DEBUG")
INSECURE_HTTP = env_flag("BULKPROFILE_INSECURE_HTTP")
PORT = env_int("PORT", 8000)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])

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

# People -----------------------------------------------------------------------------------------

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
# Words that a password may not be built on, besides the product's own: the company's, its brands'.
PASSWORD_WORDS = ["bulkprofile", "adobe", *env_list("PASSWORD_WORDS", [])]
# A session ends with the browser, and after a working day at the latest.
SESSION_COOKIE_AGE = env_int("SESSION_HOURS", 12) * 60 * 60
ACCOUNT_SESSION_REMEMBER = False
# A cookie of its own would carry messages through the browser, under a name that no prefix protects.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
INVITATION_DAYS = env_int("INVITATION_DAYS", 7)

# Whoever holds one of these roles must set up a second factor before anything else; "none" asks nobody.
SECOND_FACTOR_ROLES = env_list("SECOND_FACTOR_ROLES", ["none"] if INSECURE_HTTP else ["admin", "reviewer"])
if unknown := set(SECOND_FACTOR_ROLES) - {"none", "uploader", "reviewer", "auditor", "admin"}:
    raise ImproperlyConfigured(f"SECOND_FACTOR_ROLES knows no role {', '.join(sorted(unknown))}.")

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
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if INSECURE_HTTP else "https"
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
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = INSECURE_HTTP
# An address that waits for its confirmation is no reason to refuse a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True

USERSESSIONS_ADAPTER = "uploads.signin.adapters.SessionsAdapter"

# Single sign-on by OpenID Connect, off until these are set. It signs in people who are here already, by the
# address that the provider has verified; it makes nobody an account.
SOCIALACCOUNT_ADAPTER = "uploads.signin.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
# The way to the provider is a link: a form that ends on another site would break form-action below.
SOCIALACCOUNT_LOGIN_ON_GET = True
OIDC_ISSUER = os.environ.get("OIDC_ISSUER", "")
# Whether the provider is known to ask everybody for a second factor, so that none is needed here.
OIDC_TRUST_SECOND_FACTOR = env_flag("OIDC_TRUST_SECOND_FACTOR")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": os.environ.get("OIDC_NAME", "single sign-on"),
                "client_id": os.environ.get("OIDC_CLIENT_ID", ""),
                "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

# E-mail -----------------------------------------------------------------------------------------

#: Where people reach the site: links in e-mails that no request leads to.
SITE_URL = os.environ.get("SITE_URL") or (
    f"http://localhost:{PORT}" if INSECURE_HTTP else f"https://{ALLOWED_HOSTS[0]}"
)
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = env_flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "bulkprofile@localhost")
# Links to set passwords must not stand in a log, except on a machine of one's own without a mail server.
EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend"
    if INSECURE_HTTP and "EMAIL_HOST" not in os.environ
    else "django.core.mail.backends.smtp.EmailBackend"
)

# Limits -----------------------------------------------------------------------------------------

# Counts failed sign-ins and used one-time codes: for all web processes together, and beyond their end.
CACHES = {"default": {"BACKEND": "uploads.caching.DatabaseCache"}}

# Database ---------------------------------------------------------------------------------------

# A file in VAR, or the PostgreSQL database that DATABASE_URL names.
DATABASES = {"default": database(VAR)}

# Files ------------------------------------------------------------------------------------------

MEDIA_ROOT = VAR / "files"
# Slices of an upload are appended here; the same file system as MEDIA_ROOT makes the hand-over a rename.
INCOMING_ROOT = VAR / "incoming"
WORK_ROOT = VAR / "work"
# Answers of Target that the database does not have yet: on a disk that outlives the process.
JOURNAL_ROOT = VAR / "journal"
STATIC_URL = "static/"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
            # A file keeps its exact name, and a newer one takes its place without a gap.
            "allow_overwrite": True,
        },
    },
    # Served from where they lie (WHITENOISE_USE_FINDERS): no step to run before the first start.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

MAX_UPLOAD_BYTES = env_int("MAX_UPLOAD_BYTES", 1_000_000_000)
UPLOAD_SLICE_BYTES = env_int("UPLOAD_SLICE_BYTES", 8_000_000)
# What one person may have begun to upload and not finished: as many files, with so many bytes announced.
MAX_BEGUN_UPLOADS = env_int("MAX_BEGUN_UPLOADS", 10)
MAX_BEGUN_BYTES = max(MAX_UPLOAD_BYTES, env_int("MAX_BEGUN_BYTES", 3 * MAX_UPLOAD_BYTES))
# The web server refuses larger bodies: nobody fills the disk with one request.
MAX_REQUEST_BYTES = 64_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_SLICE_BYTES + 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# Jobs -------------------------------------------------------------------------------------------

# One queue a worker: a long check never keeps a delivery or a poll waiting.
RQ_QUEUES = {name: redis_queue() for name in ("checking", "delivering", "following")}
RQ = {"COMMIT_MODE": "on_db_commit", "WORKER_CLASS": "uploads.workers.Worker"}
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 5)
# How long a worker's claim lives once nobody renews it (which happens six times as often). Less than the time
# that a busy database may keep a writer waiting (20 s, above) would give up workers that are only slow.
CLAIM_SECONDS = env_int("CLAIM_SECONDS", 30)

# Target -----------------------------------------------------------------------------------------

# Faults that the sandbox begins with, as `manage.py sandbox --scenario` takes them.
SANDBOX_SCENARIO = os.environ.get("SANDBOX_SCENARIO", "")
SANDBOX_URL = os.environ.get("SANDBOX_URL", f"http://127.0.0.1:{PORT + 1}")
# How long Target may keep silent while it takes a batch before the part counts as in doubt.
SUBMIT_SILENCE_SECONDS = env_int("SUBMIT_SILENCE_SECONDS", 120)
# How long after its end profiles of a batch are read back (T12); the sandbox shows at once what it took.
ARRIVAL_HOURS = env_spans("ARRIVAL_HOURS", "hours", [1, 24])
# And how long after Target is done with the first rows of a batch that go alone, as long as some are missing.
CANARY_MINUTES = env_spans("CANARY_MINUTES", "minutes", [5, 15, 60])

# Security ---------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = not INSECURE_HTTP
# A load balancer asks a process itself, by plain HTTP (`middleware.answer_probes`).
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = not INSECURE_HTTP
SECURE_HSTS_PRELOAD = not INSECURE_HTTP
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = not INSECURE_HTTP
SESSION_COOKIE_NAME = "sessionid" if INSECURE_HTTP else "__Host-sessionid"
CSRF_COOKIE_SECURE = not INSECURE_HTTP
CSRF_COOKIE_NAME = "csrftoken" if INSECURE_HTTP else "__Host-csrftoken"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
# Proxies of our own, whose X-Forwarded-For says whom a request comes from; nobody else's does.
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")
if env_flag("BEHIND_TLS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
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

# Words ------------------------------------------------------------------------------------------

# Each by its own name, so that whoever speaks it finds it.
LANGUAGES = [("en", "English"), ("es", "Español"), ("fr", "Français")]
# For browsers that ask for none of these, and for what no browser asks for.
LANGUAGE_CODE = os.environ.get("LANGUAGE_CODE", "en")
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"LANGUAGE_CODE is one of {', '.join(dict(LANGUAGES))}.")
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "uploads" / "locale"]
FORMAT_MODULE_PATH = "uploads.formats"
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # RQ logs a job's description at INFO; ours carry ids only, but one line a poll is noise.
    "loggers": {"rq.worker": {"level": "WARNING"}},
}
