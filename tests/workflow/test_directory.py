"""What holds about people and their roles, also when two act at the same moment."""

import pytest

from tests.support.at_once import at_once
from uploads import workflow
from uploads.models import User
from uploads.models.people import SiteRole

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_of_two_admins_who_remove_each_other_one_stays():
    one, two = (User.objects.create_user(name, site_role=SiteRole.ADMIN) for name in ("one", "two"))

    def remove(actor, person) -> bool:
        try:
            workflow.deactivate(actor, person)
        except workflow.LastAdmin:
            return False
        return True

    assert sorted(at_once(lambda: remove(one, two), lambda: remove(two, one))) == [False, True]
    assert User.objects.filter(is_active=True).count() == 1
