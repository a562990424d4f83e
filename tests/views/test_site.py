"""What holds for every page: headers, sign-in, error pages, the admin."""

import pytest
from django.urls import reverse

from tests.support import files as made
from uploads.models import AuditEvent, Destination, Membership, User
from uploads.models.people import Role
from uploads.workflow import calls

pytestmark = pytest.mark.django_db


def test_every_answer_carries_the_policy(client):
    answer = client.get(reverse("sign-in"))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("name", ["batches", "batch-new", "audit"])
def test_pages_of_signed_in_people_are_kept_by_no_cache(sign_in, admin, name):
    assert "no-store" in sign_in(admin).get(reverse(name))["Cache-Control"]


def test_a_page_that_does_not_exist_says_so_in_our_clothes(sign_in, uploader):
    answer = sign_in(uploader).get("/nonsense/")
    assert answer.status_code == 404
    assert b"Bulkprofile" in answer.content


def test_the_admin_makes_people_with_memberships_and_the_log_knows(sign_in, admin, destination):
    client = sign_in(admin)
    answer = client.post(
        reverse("admin:uploads_user_add"),
        {"username": "newcomer", "password1": "a long pass phrase", "password2": "a long pass phrase",
         "usable_password": "true", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"},
    )  # fmt: skip
    assert answer.status_code == 302
    person = User.objects.get(username="newcomer")
    client.post(
        reverse("admin:uploads_membership_add"),
        {"person": person.pk, "destination": destination.pk, "role": Role.UPLOADER},
    )
    assert Membership.objects.filter(person=person, role=Role.UPLOADER).exists()
    actions = list(AuditEvent.objects.order_by("sequence").values_list("action", "actor_name"))
    assert actions == [("person.added", "admin"), ("membership.added", "admin")]


def test_a_token_is_written_encrypted_and_never_shown(sign_in, admin, destination):
    client = sign_in(admin)
    url = reverse("admin:uploads_destination_change", args=[destination.pk])
    form = {
        "name": "Sandbox",
        "kind": "sandbox",
        "client_code": "sandbox",
        "api_version": "v2",
        "unproven_values": "notice",
        "active": "on",
    }
    assert client.post(url, {**form, "token": "canary-77"}).status_code == 302
    destination.refresh_from_db()
    assert destination.target_account().token == "canary-77"
    assert b"canary-77" not in bytes(destination.token_sealed)
    assert b"canary-77" not in client.get(url).content
    assert not AuditEvent.objects.filter(facts__icontains="canary").exists()
    assert client.post(url, {**form, "forget_token": "on"}).status_code == 302
    destination.refresh_from_db()
    assert not destination.has_token


DESTINATION = {
    "name": "Renamed",
    "kind": "target",
    "client_code": "b",
    "api_version": "v2",
    "unproven_values": "notice",
    "active": "on",
}


def test_where_a_destination_leads_is_fixed_once_it_has_a_batch(sign_in, admin, receive, destination):
    """What was released for one account never goes to another."""
    receive(made.GOOD)
    url = reverse("admin:uploads_destination_change", args=[destination.pk])
    assert sign_in(admin).post(url, DESTINATION).status_code == 302
    destination.refresh_from_db()
    assert (destination.name, destination.kind, destination.client_code) == ("Renamed", "sandbox", "sandbox")


def test_a_destination_without_batches_can_still_be_corrected(sign_in, admin, destination):
    url = reverse("admin:uploads_destination_change", args=[destination.pk])
    assert sign_in(admin).post(url, DESTINATION).status_code == 302
    destination.refresh_from_db()
    assert (destination.kind, destination.client_code) == ("target", "b")


@pytest.mark.parametrize("entered", [{"token": "fresh"}, {"forget_token": "on"}], ids=["new", "none"])
def test_another_token_or_none_lets_a_paused_account_go_on(sign_in, admin, destination, entered):
    calls.pause_for_token(destination)
    url = reverse("admin:uploads_destination_change", args=[destination.pk])
    form = {**DESTINATION, "kind": "sandbox", "client_code": "sandbox", **entered}
    assert sign_in(admin).post(url, form).status_code == 302
    assert calls.available(destination)
    assert AuditEvent.objects.filter(action="account.resumed", actor_name="admin").exists()


def test_two_spellings_of_a_client_code_are_one_account():
    for kind in Destination.Kind:
        codes = {Destination(client_code=code, kind=kind).account_code for code in ("Acme", "acme")}
        assert len(codes) == 1


def test_the_log_knows_who_set_whose_password(sign_in, admin, uploader):
    new = {"password1": "another pass phrase", "password2": "another pass phrase", "usable_password": "true"}
    url = reverse("admin:auth_user_password_change", args=[uploader.pk])
    client = sign_in(admin)
    assert client.post(url, {**new, "password2": "mistyped"}).status_code == 200
    assert not AuditEvent.objects.exists()
    assert client.post(url, new).status_code == 302
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_name) == ("person.password-changed", "admin")
    assert event.facts == {"person": "uploader"}


