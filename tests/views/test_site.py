"""What holds for every page: headers, sign-in, error pages, the admin."""

import pytest
from django.urls import reverse

from uploads.models import Destination, User

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


@pytest.mark.parametrize("name", ["batches", "people", "audit"])
def test_pages_of_signed_in_people_are_kept_by_no_cache(sign_in, admin, name):
    assert "no-store" in sign_in(admin).get(reverse(name))["Cache-Control"]


def test_a_page_that_does_not_exist_says_so_in_our_clothes(sign_in, uploader):
    answer = sign_in(uploader).get("/nonsense/")
    assert answer.status_code == 404
    assert b"Bulkprofile" in answer.content


def test_two_spellings_of_a_client_code_are_one_account():
    for kind in Destination.Kind:
        codes = {Destination(client_code=code, kind=kind).account_code for code in ("Acme", "acme")}
        assert len(codes) == 1


def test_the_host_is_derived_from_the_client_code():
    """T1."""
    destination = Destination(name="Production", client_code="acme", kind=Destination.Kind.TARGET)
    assert destination.base_url == "https://acme.tt.omtrdc.net"


def test_the_admin_is_not_djangos_superuser():
    boss = User.objects.create_superuser("boss", password="a long pass phrase")
    assert (boss.site_role, boss.is_superuser) == ("admin", False)


def test_the_job_servers_own_pages_are_not_there(sign_in, admin):
    """They could delete a job or run it again without a right or a trace."""
    client = sign_in(admin)
    for path in ("admin/", "admin/django_rq/dashboard/", "django-rq/", "django-rq/stats.json"):
        assert client.get(f"/{path}", follow=True).status_code == 404
