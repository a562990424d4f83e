"""An emulator of Target's Bulk Profile Update API: a destination for training, demonstrations and tests.

It speaks T1 to T9, T10, T11 and T13, holds what it receives to F1 to F7 and F10, and keeps profiles
so that they can be read back.
"""

from .app import FolderInUse, Sandbox
from .serving import NotLoopback, make_server, serve, serving

create_app = Sandbox

__all__ = ["FolderInUse", "NotLoopback", "Sandbox", "create_app", "make_server", "serve", "serving"]
