"""An emulator of Target's Bulk Profile Update API: a destination for training, demonstrations and tests.

It speaks T1 to T11 and T13, holds what it receives to F1 to F7 and F10, and keeps profiles so that they
can be read back. Told to, it misbehaves as Target and the network do: see `faults` and `scenarios`.
"""

from .app import FolderInUse, Sandbox
from .faults import BadFault
from .scenarios import SCENARIOS
from .serving import NotLoopback, make_server, serve, serving

__all__ = [
    "SCENARIOS",
    "BadFault",
    "FolderInUse",
    "NotLoopback",
    "Sandbox",
    "make_server",
    "serve",
    "serving",
]
