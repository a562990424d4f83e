"""Encryption at rest, each kind with a key of its own: destinations' tokens, second factors' secrets."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class CannotUnseal(Exception):
    """The kept token was encrypted with another key than the one configured now."""


def _fernet(key: str) -> Fernet:
    digest = hashlib.sha256(key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def seal(secret: str, key: str | None = None) -> bytes:
    """The secret, encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA256).

    The key is the tokens' (settings.TOKEN_KEY) unless another is given.
    """
    return _fernet(key or settings.TOKEN_KEY).encrypt(secret.encode())


def unseal(sealed: bytes, key: str | None = None) -> str:
    """The secret in the clear; raises CannotUnseal where the key does not fit."""
    try:
        return _fernet(key or settings.TOKEN_KEY).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise CannotUnseal("The token was stored with another token key: enter it anew.") from None
