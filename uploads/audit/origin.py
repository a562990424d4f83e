"""From where something is done: an address and a kind of device, known to the log and to nothing between.

The middleware sets the origin for the length of a request; `record` reads it. The workflow in between knows
no request, and what workers and commands do has no origin.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """`ip`: the address in its canonical form; `device`: as `device_of` tells it. Empty where unknown."""

    ip: str = ""
    device: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin() -> Origin:
    """Where what happens now comes from."""
    return _origin.get()


@contextmanager
def coming_from(place: Origin) -> Iterator[None]:
    """Everything recorded in the block comes from there."""
    token = _origin.set(place)
    try:
        yield
    finally:
        _origin.reset(token)


# The first that fits counts: nearly every browser also claims to be one of those further down.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-requests/", "Python"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """A coarse class such as "Chrome on Windows": enough to notice a strange one, too little to trace one."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or ("another program" if user_agent else "")
