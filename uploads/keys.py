"""Keys that can be changed while everything runs: of each purpose a ring, the newest key first."""

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class KeysAreGiven(Exception):
    """The keys stand in the environment: whoever sets it adds a new one in front of the old ones."""


class UnknownKey(LookupError):
    """No key of the ring has this name."""


@dataclass(frozen=True)
class KeyRing:
    """The keys of one purpose: `given` in the environment, else the lines of the file at `path`.

    The newest stands first. The others still open, or prove, what was made with them.
    """

    path: Path
    given: tuple[str, ...] = ()

    def all(self) -> tuple[str, ...]:
        """All keys. The file is read anew each time, so that whatever runs follows a change at once."""
        return self.given or tuple(self.path.read_text().split())

    @property
    def newest(self) -> str:
        """What is new is made with this one."""
        return self.all()[0]

    @property
    def oldest(self) -> str:
        """What everything began with."""
        return self.all()[-1]

    def named(self, name: str) -> str:
        """The key with that name (`name_of`); raises UnknownKey."""
        for key in self.all():
            if name_of(key) == name:
                return key
        raise UnknownKey(name)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes the ring inside the block. The lock ends with its process at the latest."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def add(self) -> None:
        """Put a fresh key in front. Raises KeysAreGiven."""
        if self.given:
            raise KeysAreGiven
        write_secret(self.path, "\n".join((secrets.token_urlsafe(48), *self.all())))

    def forget_old(self) -> None:
        """Keep the newest alone, as far as that is ours to say."""
        if not self.given:
            write_secret(self.path, self.newest)


def name_of(key: str) -> str:
    """By what a key can be spoken of without giving it away: 12 hex digits."""
    return hmac.new(key.encode(), b"name of a key", hashlib.sha256).hexdigest()[:12]


def write_secret(path: Path, text: str) -> None:
    """Put this into the file in one step, on disk, and for its owner alone."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
