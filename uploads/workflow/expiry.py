"""What ends by itself: sessions, and values of the cache."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils.timezone import now

from uploads.models import CacheEntry


def forget_expired() -> None:
    """Remove what is over. Asked first and removed only then: most rounds have nothing to write."""
    for over in (
        Session.objects.filter(expire_date__lt=now()),
        # What a person sees of a session goes with it.
        UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")),
        CacheEntry.objects.expired(),
    ):
        if over.exists():
            over.delete()
