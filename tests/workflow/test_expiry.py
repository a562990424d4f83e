"""What is over goes with the next round of the sweep, and nothing else does."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from uploads import workflow
from uploads.models import CacheEntry

from ..conftest import PASSWORD

pytestmark = pytest.mark.django_db

LONG_AGO = "2000-01-01T00:00:00Z"


def signed_in(name: str) -> Client:
    browser = Client()
    answer = browser.post(reverse("sign-in"), {"username": name, "password": PASSWORD})
    assert answer.url == reverse("home")
    return browser


def test_sessions_that_are_over_go_with_what_people_see_of_them(uploader, reviewer):
    over, going_on = signed_in("uploader"), signed_in("reviewer")
    Session.objects.filter(pk=over.session.session_key).update(expire_date=LONG_AGO)
    workflow.sweep()
    assert list(Session.objects.values_list("pk", flat=True)) == [going_on.session.session_key]
    assert [session.user for session in UserSession.objects.all()] == [reviewer]
    assert over.get(reverse("batches")).status_code == 302
    assert going_on.get(reverse("batches")).status_code == 200


def test_counts_that_are_over_go(db):
    cache.set("over", 1, -1)
    cache.set("counting", 1, 1_000)
    workflow.sweep()
    assert [entry.key.rpartition(":")[2] for entry in CacheEntry.objects.all()] == ["counting"]
