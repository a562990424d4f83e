"""Faults while a body is on its way, below WSGI: waitress hands a call on only once all of it is here."""

import re
import socket
import struct
import time

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from .faults import Fault, Faults
from .paths import SUBMIT


class Struck(Exception):
    """A fault strikes here; no more of the body is read."""

    def __init__(self, fault: Fault):
        super().__init__(fault.kind)
        self.fault = fault


class Parser(HTTPRequestParser):
    """Reads one call, and raises Struck at the byte of its body that a fault names."""

    def __init__(self, faults: Faults, adjustments):
        super().__init__(adjustments)
        self._faults = faults
        self._fault: Fault | None = None
        self._judged = False

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if self.headers_finished and not self._judged:
            self._judged = True
            call = None
            if not self.error and self.command == "POST":
                call = re.fullmatch(SUBMIT, self.path)
            self._fault = self._faults.take_on_wire(call["client"]) if call else None
        if self._fault and self.body_bytes_received >= min(self._fault.at_byte, self.content_length):
            raise Struck(self._fault)
        return consumed


class Channel(HTTPChannel):
    """One connection, which a fault can reset or let hang."""

    def __init__(self, faults: Faults, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._hangs_until: float | None = None
        self.parser_class = lambda adjustments: Parser(faults, adjustments)

    def received(self, data: bytes) -> bool:
        try:
            return super().received(data)
        except Struck as struck:
            self._suffer(struck.fault)
            return False

    def readable(self) -> bool:
        if self._hangs_until is None:
            return super().readable()
        if time.monotonic() >= self._hangs_until:
            self.will_close = True
        # An idle connection is closed by waitress, and this one is not to end before its time.
        self.last_activity = time.time()
        return False

    def _suffer(self, fault: Fault) -> None:
        if fault.kind == "hang":
            self._hangs_until = time.monotonic() + fault.seconds
            return
        # To close without lingering is what makes it a reset.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handle_close()
