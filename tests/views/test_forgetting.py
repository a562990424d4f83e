"""The admin's pages about forgetting a person."""

import pytest
from django.urls import reverse

from tests.support.answers import text_of
from uploads import workflow
from uploads.models import Forgetting

pytestmark = pytest.mark.django_db

WHO = "visitor-774211"


@pytest.fixture
def client(sign_in_confirmed, admin):
    """The admin's, fresh from proving who they are."""
    return sign_in_confirmed(admin)


def test_from_the_identifier_to_the_result_and_never_in_an_address_or_page(client, checked, uploader):
    batch = checked(f"thirdPartyId,tier\n{WHO},gold\nA2,gold\n".encode())
    assert workflow.cancel(uploader, batch)
    answer = client.post(reverse("forget"), {"identifier": f" {WHO} "})
    wanted = Forgetting.objects.get()
    assert answer.url == reverse("forgetting", args=[wanted.pk])
    assert "Looking into every kept file" in text_of(client.get(answer.url))
    workflow.go_on_forgetting(wanted.pk)
    found = text_of(client.get(answer.url))
    assert "can be removed from 1 batch" in found
    assert client.post(reverse("forgetting-remove", args=[wanted.pk])).url == answer.url
    workflow.go_on_forgetting(wanted.pk)
    done = text_of(client.get(reverse("forgetting-live", args=[wanted.pk])))
    assert "The visitor is forgotten here" in done
    assert "Privacy Service" in done
    assert WHO not in found + done + text_of(client.get(reverse("forget")))
    page = text_of(client.get(reverse("batch", args=[batch.pk])))
    assert "a person was forgotten on" in page


def test_an_identifier_that_occurs_nowhere_leaves_nothing_to_do(client):
    client.post(reverse("forget"), {"identifier": WHO})
    wanted = Forgetting.objects.get()
    workflow.go_on_forgetting(wanted.pk)
    assert "is in no file that is kept" in text_of(client.get(reverse("forgetting", args=[wanted.pk])))
    answer = client.post(reverse("forgetting-remove", args=[wanted.pk]), follow=True)
    assert "nothing to be removed" in text_of(answer)


def test_without_an_identifier_nothing_is_looked_for(client):
    assert client.post(reverse("forget"), {"identifier": "  "}).status_code == 200
    assert not Forgetting.objects.exists()
