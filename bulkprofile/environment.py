"""How settings are read from the environment, and secrets from their folder.

Whoever reads a variable says what it is about: docs/settings.md is drawn from that (`make docs`).
"""

import ipaddress
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis.backoff import ConstantBackoff
from redis.connection import parse_url
from redis.retry import Retry

from uploads.keys import KeyRing

#: Characters of a key that somebody gives: what is made here has 64.
SHORTEST_KEY = 32


@dataclass(frozen=True)
class Variable:
    """A variable of the environment, as the reference tells of it.

    topic: the heading it stands under; form: what it holds, with the unit; default: what holds without it,
    as Markdown; own: whether each process may have a value of its own.
    """

    topic: str
    name: str
    form: str
    default: str
    about: str
    secret: bool = False
    own: bool = False


#: What was read so far, by name, in the order in which it was read.
_DECLARED: dict[str, Variable] = {}
_topics = [""]


def env_topic(topic: str) -> None:
    """What is read from here on stands under this heading."""
    _topics.append(topic)


def env_variables() -> tuple[Variable, ...]:
    """Every variable that was read by now."""
    return tuple(_DECLARED.values())


def env_text(name: str, default: str, about: str, *, form: str = "text", shown: str = "", **marks) -> str:
    """The environment variable without blanks around it, the default where it is empty.

    shown: how the reference writes the default; marks: `secret` or `own`, see Variable. All others that read
    one variable take these, too.
    """
    default_shown = shown or (f"`{default}`" if default else "nothing")
    _DECLARED[name] = Variable(_topics[-1], name, form, default_shown, about, **marks)
    return os.environ.get(name, "").strip() or default


def env_flag(name: str, default: bool, about: str, **marks) -> bool:
    """Whether the environment variable says yes (1, true, yes, on)."""
    given = env_text(name, "1" if default else "0", about, form="1 or 0", **marks)
    return given.lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int, unit: str, about: str, **marks) -> int:
    """The environment variable as a whole number; ImproperlyConfigured where it is none."""
    raw = env_text(name, str(default), about, **{"form": unit, "shown": f"{default:,}"} | marks)
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None


def env_list(name: str, default: list[str], about: str, **marks) -> list[str]:
    """The environment variable split at commas, without blanks."""
    raw = env_text(name, ",".join(default), about, **{"form": "list"} | marks)
    return [part.strip() for part in raw.split(",") if part.strip()] or default


def env_spans(name: str, unit: str, default: list[int], about: str, **marks) -> list[timedelta]:
    """The environment variable's spans of time, separated by commas, in order, else ImproperlyConfigured.

    unit: hours or minutes, of which each is a whole number.
    """
    given = env_list(name, [str(span) for span in default], about, form=f"list of {unit}", **marks)
    if not all(span.isascii() and span.isdigit() and len(span) < 5 for span in given):
        raise ImproperlyConfigured(f"{name} must hold whole {unit}, separated by commas.")
    return sorted(timedelta(**{unit: int(span)}) for span in given)


def env_networks(name: str, about: str, **marks) -> list:
    """The environment variable's addresses and networks (10.0.0.0/8), else ImproperlyConfigured."""
    given = env_list(name, [], about, form="list of addresses or networks", **marks)
    try:
        return [ipaddress.ip_network(text) for text in given]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must hold addresses or networks: {error}.") from None


#: How long one writer waits for another, in either database.
WAIT_FOR_A_LOCK_SECONDS = 20
#: What libpq is told, where the address does not say otherwise.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    # A server that vanished without a word is noticed within a minute or two, not after a quarter of an hour.
    "keepalives_idle": 30,
    "tcp_user_timeout": 60_000,
    # Nobody waits for a lock for good, not even for that of a process that stands still.
    "options": f"-c lock_timeout={WAIT_FOR_A_LOCK_SECONDS}s -c idle_in_transaction_session_timeout=60s",
}


