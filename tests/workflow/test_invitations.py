"""An invitation under a race."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from uploads import workflow
from uploads.models import User
from uploads.models.people import SiteRole


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_one_invitation_one_gets_in():
    tokens = []
    admin = User.objects.create_user("admin", site_role=SiteRole.ADMIN)
    workflow.invite(admin, "new@example.com", link_to=lambda token: tokens.append(token) or token)
    start = threading.Barrier(2)

    def accept(name) -> str:
        start.wait()
        try:
            return workflow.accept_invitation(
                tokens[0], workflow.Newcomer(name, "a long pass phrase")
            ).username
        except workflow.InvitationGone:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        names = list(pool.map(accept, ["one", "two"]))
    made = User.objects.exclude(pk=admin.pk).get()
    assert sorted(names) == ["", made.username]
