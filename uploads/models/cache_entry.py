"""What the cache keeps in the database."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from .json_field import JSONField


class CacheEntryQuerySet(models.QuerySet):
    """What is asked of entries."""

    def living(self):
        """Those whose time is not over."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now()))

    def expired(self):
        """Those whose time is over."""
        return self.filter(expires_at__lte=now())


class CacheEntry(models.Model):
    """One value of the cache; written by `uploads.caching.DatabaseCache` alone."""

    key = models.CharField(max_length=250, primary_key=True)
    value = JSONField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    objects = CacheEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("cache entry")

    def __str__(self) -> str:
        return self.key
