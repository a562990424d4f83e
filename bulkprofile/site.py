"""Where the site keeps its state, its keys, and where it is reached, from the environment."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from .environment import env_flag, env_int, env_list, env_text, env_topic, kept_keys, kept_secret
from .fixed import BASE_DIR

# State ------------------------------------------------------------------------------------------

env_topic("State and keys")
VAR = Path(
    env_text(
        "BULKPROFILE_VAR",
        str(BASE_DIR / "var"),
        "The folder of everything that is kept: keys, uploaded files, the journal of Target's answers, and "
        "the database where that is SQLite. All processes need the same folder, by whatever path.",
        form="folder",
        shown="`var` beside `manage.py`",
        own=True,
    )
).resolve()
KEYS = VAR / "keys"

try:
    # The database's folder, too: no command asks for anything to be made by hand first.
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    SECRET_KEYS = kept_keys(
        KEYS,
        "BULKPROFILE_SECRET_KEY",
        "secret.key",
        "Signs sessions and links by e-mail ([keys.md](keys.md)).",
    )
    SECRET_KEY, *SECRET_KEY_FALLBACKS = SECRET_KEYS.all()
    TOKEN_KEYS = kept_keys(
        KEYS,
        "BULKPROFILE_TOKEN_KEY",
        "token.key",
        "Encrypts the tokens of destinations ([keys.md](keys.md)).",
    )
    AUDIT_KEYS = kept_keys(
        KEYS, "BULKPROFILE_AUDIT_KEY", "audit.key", "Chains the audit log ([keys.md](keys.md))."
    )
    FINGERPRINT_KEY = kept_secret(
        KEYS, "BULKPROFILE_FINGERPRINT_KEY", "fingerprint.key", "Fingerprints visitors' ids; never changed."
    )
    SECOND_FACTOR_KEY = kept_secret(
        KEYS, "BULKPROFILE_SECOND_FACTOR_KEY", "second-factor.key", "Encrypts second factors; never changed."
    )
except OSError as error:
    raise ImproperlyConfigured(
        f"BULKPROFILE_VAR names a folder that cannot be used ({error}). Name one that can be written."
    ) from None

# Where the source can be written, what the check compiles is kept beside it.
if not os.access(BASE_DIR / "uploads" / "batchfile", os.W_OK):
    os.environ.setdefault("NUMBA_CACHE_DIR", str(VAR / "compiled"))

# Site -------------------------------------------------------------------------------------------

env_topic("Site")
DEBUG = env_flag("DJANGO_DEBUG", False, "Pages that show what broke. Never where others get to it.")
INSECURE_HTTP = env_flag(
    "BULKPROFILE_INSECURE_HTTP",
    False,
    "Plain HTTP, without HSTS and with cookies that travel so. For one's own machine; `make run` sets it.",
)
# Plain HOST would be shorter, but csh and conda export it with another meaning.
HOST = env_text(
    "BULKPROFILE_HOST", "127.0.0.1", "The address on which the web server listens.", form="address", own=True
)
PORT = env_int("PORT", 8000, "TCP port", "Where the web server listens.", shown="`8000`", own=True)
ALLOWED_HOSTS = env_list(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    "The site's names; requests for any other are refused.",
    form="list of names",
)
CSRF_TRUSTED_ORIGINS = env_list(
    "CSRF_TRUSTED_ORIGINS",
    [],
    "Origins (`https://…`) besides the site's own from which forms are taken. Needed where a proxy does not "
    "hand on `Host`.",
)
