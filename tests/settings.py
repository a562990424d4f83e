"""The product's settings over a folder of the tests' own, so that no test touches var/."""

import atexit
import os
import shutil
import tempfile

_var = tempfile.mkdtemp(prefix="bulkprofile-tests-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)
os.environ["BULKPROFILE_VAR"] = _var
os.environ["BULKPROFILE_INSECURE_HTTP"] = "1"
os.environ.pop("DEMO_PASSWORD", None)
os.environ.pop("REDIS_URL", None)

from bulkprofile.settings import *  # noqa: E402, F403
from bulkprofile.settings import DATABASES, VAR  # noqa: E402

if not os.environ.get("DATABASE_URL"):
    # A file, not memory: lease threads and real processes must see what a test wrote.
    DATABASES["default"]["TEST"] = {"NAME": VAR / "test.sqlite3"}
    # Power cuts are not what the tests are about.
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each test's own client would list all static files when it begins; where these matter, a test says so.
WHITENOISE_AUTOREFRESH = True
