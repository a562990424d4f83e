"""The one log of many processes: every line behind the name of its process, in its colour."""

import os
from typing import TextIO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)  # ANSI foregrounds that read on dark and on light
LONGEST_LINE = 64_000  # bytes; a process that never ends its line must not grow our memory
READ_SIZE = 65_536  # bytes


class Log:
    """Writes prefixed lines to a text stream, each at once.

    `broken` turns true when the reader of the stream has gone away.
    """

    def __init__(self, stream: TextIO, width: int = 20):
        self._stream = stream
        self._colour = stream.isatty() and not os.environ.get("NO_COLOR")
        self._width = width
        self._colours: dict[str, int] = {}
        self.broken = False

    def line(self, name: str, text: str) -> None:
        """One line of that process, `run` being ourselves."""
        head = f"{name:<{self._width}} | "
        if self._colour:
            colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
            head = f"\x1b[{colour}m{head}\x1b[0m"
        self.plain(head + text)

    def plain(self, text: str) -> None:
        """A line without a prefix."""
        if self.broken:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self.broken = True
            # Python flushes once more on its way out, and would complain.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class Lines:
    """Cuts what comes out of one pipe into lines of text, whatever the pieces it comes in."""

    def __init__(self, pipe):
        self._fd = pipe.fileno()
        self._rest = b""
        self.ended = False
        os.set_blocking(self._fd, False)

    def read(self) -> list[str] | None:
        """The lines complete by now; None where the pipe holds nothing new. `ended` tells its end."""
        try:
            piece = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return None
        self.ended = not piece
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if self._rest and (self.ended or len(self._rest) > LONGEST_LINE):
            lines.append(self._rest)
            self._rest = b""
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
