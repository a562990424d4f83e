"""Numbers, sizes and points in time as the language of the moment writes them."""

from datetime import datetime

from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

#: Decimal units, as Target's limits are read (F6): 1 MB is 1,000,000 bytes.
UNITS = (gettext_lazy("kB"), gettext_lazy("MB"), gettext_lazy("GB"), gettext_lazy("TB"))


def number(value: int | None) -> str:
    """A count with thousands separators; 0 for None."""
    # Pages have hundreds of them, and Django's own way takes ten times as long.
    return f"{value or 0:,}".replace(",", formats.get_format("THOUSAND_SEPARATOR"))


def moment(at: datetime) -> str:
    """A point in time with its zone: the site's, in which people read and enter times."""
    local = localtime(at)
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"


def size_in_words(size: int) -> str:
    """A number of bytes for people: "812 bytes", "45.2 MB", "1 GB"."""
    if size < 1000:
        return ngettext("%(count)s byte", "%(count)s bytes", size) % {"count": size}
    # 999.95 would be written 1000.0: the next unit says it better.
    power = next((power for power in range(1, len(UNITS)) if size < 999.95 * 1000**power), len(UNITS))
    scaled = round(size / 1000**power, 1)
    written = f"{scaled:.12g}".replace(".", formats.get_format("DECIMAL_SEPARATOR"))
    return _("%(number)s %(unit)s") % {"number": written, "unit": UNITS[power - 1]}
