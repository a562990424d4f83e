"""Who may do what, for every role; and pages answer as access decides."""

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.support import files as made
from uploads import access
from uploads.access import Action
from uploads.middleware import read_roles_once
from uploads.models import Batch, Membership
from uploads.models.people import Role

pytestmark = pytest.mark.django_db

CAST = ("uploader", "colleague", "reviewer", "outsider", "auditor", "admin")
#: The batch is the uploader's. For each action, who of the cast may do it.
EXPECTED = {
    Action.SEE: {"uploader", "reviewer", "auditor", "admin"},
    Action.SEE_VALUES: {"uploader", "reviewer"},
    Action.DOWNLOAD: {"uploader", "reviewer"},
    Action.UPLOAD: {"uploader"},
    Action.CONFIRM_READING: {"uploader"},
    Action.SEND: {"uploader"},
    Action.ASK_APPROVAL: {"uploader"},
    Action.APPROVE: {"reviewer"},
    Action.CANCEL: {"uploader", "reviewer"},
    Action.SEND_REST: {"uploader", "reviewer"},
    Action.RESTORE: {"uploader", "reviewer"},
    Action.RESOLVE: {"reviewer"},
    Action.MANAGE: {"admin"},
    Action.READ_AUDIT: {"auditor", "admin"},
}


def test_the_table_covers_every_action():
    assert set(EXPECTED) == set(Action) == set(access.MATRIX)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("who", CAST)
def test_each_role_may_do_what_the_table_says(request, receive, who, action):
    batch, person = receive(made.GOOD), request.getfixturevalue(who)
    assert access.may(person, batch, action) == (who in EXPECTED[action])


def test_a_reviewer_sends_only_what_they_uploaded_themselves(receive, reviewer):
    assert access.may(reviewer, receive(made.GOOD, actor=reviewer), Action.SEND)


def test_a_reviewer_resolves_every_batch_but_their_own(receive, uploader, reviewer, destination):
    Membership.objects.create(person=uploader, destination=destination, role=Role.REVIEWER)
    own, others = receive(made.GOOD), receive(made.GOOD, actor=reviewer)
    assert not access.may(uploader, own, Action.RESOLVE)
    assert access.may(uploader, others, Action.RESOLVE)
    assert list(access.deciders_of(own)) == [reviewer]
    assert list(access.deciders_of(others)) == [uploader]


def test_whoever_resolves_may_see_values():
    """Their page shows ids and values that were read back from Target."""
    reaches = zip(access.MATRIX[Action.RESOLVE], access.MATRIX[Action.SEE_VALUES], strict=True)
    assert all(values == access.ANY for resolve, values in reaches if resolve != access.NEVER)


def test_a_foreign_batch_does_not_exist(receive, outsider):
    batch = receive(made.GOOD)
    with pytest.raises(Http404):
        access.get_batch_for(outsider, batch.pk, Action.SEE)


def test_an_upload_is_its_owners_alone(uploader, colleague, destination):
    from uploads import workflow

    upload = workflow.begin_upload(uploader, destination, "people.csv", 10)
    assert access.get_upload_for(uploader, upload.pk) == upload
    with pytest.raises(Http404):
        access.get_upload_for(colleague, upload.pk)


def test_without_the_membership_ones_own_batches_are_gone(receive, uploader):
    batch = receive(made.GOOD)
    Membership.objects.filter(person=uploader).delete()
    assert not access.may(uploader, batch, Action.SEE)


def test_an_inactive_person_may_nothing(receive, uploader, admin):
    batch = receive(made.GOOD)
    for person in (uploader, admin):
        person.is_active = False
        assert not access.may(person, batch, Action.SEE)
    assert not access.is_admin(admin)


def test_djangos_superuser_flag_gives_no_right(receive, outsider):
    outsider.is_superuser = True
    outsider.save()
    assert not access.may(outsider, receive(made.GOOD), Action.SEE)


@pytest.mark.parametrize("who", CAST)
def test_the_history_lists_what_one_may_see_and_nothing_else(request, receive, sign_in, who):
    batch = receive(made.GOOD, filename="secret-name.csv")
    answer = sign_in(request.getfixturevalue(who)).get(reverse("batches"))
    assert (b"secret-name.csv" in answer.content) == (who in EXPECTED[Action.SEE])
    assert Batch.objects.filter(pk=batch.pk).exists()


@pytest.mark.parametrize("who", ["auditor", "admin"])
def test_values_of_rows_are_not_shown_to_those_who_only_count(request, checked, sign_in, who):
    batch = checked(b"thirdPartyId,tier\nSECRET/1,gold\nA2,gold\n")
    client = sign_in(request.getfixturevalue(who))
    for name in ("batch", "batch-problems"):
        answer = client.get(reverse(name, args=[batch.pk]))
        assert answer.status_code == 200
        assert b"SECRET" not in answer.content


@pytest.mark.parametrize("role", Role)
def test_both_roles_upload(role, destination, outsider):
    assert destination not in access.destinations_to_upload_to(outsider)
    Membership.objects.create(person=outsider, destination=destination, role=role)
    assert destination in access.destinations_to_upload_to(outsider)


def test_nobody_uploads_to_an_inactive_destination(uploader, destination):
    destination.active = False
    destination.save()
    assert not access.destinations_to_upload_to(uploader).exists()


def test_a_page_is_judged_by_the_roles_of_one_moment(receive, uploader):
    batch = receive(made.GOOD)
    access.ask_once(uploader)
    Membership.objects.filter(person=uploader).delete()
    assert access.may(uploader, batch, Action.SEE)
    assert not access.may(type(uploader).objects.get(pk=uploader.pk), batch, Action.SEE)


@pytest.mark.parametrize(("method", "queries"), [("GET", 1), ("POST", 2)])
def test_only_a_request_that_reads_asks_for_roles_but_once(rf, uploader, method, queries):
    request = rf.generic(method, "/")
    request.user = uploader

    def answer(request):
        return [access.is_member(request.user), access.is_reviewer(request.user)]

    with CaptureQueriesContext(connection) as captured:
        assert read_roles_once(answer)(request) == [True, False]
    assert len(captured) == queries
