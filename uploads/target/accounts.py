"""Whom we call: a Target account, its addresses, and which status URLs may be followed for it."""

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

CLIENT_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.IGNORECASE)
EDGE_HOST = re.compile(r"mboxedge[0-9]{1,3}\.tt\.omtrdc\.net")  # T6
# RFC 6750's b64token, widened to what a header may carry: printable ASCII without spaces.
SENDABLE_TOKEN = re.compile(r"[!-~]{1,4096}")
MAX_STATUS_URL = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}

KeyKind = Literal["pcId", "thirdPartyId"]


def host_of(client_code: str) -> str:
    """The base URL of an account's API (T1); ValueError where that is no client code.

    The host is always derived, never typed: it is the only address that gets the token.
    """
    if not CLIENT_CODE.fullmatch(client_code):
        raise ValueError("A client code has up to 63 letters, digits and hyphens, and no hyphen first.")
    return f"https://{client_code.lower()}.tt.omtrdc.net"


@dataclass(frozen=True)
class Account:
    """One Target account as the client calls it.

    `base_url` is `host_of(client_code)`; only a sandbox may have another (scheme, host and port, no
    path). Raises ValueError for anything else, so that no stored value can lead a call astray.
    """

    client_code: str
    base_url: str
    version: Literal["v1", "v2"] = "v2"
    token: str | None = field(default=None, repr=False)
    sandbox: bool = False

    def __post_init__(self):
        derived = host_of(self.client_code)
        if self.version not in ("v1", "v2"):
            raise ValueError("The API version is v1 or v2.")
        if self.sandbox:
            _check_origin(self.base_url)
        elif self.base_url != derived:
            raise ValueError("The host of a Target account is derived from its client code.")

    @property
    def submit_url(self) -> str:
        """Where a batch is posted (T1)."""
        version = "v2/" if self.version == "v2" else ""
        return f"{self.base_url.rstrip('/')}/m2/{self.client_code}/{version}profile/batchUpdate"

    @property
    def token_is_sendable(self) -> bool:
        """Whether the token, if any, consists of what an HTTP header may carry."""
        return not self.token or bool(SENDABLE_TOKEN.fullmatch(self.token))

    def profile_url(self, key: KeyKind, identifier: str) -> str:
        """Where one profile is read back (T13)."""
        kind = "thirdPartyId/" if key == "thirdPartyId" else ""
        path = f"/rest/v1/profiles/{kind}{quote(identifier, safe='')}"
        return f"{self.base_url.rstrip('/')}{path}?client={self.client_code}"


def allowed_status_url(account: Account, url: str) -> str | None:
    """The status URL if it may be called for this account, None otherwise (T6).

    What Target answers decides where we call next, so it is held to: http or https; Target's own
    host of this account or one of its edges (for a sandbox exactly its address); this client's
    status path; a batchId; no user info, no other port, no character that readers disagree about.
    """
    if not 0 < len(url) <= MAX_STATUS_URL or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        allowed = _host_allowed(account, parts)
    except ValueError:  # a malformed port or IPv6 address
        return None
    path = re.compile(rf"/m2/{account.client_code}/(v2/)?profile/batchStatus", re.IGNORECASE)
    if not allowed or not path.fullmatch(parts.path):
        return None
    if parts.fragment or not any(parse_qs(parts.query).get("batchId", [])):
        return None
    return url


def batch_id_of(status_url: str) -> str | None:
    """The batch's id within a status URL (T6), None where there is none."""
    try:
        ids = parse_qs(urlsplit(status_url).query).get("batchId", [])
    except ValueError:
        return None
    return ids[0][:200] if ids else None


def _host_allowed(account: Account, parts: SplitResult) -> bool:
    if parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
        return False
    if account.sandbox:
        return _origin(parts) == _origin(urlsplit(account.base_url))
    own_host = urlsplit(host_of(account.client_code)).hostname
    host = parts.hostname or ""
    default_port = parts.port in (None, DEFAULT_PORTS[parts.scheme])
    return default_port and (host == own_host or EDGE_HOST.fullmatch(host) is not None)


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]


def _check_origin(base_url: str) -> None:
    parts = urlsplit(base_url)
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or not bare:
        raise ValueError("The sandbox's address is http(s)://host:port, without a path.")
