"""All settings, from the environment, with defaults that are safe on a public address.

`make run` relaxes what a laptop needs relaxed (plain HTTP on loopback) by setting
BULKPROFILE_INSECURE_HTTP; nothing else turns the protections off. Secrets are made on first use
under BULKPROFILE_VAR and can be overridden by the environment.
"""

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import ConstantBackoff
from redis.connection import parse_url
from redis.retry import Retry

BASE_DIR = Path(__file__).resolve().parent.parent


def env_flag(name: str, default: bool = False) -> bool:
    """Whether the environment variable says yes (1, true, yes, on)."""
    return os.environ.get(name, "1" if default else "").strip().lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    """The environment variable as a whole number; ImproperlyConfigured where it is none."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None


def env_list(name: str, default: list[str]) -> list[str]:
    """The environment variable split at commas, without blanks."""
    raw = os.environ.get(name, "")
    return [part.strip() for part in raw.split(",") if part.strip()] or default


# State ------------------------------------------------------------------------------------------

VAR = Path(os.environ.get("BULKPROFILE_VAR") or BASE_DIR / "var").resolve()
KEYS = VAR / "keys"


def kept_secret(variable: str, name: str) -> str:
    """The secret from the environment, else from the key folder, made there on first use.

    Two processes may start at once on a fresh folder: the link below is atomic, so one of them
    wins and both read the winner's key. Raises OSError where the folder cannot be used.
    """
    if os.environ.get(variable):
        return os.environ[variable]
    path = KEYS / name
    if not path.exists():
        make_secret(path)
    return path.read_text().strip()


def make_secret(path: Path) -> None:
    """A fresh secret at `path`, whole or not at all, readable for us alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


try:
    # The database's folder, too: no command asks for anything to be made by hand first.
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    SECRET_KEY = kept_secret("BULKPROFILE_SECRET_KEY", "secret.key")
    TOKEN_KEY = kept_secret("BULKPROFILE_TOKEN_KEY", "token.key")
    AUDIT_KEY = kept_secret("BULKPROFILE_AUDIT_KEY", "audit.key")
    FINGERPRINT_KEY = kept_secret("BULKPROFILE_FINGERPRINT_KEY", "fingerprint.key")
except OSError as error:
    raise ImproperlyConfigured(
        f"BULKPROFILE_VAR names a folder that cannot be used ({error}). Name one that can be written."
    ) from None

# Site -------------------------------------------------------------------------------------------

DEBUG = env_flag("DJANGO_DEBUG")
INSECURE_HTTP = env_flag("BULKPROFILE_INSECURE_HTTP")
PORT = env_int("PORT", 8000)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "uploads",
    "uploads.apps.RoleAdminConfig",
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
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "uploads.middleware.keep_pages_private",
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
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "batches"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Database ---------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR / "bulkprofile.sqlite3",
        # Taking the write lock at BEGIN and waiting for it is what keeps web and workers free of
        # "database is locked"; the defaults give thousands of such errors under this load.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}

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
# The web server refuses larger bodies: nobody fills the disk with one request.
MAX_REQUEST_BYTES = 64_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_SLICE_BYTES + 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# Jobs -------------------------------------------------------------------------------------------


def redis_settings() -> dict:
    """Host, port and password of the Redis-protocol server.

    Parts, not a URL: with a URL django-rq ignores the client arguments (timeouts, keepalive).
    """
    parts = {"host": "127.0.0.1", "port": 6379, "db": 0}
    if os.environ.get("REDIS_URL"):
        parts.update(parse_url(os.environ["REDIS_URL"]))
    return {
        "HOST": parts["host"],
        "PORT": parts["port"],
        "DB": parts.get("db", 0),
        "USERNAME": parts.get("username"),
        "PASSWORD": os.environ.get("REDIS_PASSWORD") or parts.get("password"),
        "SSL": os.environ.get("REDIS_URL", "").startswith("rediss://"),
        "REDIS_CLIENT_KWARGS": {
            "socket_connect_timeout": 5,
            "health_check_interval": 15,
            # The default retries for seconds, in which a page would not answer; the sweep rings again.
            "retry": Retry(ConstantBackoff(0.1), 2),
        },
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "DEFAULT_TIMEOUT": 3 * 60 * 60,
        "DEFAULT_RESULT_TTL": 60,
    }


# One queue a worker: a long check never keeps a delivery or a poll waiting.
RQ_QUEUES = {name: redis_settings() for name in ("checking", "delivering", "following")}
RQ = {"COMMIT_MODE": "on_db_commit", "WORKER_CLASS": "uploads.workers.Worker"}
# Its pages would let jobs be deleted and run again past our rights and the audit log.
RQ_SHOW_ADMIN_LINK = False
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

# Security ---------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = not INSECURE_HTTP
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
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Words ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "uploads" / "locale"]
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # RQ logs a job's description at INFO; ours carry ids only, but one line a poll is noise.
    "loggers": {"rq.worker": {"level": "WARNING"}},
}
