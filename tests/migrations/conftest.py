"""A database from before a migration."""

import copy

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from tests.support import databases

OLD = "old"


@pytest.fixture
def migrate(tmp_path, django_db_blocker):
    """Brings a database of its own to a migration; returns what finds a model's rows as they were then."""
    about = copy.deepcopy(connections["default"].settings_dict)
    connections.databases[OLD] = about | {"NAME": databases.name(tmp_path)}

    def migrate(name: str):
        apps = MigrationExecutor(connections[OLD]).migrate([("uploads", name)]).apps
        return lambda model: apps.get_model("uploads", model).objects.using(OLD)

    with django_db_blocker.unblock():
        try:
            yield migrate
        finally:
            connections[OLD].close()
            del connections[OLD]
            del connections.databases[OLD]
