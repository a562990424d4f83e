"""What holds about people and their roles, also when two act at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from uploads import workflow
from uploads.models import User
from uploads.models.people import SiteRole


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_remove_each_other_one_stays():
    admins = [User.objects.create_user(name, site_role=SiteRole.ADMIN) for name in ("one", "two")]
    start = threading.Barrier(2)

    def remove(actor, person) -> bool:
        start.wait()
        try:
            workflow.deactivate(actor, person)
        except workflow.LastAdmin:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(remove, admins, reversed(admins)))
    assert sorted(done) == [False, True]
    assert User.objects.filter(is_active=True).count() == 1
