"""The cache: counts of failed sign-ins and used one-time codes, shared by all processes.

It lives in the database because Redis may be emptied at any time, and one process's memory ends with it.
Django's own database cache would do, but it unpickles what it finds: whoever can write to the database could
then run programs here, and reach the keys that are kept from the database on purpose.
"""

from datetime import UTC, datetime

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import transaction

from uploads.models import CacheEntry


class DatabaseCache(BaseCache):
    """Keeps values as JSON; a tuple comes back as a list. Nothing is put out before its time is over."""

    def __init__(self, location: str, params: dict):
        super().__init__(params)

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None) -> bool:
        """Keep a value where there is none; False where there is one."""
        key = self.make_and_validate_key(key, version)
        with transaction.atomic():
            CacheEntry.objects.expired().filter(key=key).delete()
            fields = {"value": value, "expires_at": self._end_of(timeout)}
            return CacheEntry.objects.get_or_create(key=key, defaults=fields)[1]

    def get(self, key, default=None, version=None):
        """The value, or the default where there is none."""
        found = CacheEntry.objects.living().filter(key=self.make_and_validate_key(key, version)).first()
        return default if found is None else found.value

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None) -> None:
        """Keep a value in place of any other."""
        fields = {"value": value, "expires_at": self._end_of(timeout)}
        CacheEntry.objects.update_or_create(key=self.make_and_validate_key(key, version), defaults=fields)

    def touch(self, key, timeout=DEFAULT_TIMEOUT, version=None) -> bool:
        """Let a value live on for so long; False where there is none."""
        living = CacheEntry.objects.living().filter(key=self.make_and_validate_key(key, version))
        return living.update(expires_at=self._end_of(timeout)) > 0

    def delete(self, key, version=None) -> bool:
        """Forget a value; False where there is none."""
        living = CacheEntry.objects.filter(key=self.make_and_validate_key(key, version))
        return living.delete()[0] > 0

    def clear(self) -> None:
        """Forget everything."""
        CacheEntry.objects.all().delete()

    def _end_of(self, timeout) -> datetime | None:
        """When a value kept now is over; None for never."""
        seconds = self.get_backend_timeout(timeout)
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
