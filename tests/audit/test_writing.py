"""What an event holds."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from uploads import audit
from uploads.audit import Origin
from uploads.models import AuditEvent, AuditHead, Membership
from uploads.models.people import Role

pytestmark = pytest.mark.django_db


def test_an_unknown_action_is_a_mistake(uploader):
    with pytest.raises(ValueError, match="not an audit action"):
        audit.record(uploader, "batch.misspelt")
    assert not AuditEvent.objects.exists()


def test_an_event_knows_the_roles_of_its_moment(uploader, destination, other_destination):
    Membership.objects.create(person=uploader, destination=destination, role=Role.REVIEWER)
    audit.record(uploader, "destination.changed", destination=destination)
    Membership.objects.all().delete()
    uploader.site_role = "admin"
    audit.record(uploader, "destination.changed", destination=other_destination)
    roles = AuditEvent.objects.order_by("sequence").values_list("site_role", "destination_roles")
    assert list(roles) == [("", "reviewer uploader"), ("admin", "")]


def test_an_event_knows_where_it_comes_from_as_long_as_that_holds(uploader):
    with audit.coming_from(Origin("192.0.2.7", "Firefox on Linux")):
        audit.record(uploader, "person.signed-in")
    audit.record(uploader, "person.signed-out")
    origins = AuditEvent.objects.order_by("sequence").values_list("ip", "device")
    assert list(origins) == [("192.0.2.7", "Firefox on Linux"), ("", "")]


def test_a_clock_that_is_set_back_does_not_go_back_in_the_log(uploader, unguarded):
    audit.record(uploader, "person.signed-in")
    later = now() + timedelta(hours=1)
    AuditHead.objects.update(at=later)
    assert audit.record(uploader, "person.signed-out").at == later
