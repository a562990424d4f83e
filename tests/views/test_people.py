"""The admin's pages about people."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.second_factor import set_up_app
from uploads.models import AuditEvent, Membership, User
from uploads.models.people import Role, SiteRole

from ..conftest import PASSWORD

pytestmark = pytest.mark.django_db


def events(prefix: str = "") -> list[tuple[str, str, dict]]:
    """What the audit log has beside signing in: action, actor, facts; oldest first."""
    found = AuditEvent.objects.exclude(action="person.confirmed").filter(action__startswith=prefix)
    return list(found.order_by("sequence").values_list("action", "actor_name", "facts"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "uplo"}, {"uploader"}),
        ({"q": "Example ANA"}, {"reviewer"}),
        ({"q": "nobody"}, set()),
        ({"role": "admin"}, {"admin"}),
        ({"role": "reviewer"}, {"reviewer", "outsider"}),
        ({"role": "reviewer", "destination": "Sandbox"}, {"reviewer"}),
        ({"active": "no"}, {"outsider"}),
        ({"destination": "12345"}, set()),
    ],
)
def test_people_are_found(sign_in, admin, uploader, reviewer, outsider, destination, query, found):
    User.objects.filter(pk=reviewer.pk).update(first_name="Ana", last_name="Example")
    User.objects.filter(pk=outsider.pk).update(is_active=False)
    query = {**query, **({"destination": destination.pk} if query.get("destination") == "Sandbox" else {})}
    page = sign_in(admin).get(reverse("people"), query)
    assert {person.username for person in page.context["page"]} == found


def test_what_an_admin_changes_is_written_down_with_before_and_after(sign_in_confirmed, admin, uploader):
    client, url = sign_in_confirmed(admin), reverse("person", args=[uploader.pk])
    form = {"first_name": "Uli", "last_name": "", "email": "Uli@example.com", "site_role": "auditor"}
    assert client.post(url, form).url == url
    assert client.post(url, form).url == url  # nothing changes, so nothing is written
    uploader.refresh_from_db()
    assert (uploader.first_name, uploader.email, uploader.site_role) == ("Uli", "uli@example.com", "auditor")
    changes = {"email": ["", "uli@example.com"], "first_name": ["", "Uli"], "site_role": ["", "auditor"]}
    assert events() == [("person.changed", "admin", {"changes": changes})]


@pytest.mark.parametrize("address", ["REVIEWER@example.com", "reviewer-as-name@example.com"])
def test_nobody_gets_anothers_address(sign_in_confirmed, admin, uploader, reviewer, address):
    User.objects.filter(pk=reviewer.pk).update(email="reviewer@example.com")
    User.objects.create_user("reviewer-as-name@example.com")
    answer = sign_in_confirmed(admin).post(
        reverse("person", args=[uploader.pk]), {"email": address, "site_role": ""}
    )
    assert b"Another account has this e-mail address" in answer.content
    assert events() == []


def test_memberships_are_given_and_taken(sign_in_confirmed, admin, auditor, destination):
    client, give = sign_in_confirmed(admin), reverse("membership-give", args=[auditor.pk])
    form = {"destination": destination.pk, "role": Role.REVIEWER}
    for _twice in range(2):
        client.post(give, form)
    client.post(give, {**form, "role": "emperor"})
    membership = Membership.objects.get(person=auditor)
    take = reverse("membership-take", args=[auditor.pk, membership.pk])
    assert client.post(take).status_code == 302
    assert client.post(take).status_code == 404
    facts = {"role": "reviewer"}
    assert events() == [("membership.added", "admin", facts), ("membership.removed", "admin", facts)]


def test_a_membership_is_taken_only_from_the_one_who_holds_it(sign_in_confirmed, admin, uploader, reviewer):
    take = reverse("membership-take", args=[reviewer.pk, uploader.memberships.get().pk])
    assert sign_in_confirmed(admin).post(take).status_code == 404
    assert uploader.memberships.exists()


def test_deactivating_signs_out_at_once_and_can_be_taken_back(sign_in_confirmed, admin, uploader):
    theirs, client = Client(), sign_in_confirmed(admin)
    theirs.post(reverse("sign-in"), {"username": "uploader", "password": PASSWORD})
    assert theirs.get(reverse("batches")).status_code == 200
    client.post(reverse("person-deactivate", args=[uploader.pk]))
    assert theirs.get(reverse("batches")).status_code == 302
    client.post(reverse("person-reactivate", args=[uploader.pk]))
    assert theirs.get(reverse("batches")).status_code == 302
    theirs.post(reverse("sign-in"), {"username": "uploader", "password": PASSWORD})
    assert theirs.get(reverse("batches")).status_code == 200
    assert [action for action, _who, _facts in events("person.")] == [
        "person.signed-in",
        "person.deactivated",
        "person.reactivated",
        "person.signed-in",
    ]


def test_the_last_active_admin_stays(sign_in_confirmed, admin):
    User.objects.create_user("former", site_role=SiteRole.ADMIN, is_active=False)
    client, url = sign_in_confirmed(admin), reverse("person", args=[admin.pk])
    assert b"last active admin" in client.post(url, {"site_role": "auditor"}).content
    answer = client.post(reverse("person-deactivate", args=[admin.pk]), follow=True)
    assert b"last active admin" in answer.content
    assert events() == []
    User.objects.create_user("second", site_role=SiteRole.ADMIN)
    assert client.post(url, {"site_role": "auditor"}).status_code == 302
    admin.refresh_from_db()
    assert admin.site_role == SiteRole.AUDITOR


def test_a_lost_second_factor_is_reset(sign_in_confirmed, admin, uploader):
    theirs = Client()
    theirs.post(reverse("sign-in"), {"username": "uploader", "password": PASSWORD})
    set_up_app(theirs, PASSWORD)
    client = sign_in_confirmed(admin)
    assert b"Authenticator app" in client.get(reverse("person", args=[uploader.pk])).content
    client.post(reverse("person-reset", args=[uploader.pk]))
    assert theirs.get(reverse("batches")).status_code == 302
    answer = theirs.post(reverse("sign-in"), {"username": "uploader", "password": PASSWORD})
    assert answer.url == reverse("home")
    _action, actor, facts = events("person.second-factor-reset")[0]
    assert (actor, facts["kinds"]) == ("admin", ["recovery_codes", "totp"])


def test_an_admin_signs_somebody_out_everywhere(sign_in_confirmed, admin, uploader):
    theirs = Client()
    theirs.post(reverse("sign-in"), {"username": "uploader", "password": PASSWORD})
    sign_in_confirmed(admin).post(reverse("person-sign-out", args=[uploader.pk]))
    assert theirs.get(reverse("batches")).status_code == 302


def test_without_a_fresh_proof_nothing_is_changed_or_kept(sign_in, admin, destination):
    client, url = sign_in(admin), reverse("destination-token", args=[destination.pk])
    asked = client.post(url, {"token": "canary-78"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert "canary-78" not in str(dict(client.session))
    back = client.post(asked.url, {"password": PASSWORD}, follow=True)
    assert back.redirect_chain[-1][0] == reverse("destination", args=[destination.pk])
    assert b"Nothing was changed yet" in back.content
    destination.refresh_from_db()
    assert not destination.has_token


def test_a_proof_grows_old(sign_in_confirmed, admin, uploader, settings):
    client, url = sign_in_confirmed(admin), reverse("person", args=[uploader.pk])
    assert client.get(url).status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert client.get(url).url.startswith(reverse("account_reauthenticate"))


def test_an_admin_with_nothing_to_confirm_with_is_told(sign_in, admin, uploader):
    admin.set_unusable_password()
    admin.save()
    answer = sign_in(admin).get(reverse("person", args=[uploader.pk]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("mfa_index")
    assert b"nothing to confirm with" in answer.content
