"""Encryption at rest, each kind with a key of its own: destinations' tokens, second factors' secrets."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotUnseal(Exception):
    """What is kept was encrypted with a key that is not there any more."""


def _fernet(key: str | None) -> MultiFernet:
    keys = (key,) if key else settings.TOKEN_KEYS.all()
    digests = (hashlib.sha256(each.encode()).digest() for each in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def seal(secret: str, key: str | None = None) -> bytes:
    """The secret, encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA256).

    The key is the newest of the tokens' (settings.TOKEN_KEYS) unless another is given.
    """
    return _fernet(key).encrypt(secret.encode())


def unseal(sealed: bytes, key: str | None = None) -> str:
    """The secret in the clear; raises CannotUnseal where no key fits."""
    try:
        return _fernet(key).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise CannotUnseal("This was encrypted with a key that is not there any more.") from None


def reseal(sealed: bytes) -> bytes:
    """The same secret under the newest token key; raises CannotUnseal."""
    try:
        return _fernet(None).rotate(bytes(sealed))
    except InvalidToken:
        raise CannotUnseal("This was encrypted with a key that is not there any more.") from None
