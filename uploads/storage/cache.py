"""Copies of stored files on the local disk, for what needs a path: SQLite, memory maps, compiled loops.

A copy lies at ROOT/NAME/MARK, where the mark follows from the ETag: a file that was replaced has another
one, so that an old copy is never taken for it. Any number of threads and processes may use one folder.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import StorageUnavailable

#: Seconds within which somebody who was given a path may yet open it.
IN_USE = 3600
#: Seconds after which a copy that was begun and not finished is nobody's any more.
ABANDONED = 3600
_BEGUN = "begun"


@dataclass(frozen=True)
class FileCache:
    """A folder of copies. most_bytes: what they may take together, those of the last hour excepted.

    keep_seconds: how long a copy stays that nobody opens; at least an hour.
    """

    root: Path
    most_bytes: int
    keep_seconds: int

    def find(self, name: str, etag: str) -> Path | None:
        """The copy of that version of the file, from now on used last; None where there is none."""
        path = self._path(name, etag)
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def put(self, name: str, etag: str, chunks: Iterable[bytes]) -> Path:
        """Keep what comes as the copy of that version; whole, or not at all.

        Raises StorageUnavailable where the disk has no room for it, and what the chunks raise.
        """
        begun = self._begin()
        try:
            with begun.open("wb") as copy:
                for chunk in chunks:
                    _write(copy, chunk)
                # A power cut must not leave a name without bytes.
                os.fsync(copy.fileno())
            return self._place(begun, name, etag)
        except BaseException:
            begun.unlink(missing_ok=True)
            raise

    def take(self, path: Path, name: str, etag: str) -> None:
        """Let a finished local file be the copy of that version, in place of those of older ones.

        Nothing but its end where it lies on another disk, or somebody else has taken it meanwhile.
        """
        self.drop(name)
        try:
            path.chmod(0o600)
            self._place(path, name, etag)
        except OSError:
            path.unlink(missing_ok=True)

    def drop(self, name: str) -> None:
        """Remove every copy of a file."""
        shutil.rmtree(self.root / name, ignore_errors=True)

    def tidy(self) -> None:
        """Remove what nobody has opened for long, and the longest unused of what is too much."""
        copies = sorted(self._copies(), key=lambda copy: copy[1])
        total = sum(size for _path, _used, size in copies)
        for path, used, size in copies:
            unused = time.time() - used
            if unused > self.keep_seconds or (total > self.most_bytes and unused > IN_USE):
                path.unlink(missing_ok=True)
                total -= size
                _remove_empty(path.parent, self.root)

    def _path(self, name: str, etag: str) -> Path:
        return self.root / name / hashlib.sha256(etag.encode()).hexdigest()[:32]

    def _begin(self) -> Path:
        folder = self.root / _BEGUN
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, path = tempfile.mkstemp(dir=folder)
        except OSError as error:
            raise _no_room(error) from None
        os.close(handle)
        return Path(path)

    def _place(self, made: Path, name: str, etag: str) -> Path:
        path = self._path(name, etag)
        while True:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                made.replace(path)
            except FileNotFoundError:
                if not made.exists():
                    raise
                continue  # The folder was found empty, and removed.
            os.utime(path)
            return path

    def _copies(self) -> Iterator[tuple[Path, float, int]]:
        """Each copy with the moment when it was last opened, and its bytes; finished ones only."""
        for folder, _folders, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                try:
                    status = path.stat()
                except FileNotFoundError:
                    continue  # Another process tidies, too.
                if path.parent.name != _BEGUN:
                    yield path, status.st_mtime, status.st_size
                elif time.time() - status.st_mtime > ABANDONED:
                    path.unlink(missing_ok=True)


def _write(copy, chunk: bytes) -> None:
    try:
        copy.write(chunk)
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(f"a copy cannot be written to the local disk: {error.strerror}")


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return  # Not empty, or gone.
        folder = folder.parent
