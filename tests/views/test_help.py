import pytest
from django.urls import reverse

from tests.support import files as made
from uploads.batchfile import CODES


@pytest.mark.parametrize("name", ["help", "help-target", "help-problems", "help-tool"])
def test_whoever_is_signed_in_finds_help(client, uploader, name):
    client.force_login(uploader)
    page = client.get(reverse(name))
    assert page.status_code == 200
    assert reverse("help") in page.content.decode()


def test_each_problem_has_an_anchor_of_its_own_name(client, uploader):
    client.force_login(uploader)
    page = client.get(reverse("help-problems")).content.decode()
    assert [code for code in CODES if f'id="{code}"' not in page] == []


def test_a_problem_leads_to_its_example(sign_in, checked, uploader):
    batch = checked(made.SOME_BAD)
    example = f'href="{reverse("help-problems")}#id-missing"'
    client = sign_in(uploader)
    for name in ("batch", "batch-problems"):
        assert example in client.get(reverse(name, args=[batch.pk])).content.decode()