def database(var: Path) -> dict:
    """The PostgreSQL database that DATABASE_URL names, as Django takes it, else a SQLite file in the folder.

    Raises ImproperlyConfigured where the address is not understood, and does not quote it: it may hold a
    password.
    """
    url = env_text(
        "DATABASE_URL",
        "",
        "The PostgreSQL database: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; without it, a SQLite file "
        "in `BULKPROFILE_VAR`.",
        form="address",
        shown="SQLite",
        secret=True,
    )
    return _postgresql(url) if url else _sqlite(var / "bulkprofile.sqlite3")


def _sqlite(path: Path) -> dict:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # Taking the write lock at BEGIN and waiting for it is what keeps web and workers free of
        # "database is locked"; the defaults give thousands of such errors under this load.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": WAIT_FOR_A_LOCK_SECONDS,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


def _postgresql(url: str) -> dict:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts = port = None
    name = unquote(parts.path[1:]) if parts else ""
    if not name or parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            "DATABASE_URL is not understood. Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with signs "
            "like @, / and % in the password percent-encoded, or leave it out to use SQLite."
        )
    options = POSTGRESQL_OPTIONS | dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": options.pop("port", None) or str(port or ""),
        "OPTIONS": options,
        # Each thread of the web server keeps its connection for a while, and proves it before each request.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def redis_queue() -> dict:
    """A queue on the server that REDIS_URL and REDIS_PASSWORD name, as django-rq takes it.

    Parts, not a URL: with a URL django-rq ignores the client arguments (timeouts, keepalive).
    """
    url = env_text(
        "REDIS_URL",
        "",
        "The Redis or Valkey server: `redis://HOST:PORT/DATABASE`, or `rediss://…` for TLS with a "
        "certificate that the system trusts. `make run` starts one of its own where none is named.",
        form="address",
        shown="`redis://127.0.0.1:6379/0`",
    )
    password = env_text("REDIS_PASSWORD", "", "Its password, better here than in the address.", secret=True)
    parts = {"host": "127.0.0.1", "port": 6379, "db": 0} | (dict(parse_url(url)) if url else {})
    return {
        "HOST": parts["host"],
        "PORT": parts["port"],
        "DB": parts["db"],
        "USERNAME": parts.get("username"),
        "PASSWORD": password or parts.get("password"),
        "SSL": url.startswith("rediss://"),
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


def env_token(name: str, about: str) -> str:
    """The environment variable as a token that nobody guesses; "" where there is none.

    Raises ImproperlyConfigured for one that is too short.
    """
    token = env_text(name, "", about, form=f"at least {SHORTEST_KEY} characters", secret=True)
    if token and len(token) < SHORTEST_KEY:
        raise ImproperlyConfigured(f"{name} needs at least {SHORTEST_KEY} characters.")
    return token


def kept_secret(folder: Path, variable: str, name: str, about: str) -> str:
    """The secret from the environment, else from the folder, made there on first use.

    Two processes may start at once on a fresh folder: the link below is atomic, so one of them
    wins and both read the winner's key. Raises OSError where the folder cannot be used.
    """
    given = env_text(variable, "", about, form="secret text", shown=_made_in(name), secret=True)
    if given:
        return given
    path = folder / name
    if not path.exists():
        make_secret(path)
    return path.read_text().strip()


def kept_keys(folder: Path, variable: str, name: str, about: str) -> KeyRing:
    """The ring of keys from the environment (with commas, the newest first), else from the folder's file.

    The file is made on first use. Raises OSError where it cannot be, and ImproperlyConfigured for keys that
    are too short, or where the file is empty.
    """
    form = f"keys of {SHORTEST_KEY} characters or more, the newest first"
    given = env_list(variable, [], about, form=form, shown=_made_in(name), secret=True)
    ring = KeyRing(folder / name, tuple(given))
    if any(len(key) < SHORTEST_KEY for key in ring.given):
        raise ImproperlyConfigured(f"{variable}: each key needs at least {SHORTEST_KEY} characters.")
    if not ring.given and not ring.path.exists():
        make_secret(ring.path)
    if not ring.all():
        raise ImproperlyConfigured(f"{ring.path} holds no key. Bring it back from a backup.")
    return ring


def _made_in(name: str) -> str:
    return f"made in `keys/{name}`"


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
