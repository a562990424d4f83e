"""Invitations: sent by mail, accepted once, expired or withdrawn."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from uploads import workflow
from uploads.models import AuditEvent, Invitation, User
from uploads.models.invitation import hash_of_token
from uploads.models.people import Role
from uploads.runtime.processes import free_port

pytestmark = pytest.mark.django_db

EMAIL = "new.person@example.com"
PASSWORD = "a long pass phrase"
FORM = {"username": "newcomer", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def invited(sign_in_confirmed, admin, destination):
    """Somebody is invited as a reviewer by the form; returns the path of the link that they got."""
    form = {"email": EMAIL, "destination": destination.pk, "role": Role.REVIEWER, "site_role": ""}
    client = sign_in_confirmed(admin)
    assert client.post(reverse("invite"), form).url == reverse("people")
    client.logout()
    (message,) = mail.outbox
    assert message.to == [EMAIL]
    return re.search(r"https?://[^/\s]+(/\S+)", message.body)[1]


def test_an_invitation_makes_an_account_with_its_roles_once(client, invited, destination):
    assert EMAIL in client.get(invited).content.decode()
    assert client.post(invited, FORM).url == reverse("sign-in")
    person = User.objects.get(username="newcomer")
    assert (person.email, person.memberships.get().role) == (EMAIL, Role.REVIEWER)
    assert Invitation.objects.get().state == Invitation.State.ACCEPTED
    assert client.post(reverse("sign-in"), {"username": EMAIL, "password": PASSWORD}).url == reverse("home")
    client.logout()
    assert client.get(invited).status_code == 410
    assert client.post(invited, {**FORM, "username": "another"}).status_code == 410
    assert User.objects.filter(email=EMAIL).count() == 1
    told = AuditEvent.objects.exclude(action__startswith="person.").order_by("sequence")
    assert list(told.values_list("action", "actor_name")) == [
        ("invitation.sent", "admin"),
        ("invitation.accepted", "newcomer"),
        ("membership.added", "admin"),
    ]


def test_the_token_is_kept_only_as_its_hash(invited):
    token = invited.rstrip("/").rsplit("/", 1)[-1]
    assert Invitation.objects.get().token_hash == hash_of_token(token)
    assert not AuditEvent.objects.filter(facts__icontains=token).exists()


@pytest.mark.parametrize("how", ["expired", "withdrawn", "replaced", "made up"])
def test_a_link_that_does_not_count_any_more_says_so(client, invited, admin, sign_in_confirmed, how):
    if how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "withdrawn":
        sign_in_confirmed(admin).post(reverse("invitation-withdraw", args=[Invitation.objects.get().pk]))
    elif how == "replaced":
        workflow.invite(admin, EMAIL, link_to=str)
    else:
        invited = reverse("invitation", args=["made-up"])
    client.logout()
    assert client.get(invited).status_code == 410
    assert client.post(invited, FORM).status_code == 410
    assert not User.objects.filter(username="newcomer").exists()
    states = {"expired": ["expired"], "withdrawn": ["withdrawn"], "replaced": ["sent", "withdrawn"]}
    assert [each.state for each in Invitation.objects.all()] == states.get(how, ["sent"])


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"username": "ADMIN"}, "Somebody has this name already"),
        ({"username": "no spaces"}, "Enter a valid username"),
        ({"password": "newcomer1", "again": "newcomer1"}, "too similar"),
        ({"again": "something else"}, "The two passwords differ"),
    ],
)
def test_what_cannot_be_an_account_is_said(client, invited, form, words):
    assert words in client.post(invited, {**FORM, **form}).content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"email": "Uploader@Example.com"}, "A person here has this address"),
        ({"email": "new@example.com", "role": "reviewer"}, "Choose both a destination and the role"),
        ({"email": "nonsense"}, "Enter a valid email address"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(sign_in_confirmed, admin, uploader, form, words):
    User.objects.filter(pk=uploader.pk).update(email="uploader@example.com")
    assert words in sign_in_confirmed(admin).post(reverse("invite"), form).content.decode()
    assert not Invitation.objects.exists()


def test_nobody_is_invited_by_mail_that_cannot_be_sent(sign_in_confirmed, admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    answer = sign_in_confirmed(admin).post(reverse("invite"), {"email": EMAIL})
    assert b"nobody is invited" in answer.content
    assert Invitation.objects.get().state == Invitation.State.WITHDRAWN


def test_somebody_signed_in_does_not_accept_for_another(sign_in, invited, auditor):
    client = sign_in(auditor)
    assert b"Sign out first" in client.get(invited).content
    assert b"Sign out first" in client.post(invited, FORM).content
    assert not User.objects.filter(username="newcomer").exists()


def test_the_list_of_people_shows_invitations_and_where_they_stand(sign_in, admin, invited):
    page = sign_in(admin).get(reverse("people")).content.decode()
    assert EMAIL in page
    assert "Reviewer at Sandbox" in page
    assert "Sent" in page
