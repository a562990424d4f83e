"""The state folder while it is in use: the lock against a second run, and what runs just now."""

import fcntl
import json
import os
import stat
from pathlib import Path

LOCK_FILE = "run.lock"
STATE_FILE = "run.json"


class AlreadyRunning(Exception):
    """Another supervisor uses the folder; the message names it."""


class StateFolder:
    """A folder that one supervisor at a time uses, private to its owner.

    The kernel drops the lock with the process, however that ends: no stale lock is ever in the way.
    """

    def __init__(self, path: Path):
        self.path = path
        self._lock = None

    def take(self) -> None:
        """Make the folder, private, and lock it. Raises AlreadyRunning, and OSError where it cannot."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = self.path.stat()
        # A shared folder such as /tmp is not ours to close.
        if about.st_uid == os.geteuid() and not about.st_mode & stat.S_ISVTX:
            self.path.chmod(0o700)
        lock = (self.path / LOCK_FILE).open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise AlreadyRunning(
                f"Bulkprofile runs already on {self.path} (process {holder}). Stop it first, or set "
                "BULKPROFILE_VAR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def publish(self, state: dict) -> None:
        """Replace STATE_FILE by this state (JSON) in one step: a reader never sees half of it."""
        draft = self.path / f".{STATE_FILE}"
        draft.write_text(json.dumps(state, indent=2) + "\n")
        draft.chmod(0o600)
        draft.replace(self.path / STATE_FILE)

    def release(self) -> None:
        """Say that nothing runs any more, and let the next run in."""
        (self.path / STATE_FILE).unlink(missing_ok=True)
        if self._lock:
            self._lock.close()
            self._lock = None
