"""Encryption at rest for destinations' tokens, with a key of its own."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class CannotUnseal(Exception):
    """The kept token was encrypted with another key than the one configured now."""


def _fernet() -> Fernet:
    digest = hashlib.sha256(settings.TOKEN_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def seal(secret: str) -> bytes:
    """The secret, encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _fernet().encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """The secret in the clear; raises CannotUnseal where the key does not fit."""
    try:
        return _fernet().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise CannotUnseal("The token was stored with another token key: enter it anew.") from None
