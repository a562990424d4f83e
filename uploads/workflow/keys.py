"""Changing the keys of tokens and of the audit log, while everything runs.

Each can be interrupted anywhere and done again: the new key is in its ring before anything is made with it,
and an old one leaves the ring only when nothing needs it.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from uploads import audit
from uploads.keys import name_of
from uploads.models import Destination, Forgetting
from uploads.sealing import CannotUnseal, reseal


@dataclass(frozen=True)
class Resealed:
    """What became of the tokens, and how many keys the ring has now: one, unless the environment gives them.

    tokens: under the new key; lost: the destinations whose token no key opened.
    """

    tokens: int
    lost: tuple[str, ...]
    keys_left: int


@dataclass(frozen=True)
class KeyChange:
    """The names of the key that the audit log goes on with, and of the one before."""

    key: str
    before: str


def rotate_token_key() -> Resealed:
    """Encrypt everything that is kept under token keys with a new one, and forget the old.

    Where the ring holds more than one key, whoever set the environment has put the new one there, or an
    earlier change was interrupted: then the newest is taken. Raises `uploads.keys.KeysAreGiven`.
    """
    ring = settings.TOKEN_KEYS
    with ring.held():
        if len(ring.all()) == 1:
            ring.add()
        with transaction.atomic():
            tokens, lost = _reseal_tokens()
            _reseal_identifiers()
            audit.record(None, "site.token-key-changed", tokens=tokens, lost=lost)
        ring.forget_old()
        return Resealed(tokens, tuple(lost), len(ring.all()))


def rotate_audit_key() -> KeyChange:
    """Let the audit log go on with a new key, or with the newest where it has not got so far yet.

    The event that says so is the last of the old key, which stays in the ring: it proves what it wrote.
    Raises `uploads.keys.KeysAreGiven`.
    """
    ring = settings.AUDIT_KEYS
    with ring.held():
        if audit.key_in_force() == ring.newest:
            ring.add()
        change = KeyChange(key=name_of(ring.newest), before=name_of(audit.key_in_force()))
        audit.record(None, "log.key-changed", key=change.key, before=change.before)
    return change


def _reseal_tokens() -> tuple[int, list[str]]:
    tokens, lost = 0, []
    # All of them: somebody may be about to give a token to one that has none.
    places = list(Destination.objects.select_for_update(no_key=True).order_by("pk"))
    for place in sorted(places, key=lambda place: place.name):
        if not place.has_token:
            continue
        try:
            place.token_sealed = reseal(place.token_sealed)
        except CannotUnseal:
            lost.append(place.name)
            continue
        place.save(update_fields=["token_sealed"])
        tokens += 1
    return tokens, lost


def _reseal_identifiers() -> None:
    """Identifiers to be forgotten are kept under the same key, for an hour at most."""
    for wanted in Forgetting.objects.select_for_update(no_key=True).exclude(sealed=None).order_by("pk"):
        try:
            sealed = reseal(wanted.sealed)
        except CannotUnseal:
            continue  # Its worker drops it.
        Forgetting.objects.filter(pk=wanted.pk).update(sealed=sealed)
