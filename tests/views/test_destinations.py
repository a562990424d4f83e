"""The admin's pages about destinations."""

import pytest
from django.urls import reverse

from tests.support import files as made
from uploads.models import AuditEvent, Destination
from uploads.workflow import calls

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Production",
    "kind": "target",
    "client_code": "acme",
    "api_version": "v2",
    "unproven_values": "notice",
    "approval": "",
    "approval_rejected_percent": "5",
    "keep_days": "30",
    "proof_profiles": "50",
    "business_first_day": "0",
    "business_last_day": "4",
    "big_rows": "100000",
    "active": "on",
}


@pytest.fixture
def client(sign_in_confirmed, admin):
    """The admin's, fresh from proving who they are."""
    return sign_in_confirmed(admin)


def events(prefix: str = "") -> list[tuple[str, str, dict]]:
    """What the audit log has of destinations and accounts: action, actor, facts; oldest first."""
    found = AuditEvent.objects.exclude(action="person.confirmed").filter(action__startswith=prefix)
    return list(found.order_by("sequence").values_list("action", "actor_name", "facts"))


def test_a_destination_is_added_and_changed_with_before_and_after(client):
    answer = client.post(reverse("destination-new"), FORM)
    destination = Destination.objects.get()
    assert answer.url == reverse("destination", args=[destination.pk])
    client.post(answer.url, {**FORM, "api_version": "v1"})
    client.post(answer.url, {**FORM, "api_version": "v1"})
    destination.refresh_from_db()
    assert destination.api_version == "v1"
    (added, _who, first), (changed, _who, second) = events()
    assert (added, changed) == ("destination.added", "destination.changed")
    assert first["changes"]["client_code"] == [None, "acme"]
    assert first["changes"]["approval"] == [None, "always"]
    assert second["changes"] == {"api_version": ["v2", "v1"]}


@pytest.mark.parametrize(
    ("kind", "chosen", "rule"),
    [("target", "", "always"), ("sandbox", "", "never"), ("target", "above", "above")],
)
def test_who_approves_follows_from_the_kind_unless_somebody_says(client, kind, chosen, rule):
    client.post(reverse("destination-new"), {**FORM, "kind": kind, "approval": chosen})
    assert Destination.objects.get().approval == rule


def test_the_rule_for_approvals_is_changed_on_the_destinations_page(client, destination):
    url = reverse("destination", args=[destination.pk])
    rule = {"approval": "above", "approval_rows": "1000", "approval_rejected_percent": "101"}
    assert client.post(url, {**FORM, **rule}).status_code == 200
    client.post(url, {**FORM, **rule, "approval_rejected_percent": "10"})
    destination.refresh_from_db()
    assert (destination.approval_rows, destination.approval_rejected_percent) == (1000, 10)
    assert events()[-1][2]["changes"]["approval"] == ["never", "above"]


@pytest.mark.parametrize("code", ["bad.code", "evil.example.com/", "a@b", "", "a b"])
def test_a_client_code_that_is_no_host_label_is_refused(client, code):
    assert client.post(reverse("destination-new"), {**FORM, "client_code": code}).status_code == 200
    assert not Destination.objects.exists()


def test_where_a_destination_leads_is_fixed_once_it_has_a_batch(client, receive, destination):
    """What was released for one account never goes to another."""
    receive(made.GOOD)
    url = reverse("destination", args=[destination.pk])
    assert client.post(url, {**FORM, "name": "Renamed"}).status_code == 302
    destination.refresh_from_db()
    assert (destination.name, destination.kind, destination.client_code) == ("Renamed", "sandbox", "sandbox")


def test_a_destination_without_batches_can_still_be_corrected_or_removed(client, destination):
    client.post(reverse("destination", args=[destination.pk]), FORM)
    destination.refresh_from_db()
    assert (destination.kind, destination.client_code) == ("target", "acme")
    assert client.post(reverse("destination-remove", args=[destination.pk])).url == reverse("destinations")
    assert events()[-1][:2] == ("destination.removed", "admin")
    assert not Destination.objects.exists()


def test_a_destination_with_batches_stays(client, receive, destination):
    receive(made.GOOD)
    answer = client.post(reverse("destination-remove", args=[destination.pk]), follow=True)
    assert b"it has batches" in answer.content
    assert Destination.objects.exists()


def test_a_token_is_written_encrypted_and_never_shown(client, destination):
    url = reverse("destination-token", args=[destination.pk])
    assert client.post(url, {"token": "canary-77"}, follow=True).status_code == 200
    destination.refresh_from_db()
    assert destination.target_account().token == "canary-77"
    assert b"canary-77" not in bytes(destination.token_sealed)
    assert b"canary-77" not in client.get(reverse("destination", args=[destination.pk])).content
    assert not AuditEvent.objects.filter(facts__icontains="canary").exists()
    client.post(reverse("destination-forget-token", args=[destination.pk]))
    destination.refresh_from_db()
    assert not destination.has_token
    assert [facts["kept"] for _action, _who, facts in events("destination.token-changed")] == [True, False]


@pytest.mark.parametrize("name", ["destination-token", "destination-forget-token"])
def test_another_token_or_none_lets_an_account_go_on_that_waited_for_one(client, destination, name):
    calls.pause_for_token(destination)
    assert b"Target refused the token" in client.get(reverse("destination", args=[destination.pk])).content
    client.post(reverse(name, args=[destination.pk]), {"token": "fresh"})
    assert calls.available(destination)
    assert events()[-1][:2] == ("account.resumed", "admin")


def test_an_admin_pauses_an_account_and_a_new_token_does_not_take_that_back(client, destination):
    client.post(reverse("destination-pause", args=[destination.pk]))
    client.post(reverse("destination-token", args=[destination.pk]), {"token": "fresh"})
    assert not calls.available(destination)
    assert b"An admin paused the account" in client.get(reverse("destination", args=[destination.pk])).content
    assert b"Paused" in client.get(reverse("destinations")).content
    client.post(reverse("destination-resume", args=[destination.pk]))
    assert calls.available(destination)
    assert [action for action, _who, _facts in events("account.")] == ["account.paused", "account.resumed"]


def test_the_list_and_the_page_say_who_is_a_member(client, uploader, reviewer, destination):
    assert b"2 people" in client.get(reverse("destinations")).content
    page = client.get(reverse("destination", args=[destination.pk])).content
    assert b"uploader" in page
    assert b"reviewer" in page


@pytest.mark.parametrize(("entered", "kept"), [("0", 0), ("200", 200), ("1001", 50), ("-1", 50), ("", 50)])
def test_how_many_profiles_are_read_back_is_a_rule_of_the_destination(client, destination, entered, kept):
    client.post(reverse("destination", args=[destination.pk]), {**FORM, "proof_profiles": entered})
    destination.refresh_from_db()
    assert destination.proof_profiles == kept
