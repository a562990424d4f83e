"""An authenticator app (RFC 6238), and how a test signs in with it."""

import base64
import hmac
import re
import struct
import time

from django.urls import reverse


def code_of(secret: str) -> str:
    """The six digits that an app shows now for the secret."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    offset = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def confirm(client, password: str) -> None:
    """Prove by the password who one is."""
    assert client.post(reverse("account_reauthenticate"), {"password": password}).status_code == 302


def set_up_app(client, password: str) -> str:
    """Set up an authenticator app by the pages as they are; returns its secret."""
    confirm(client, password)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="app-secret">\s*([A-Z2-7]+)', page)[1]
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    return secret