@pytest.mark.parametrize("code", ["bad.code", "evil.example.com/", "a@b", "", "a b"])
def test_a_client_code_that_is_no_host_label_is_refused(sign_in, admin, code):
    answer = sign_in(admin).post(
        reverse("admin:uploads_destination_add"),
        {**DESTINATION, "name": "Production", "client_code": code},
    )
    assert answer.status_code == 200
    assert not Destination.objects.exists()


def test_the_host_is_derived_from_the_client_code():
    """T1."""
    destination = Destination(name="Production", client_code="acme", kind=Destination.Kind.TARGET)
    assert destination.base_url == "https://acme.tt.omtrdc.net"


@pytest.mark.parametrize("model", ["batch", "auditevent"])
def test_batches_and_the_audit_log_are_read_only_in_the_admin(sign_in, admin, model):
    client = sign_in(admin)
    assert client.get(reverse(f"admin:uploads_{model}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:uploads_{model}_add")).status_code == 403


def test_the_admin_is_not_djangos_superuser():
    boss = User.objects.create_superuser("boss", password="a long pass phrase")
    assert (boss.site_role, boss.is_superuser) == ("admin", False)


def test_the_admins_own_sign_in_address_leads_somewhere(sign_in, admin):
    """Signed in, it would otherwise send the browser round in circles."""
    answer = sign_in(admin).get(reverse("admin:login"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("admin:index")


def test_the_job_servers_own_pages_are_not_there(sign_in, admin):
    """They could delete a job or run it again without a right or a trace."""
    admin.is_staff = True
    admin.save()
    client = sign_in(admin)
    for path in ("", "stats.json", "queues/0/"):
        assert client.get(f"/admin/django_rq/dashboard/{path}", follow=True).status_code == 404


def test_an_admin_pauses_an_account_and_a_new_token_does_not_take_that_back(sign_in, admin, destination):
    client, url = sign_in(admin), reverse("admin:uploads_destination_changelist")
    chosen = {"_selected_action": [destination.pk]}
    assert (
        b"Accounts paused: 1."
        in client.post(url, {**chosen, "action": "pause_accounts"}, follow=True).content
    )
    calls.resume(destination, admin, paused_for="token")
    assert not calls.available(destination)
    assert b"paused by an admin" in client.get(url).content
    client.post(url, {**chosen, "action": "resume_accounts"})
    assert calls.available(destination)
    actions = AuditEvent.objects.order_by("sequence").values_list("action", "actor_name")
    assert list(actions) == [("account.paused", "admin"), ("account.resumed", "admin")]


def test_destinations_are_not_deleted_by_the_dozen(sign_in, admin, destination):
    page = sign_in(admin).get(reverse("admin:uploads_destination_changelist")).content
    assert b"pause_accounts" in page
    assert b"delete_selected" not in page
