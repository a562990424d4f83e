"""From the schema before the first release to that of today and back: what stood there stands there still."""

import json
import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections, models
from django.db.migrations.loader import MigrationLoader

from tests.support import databases

ROOT = Path(__file__).resolve().parents[2]
BEFORE = "0024_overlaps"
#: Made anew, from other tables, by a migration that changes it; or guarded: only the log adds rows.
NOT_OURS_TO_FILL = {"NameShelf", "AuditEvent", "AuditHead"}
#: What somebody chose takes a person, which the database checks.
NOT_CHOSEN = {"choice", "verdict", "decision"}
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
#: Asks the site that has this database for pages, as somebody who may see them.
LOOK = """
import django, json
django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from uploads.models import Batch, Destination
call_command("migrate", verbosity=0)
someone = get_user_model().objects.get()
someone.site_role, someone.is_active = "admin", True
someone.save()
browser = Client(headers={"host": "localhost"})
browser.force_login(someone)
batch, place = Batch.objects.get().pk, Destination.objects.get().pk
pages = [reverse(name) for name in ("home", "batches", "audit", "people", "destinations")]
pages += [reverse("batch", args=[batch]), reverse("attributes", args=[place])]
print(json.dumps({page: browser.get(page).status_code for page in pages}))
"""


def last_migration() -> str:
    """The newest migration of the product."""
    [(_app, name)] = MigrationLoader(None).graph.leaf_nodes("uploads")
    return name


def a_value(field, rows: dict):
    """Something that fits the field."""
    if isinstance(field, models.ForeignKey):
        return rows[field.related_model.__name__]
    if field.name in NOT_CHOSEN:
        return ""
    if field.choices:
        return field.choices[-1][0]
    for kind, value in (
        (models.UUIDField, uuid.UUID(int=7)),
        (models.DateTimeField, AT),
        (models.DateField, AT.date()),
        (models.JSONField, {"made": "up"}),
        (models.BinaryField, b"made up"),
        (models.BooleanField, True),
        (models.EmailField, "mia@example.com"),
        (models.IntegerField, 3),
    ):
        if isinstance(field, kind):
            return value
    return "made up"[: field.max_length]


def fill(objects, names: list[str]) -> None:
    """One row a table, those that others refer to first."""
    rows: dict = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        fields = [
            field
            for field in objects(name).model._meta.concrete_fields
            if not (field.null or isinstance(field, models.AutoField))
            and (not field.has_default() or field.get_default() is None)
        ]
        needed = {field.related_model.__name__ for field in fields if isinstance(field, models.ForeignKey)}
        if needed - rows.keys():
            waiting.append(name)
            continue
        rows[name] = objects(name).create(**{field.name: a_value(field, rows) for field in fields})


def contents(objects, names: list[str]) -> dict:
    """All rows of the tables, by table."""
    return {name: list(objects(name).order_by("pk").values()) for name in names}


def without_what_is_new(now: dict, before: dict) -> dict:
    """The same tables and columns as before."""
    return {
        name: [{column: row[column] for column in old} for row, old in zip(now[name], rows, strict=True)]
        for name, rows in before.items()
    }


@pytest.fixture
def names():
    """The tables that had rows of ours then."""
    state = MigrationLoader(None).project_state(("uploads", BEFORE)).apps
    models_then = {model.__name__ for model in state.get_app_config("uploads").get_models()}
    return sorted(models_then - NOT_OURS_TO_FILL)


def test_an_upgrade_and_the_way_back_keep_every_row_and_the_site_works(migrate, names, tmp_path):
    objects = migrate(BEFORE)
    fill(objects, names)
    before = contents(objects, names)
    assert all(before.values())

    after = migrate(last_migration())
    assert without_what_is_new(contents(after, names), before) == before
    connections["old"].close()
    assert set(json.loads(looked_at(tmp_path)).values()) == {200}

    back = migrate(BEFORE)
    assert len(contents(back, names)["Batch"]) == 1
    again = contents(back, names)
    # Looking at the pages signed somebody in; nothing else may differ.
    for table in (before, again):
        for row in table["User"]:
            for column in ("last_login", "site_role", "is_active", "password"):
                row.pop(column)
    assert again == before


def looked_at(folder: Path) -> str:
    """What the pages of a site with the database in that folder answer."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "bulkprofile.settings",
            "BULKPROFILE_VAR": str(folder),
            "BULKPROFILE_INSECURE_HTTP": "1",
            **databases.environment(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
