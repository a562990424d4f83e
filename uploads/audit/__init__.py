"""The audit log: one append-only table, one writer, one chain.

Each event's hash is an HMAC over the previous hash and the event itself, so that an edited, moved or
removed event breaks the chain from there on. What happens and how each is told stands in `actions`.
"""

from .actions import ACTIONS, outline_of
from .chain import Break, Link, Verdict, contains, end, key_in_force, verify
from .origin import NOWHERE, Origin, coming_from, device_of, origin
from .writing import held_end, record

__all__ = [
    "ACTIONS",
    "NOWHERE",
    "Break",
    "Link",
    "Origin",
    "Verdict",
    "coming_from",
    "contains",
    "device_of",
    "end",
    "held_end",
    "key_in_force",
    "origin",
    "outline_of",
    "record",
    "verify",
]
