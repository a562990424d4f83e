"""All settings, from the environment, with defaults that are safe on a public address.

`make run` relaxes what a laptop needs relaxed (plain HTTP on loopback) by setting
BULKPROFILE_INSECURE_HTTP; nothing else turns the protections off. Secrets are made on first use
under BULKPROFILE_VAR and can be overridden by the environment. Where it is and
what it keeps says `site`, how people sign in `people`; what no environment changes is `fixed`.
"""

from django.core.exceptions import ImproperlyConfigured

from .environment import (
    database,
    env_flag,
    env_int,
    env_networks,
    env_spans,
    env_text,
    env_token,
    env_topic,
    env_variables,
    redis_queue,
)
from .file_storage import file_storage
from .fixed import *  # noqa: F403
from .observing import logging_settings, report_errors
from .people import *  # noqa: F403
from .site import *  # noqa: F403
from .site import BASE_DIR, INSECURE_HTTP, PORT, VAR

# Limits -----------------------------------------------------------------------------------------

# Counts failed sign-ins and used one-time codes: for all web processes together, and beyond their end.
CACHES = {"default": {"BACKEND": "uploads.caching.DatabaseCache"}}

# Database and job server ------------------------------------------------------------------------

env_topic("Database and job server")
DATABASES = {"default": database(VAR)}

# One queue a worker: a long check never keeps a delivery or a poll waiting.
RQ_QUEUES = {name: redis_queue() for name in ("checking", "delivering", "following")}
RQ = {"COMMIT_MODE": "on_db_commit", "WORKER_CLASS": "uploads.workers.Worker"}

# Files ------------------------------------------------------------------------------------------

MEDIA_ROOT = VAR / "files"
# Slices of an upload are appended here; the same file system as MEDIA_ROOT makes the hand-over a rename.
INCOMING_ROOT = VAR / "incoming"
WORK_ROOT = VAR / "work"
# Answers of Target that the database does not have yet: on a disk that outlives the process.
JOURNAL_ROOT = VAR / "journal"
STATIC_URL = "static/"
env_topic("File storage")
STORAGES = {
    # MEDIA_ROOT, or a bucket where S3_BUCKET names one.
    "default": file_storage(VAR / "copies"),
    # Served from where they lie (WHITENOISE_USE_FINDERS): no step to run before the first start.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

env_topic("Uploads")
MAX_UPLOAD_BYTES = env_int(
    "MAX_UPLOAD_BYTES", 1_000_000_000, "bytes", "The largest file, packed as well as unpacked."
)
UPLOAD_SLICE_BYTES = env_int(
    "UPLOAD_SLICE_BYTES",
    8_000_000,
    "bytes",
    "Browsers send a file in slices of this size. A proxy must let a little more through.",
)
MAX_BEGUN_UPLOADS = env_int(
    "MAX_BEGUN_UPLOADS", 10, "files", "So many files one person may have begun to upload and not finished."
)
MAX_BEGUN_BYTES = max(
    MAX_UPLOAD_BYTES,
    env_int(
        "MAX_BEGUN_BYTES",
        3 * MAX_UPLOAD_BYTES,
        "bytes",
        "So many bytes one person may have announced for them together.",
        shown="three times `MAX_UPLOAD_BYTES`",
    ),
)
# The web server refuses larger bodies: nobody fills the disk with one request.
MAX_REQUEST_BYTES = 64_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_SLICE_BYTES + 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# Work -------------------------------------------------------------------------------------------

env_topic("Work")
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 5, "seconds", "So long the sweep rests between two rounds.")
# Less than the time that a busy database may keep a writer waiting would give up workers that are only slow.
CLAIM_SECONDS = env_int(
    "CLAIM_SECONDS",
    30,
    "seconds",
    "So long a worker's claim lives once nobody renews it, which happens six times as often. Not below 20.",
)

# Target -----------------------------------------------------------------------------------------

SANDBOX_SCENARIO = env_text(
    "SANDBOX_SCENARIO",
    "",
    "Faults that the sandbox begins with, as `manage.py sandbox --scenario` takes them "
    "([sandbox.md](sandbox.md)).",
)
SANDBOX_URL = env_text(
    "SANDBOX_URL",
    f"http://127.0.0.1:{PORT + 1}",
    "Where the sandbox is.",
    form="address",
    shown="`http://127.0.0.1:` and the port after `PORT`",
)
SUBMIT_SILENCE_SECONDS = env_int(
    "SUBMIT_SILENCE_SECONDS",
    120,
    "seconds",
    "So long Target may keep silent while it takes a part, before that counts as in doubt.",
)
ARRIVAL_HOURS = env_spans(
    "ARRIVAL_HOURS",
    "hours",
    [1, 24],
    "How long after its end profiles of a batch are read back ([proof.md](proof.md)).",
)
CANARY_MINUTES = env_spans(
    "CANARY_MINUTES",
    "minutes",
    [5, 15, 60],
    "How long after Target is done with first rows that went alone they are read back, if some are missing.",
)

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
env_topic("Proxy")
TRUSTED_PROXIES = env_networks(
    "TRUSTED_PROXIES",
    "Proxies of yours, whose `X-Forwarded-For` says whom a request comes from. Nobody else's does.",
)
if env_flag(
    "BEHIND_TLS_PROXY",
    False,
    "A proxy in front speaks TLS and overwrites `X-Forwarded-Proto`. Never where others reach it.",
):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Words ------------------------------------------------------------------------------------------

# Each by its own name, so that whoever speaks it finds it.
LANGUAGES = [("en", "English"), ("es", "Español"), ("fr", "Français")]
env_topic("Words")
LANGUAGE_CODE = env_text(
    "LANGUAGE_CODE",
    "en",
    "The language of browsers that ask for none of ours, and of what none asks for: `en`, `es` or `fr`.",
)
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"LANGUAGE_CODE is one of {', '.join(dict(LANGUAGES))}.")
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "uploads" / "locale"]
FORMAT_MODULE_PATH = "uploads.formats"
TIME_ZONE = env_text(
    "TIME_ZONE", "UTC", "The time of the site: of all times on pages, and of those that people choose."
)
USE_TZ = True

# Watching over it -------------------------------------------------------------------------------

env_topic("Watching over it")
METRICS_TOKEN = env_token(
    "METRICS_TOKEN",
    "Whoever shows it reads `/metrics`; without one, nobody does ([observability.md](observability.md)).",
)
LOGGING = logging_settings()
report_errors()

#: What docs/settings.md is drawn from.
VARIABLES = env_variables()
