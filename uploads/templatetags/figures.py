"""How templates write numbers, sizes, states and icons."""

from datetime import datetime
from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from uploads.audit import device_of
from uploads.models import ArrivalCheck, BatchState
from uploads.numerals import number as grouped
from uploads.numerals import size_in_words
from uploads.pages.arrival import badge_of
from uploads.pages.headline import TONES
from uploads.pages.words import device_in_words, what_was_said

register = template.Library()

SPRITE = "vendor/bootstrap-icons-1.13.2/sprite.svg"
# In no address but as the number that it stands for.
_MARK = 7_000_000_001
#: A tone never speaks by colour alone: each has a shape.
TONE_ICONS = {
    "neutral": "dash-circle",
    "progress": "arrow-repeat",
    "ready": "arrow-right-circle-fill",
    "done": "check-circle-fill",
    "warning": "exclamation-triangle-fill",
    "error": "x-octagon-fill",
    "doubt": "question-circle-fill",
}


@register.filter("bytes")
def bytes_filter(size: int | None) -> str:
    """The size in words; a dash while nobody knows it."""
    return "–" if size is None else size_in_words(size)  # noqa: RUF001 (a dash is meant)


@register.filter
def number(value: int | None) -> str:
    """A count with thousands separators, as the language writes it; a dash while nobody knows it."""
    if value is None:
        return "–"  # noqa: RUF001 (a dash is meant)
    return grouped(value)


@register.filter
def device(user_agent: str) -> str:
    """The browser and system behind a User-Agent header."""
    return device_in_words(device_of(user_agent)) or _("Unknown device")


@register.filter
def said(message: str) -> str:
    """The last word about a call to Target: Target's own, or our client's in the reader's language."""
    return what_was_said(message)


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Code and name of each language, every one by its own name."""
    return settings.LANGUAGES


@register.filter
def state_tone(state: str) -> str:
    """The tone of a batch's state: what its badge is coloured by."""
    return TONES[BatchState(state)]


@register.filter
def tone_icon(tone: str) -> str:
    """The icon that says the same as the tone's colour."""
    return TONE_ICONS[tone]


@register.simple_tag
@cache
def icon(name: str, size: int = 16, extra: str = "") -> str:
    """An icon of the sprite, `size` CSS pixels square; decoration, so words must stand beside it.

    No template of its own: long tables have hundreds of them.
    """
    return format_html(
        '<svg class="{}" width="{}" height="{}" fill="currentColor" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        f"icon {extra}".strip(),
        size,
        size,
        static(SPRITE),
        name,
    )


@register.simple_tag
def tone_sign(tone: str, size: int = 16) -> str:
    """The icon that says the same as the tone's colour; that of what is under way turns."""
    return icon(TONE_ICONS[tone], size, "spin" if tone == "progress" else "")


@register.simple_tag
def batch_url(pk: int) -> str:
    """The address of a batch's page; for lists, where `url` takes longer than all else in a row."""
    return _address("batch", 1, get_script_prefix()).format(pk)


@register.simple_tag
def row_url(pk: int, line: int) -> str:
    """The address of the page that fixes one row of a batch."""
    return _address("batch-row", 2, get_script_prefix()).format(pk, line)


@cache
def _address(name: str, numbers: int, _prefix: str) -> str:
    """An address with places for numbers."""
    marks = range(_MARK, _MARK + numbers)
    address = reverse(name, args=marks)
    for mark in marks:
        address = address.replace(str(mark), "{}")
    return address


@register.simple_tag
def badge(tone: str, label: str) -> str:
    """A state in words, with its tone's colour and icon."""
    return format_html('<span class="badge-tone tone-{}">{} {}</span>', tone, tone_sign(tone, 14), label)


@register.simple_tag
def arrival_badge(check: ArrivalCheck) -> str:
    """What was read back of a batch, in a few words."""
    return badge(*badge_of(check))


@register.simple_tag
def when(at: datetime, *, seconds: bool = False) -> str:
    """A moment as the site's clock shows it."""
    local = localtime(at)
    shown = date_format(local, "DATETIME_FORMAT") + (f"{local::%S}" if seconds else "")
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), shown)


@register.filter
def message_tone(level: str) -> str:
    """The tone of one of Django's messages, by its level tag."""
    return {"success": "done", "warning": "warning", "error": "error"}.get(level, "neutral")
