import pytest
from django.urls import reverse

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
