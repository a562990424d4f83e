"""Who may do what, for every role; and pages answer as access decides."""

import pytest
from django.http import Http404
from django.urls import reverse

from tests.support import files as made
from uploads import access
from uploads.access import Action
from uploads.models import AuditEvent, Batch, Membership
from uploads.models.people import Role

pytestmark = pytest.mark.django_db

CAST = ("uploader", "colleague", "reviewer", "outsider", "auditor", "admin")
#: The batch is the uploader's. For each action, who of the cast may do it.
EXPECTED = {
    Action.SEE: {"uploader", "reviewer", "auditor", "admin"},
    Action.SEE_VALUES: {"uploader", "reviewer"},
    Action.DOWNLOAD: {"uploader", "reviewer"},
    Action.CONFIRM_READING: {"uploader"},
    Action.SEND: {"uploader"},
    Action.ASK_APPROVAL: {"uploader"},
    Action.APPROVE: {"reviewer"},
    Action.CANCEL: {"uploader", "reviewer"},
    Action.RESOLVE: {"reviewer"},
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
def test_only_auditor_and_admin_read_the_audit_log(request, sign_in, who):
    answer = sign_in(request.getfixturevalue(who)).get(reverse("audit"))
    assert answer.status_code == (200 if who in {"auditor", "admin"} else 404)


#: What only admins have, and how it is asked for.
ADMIN_URLS = {
    "people": "get",
    "invite": "get",
    "person": "get",
    "membership-give": "post",
    "membership-take": "post",
    "person-deactivate": "post",
    "person-reactivate": "post",
    "person-reset": "post",
    "person-sign-out": "post",
    "destinations": "get",
    "destination-new": "get",
    "destination": "get",
    "destination-token": "post",
    "destination-forget-token": "post",
    "destination-pause": "post",
    "destination-resume": "post",
    "destination-remove": "post",
}
ONLY_TO_READ = {"people", "destinations"}


def admin_url(name, uploader, destination) -> str:
    """The address, about the uploader, their membership, or the Sandbox."""
    if name in ("people", "invite", "destinations", "destination-new"):
        return reverse(name)
    if name == "membership-take":
        return reverse(name, args=[uploader.pk, uploader.memberships.get().pk])
    return reverse(name, args=[destination.pk if name.startswith("destination") else uploader.pk])


@pytest.mark.parametrize("name", ADMIN_URLS)
@pytest.mark.parametrize("who", CAST)
def test_what_is_the_admins_exists_for_nobody_else(request, sign_in, uploader, destination, who, name):
    client, url = sign_in(request.getfixturevalue(who)), admin_url(name, uploader, destination)
    answer = getattr(client, ADMIN_URLS[name])(url)
    if who != "admin":
        assert answer.status_code == 404
    elif name in ONLY_TO_READ:
        assert answer.status_code == 200
    else:
        assert answer.url.startswith(reverse("account_reauthenticate"))
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("who", CAST)
def test_the_history_lists_what_one_may_see_and_nothing_else(request, receive, sign_in, who):
    batch = receive(made.GOOD, filename="secret-name.csv")
    answer = sign_in(request.getfixturevalue(who)).get(reverse("batches"))
    assert (b"secret-name.csv" in answer.content) == (who in EXPECTED[Action.SEE])
    assert Batch.objects.filter(pk=batch.pk).exists()


URLS = {
    "batch": ("get", Action.SEE),
    "batch-live": ("get", Action.SEE),
    "batch-problems": ("get", Action.SEE),
    "batch-correction-csv": ("get", Action.DOWNLOAD),
    "batch-reading": ("get", Action.CONFIRM_READING),
    "batch-adjust": ("post", Action.CONFIRM_READING),
    "batch-send": ("post", Action.SEND),
    "batch-cancel": ("post", Action.CANCEL),
}


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("who", CAST)
def test_every_page_of_a_batch_answers_as_access_decides(request, checked, sign_in, who, name):
    method, action = URLS[name]
    batch = checked(made.SOME_BAD)
    client = sign_in(request.getfixturevalue(who))
    answer = getattr(client, method)(reverse(name, args=[batch.pk]))
    assert (answer.status_code in (200, 302)) == (who in EXPECTED[action])
    if who not in EXPECTED[action]:
        assert answer.status_code == 404


@pytest.mark.parametrize("name", [*URLS, "batches", "batch-new", "audit", "home", "password-change"])
def test_every_page_asks_strangers_to_sign_in(client, receive, name):
    batch = receive(made.GOOD)
    path = reverse(name, args=[batch.pk] if name in URLS else [])
    answer = client.get(path) if URLS.get(name, ("get",))[0] == "get" else client.post(path)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("sign-in"))


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
