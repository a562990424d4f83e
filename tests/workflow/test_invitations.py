"""An invitation under a race."""

import pytest

from tests.support.at_once import at_once
from uploads import workflow
from uploads.models import User
from uploads.models.people import SiteRole

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_of_two_who_accept_one_invitation_one_gets_in():
    tokens = []
    admin = User.objects.create_user("admin", site_role=SiteRole.ADMIN)
    workflow.invite(admin, "new@example.com", link_to=lambda token: tokens.append(token) or token)

    def accept(name) -> str:
        try:
            newcomer = workflow.Newcomer(name, "a long pass phrase")
            return workflow.accept_invitation(tokens[0], newcomer).username
        except workflow.InvitationGone:
            return ""

    names = at_once(lambda: accept("one"), lambda: accept("two"))
    made = User.objects.exclude(pk=admin.pk).get()
    assert sorted(names) == ["", made.username]
