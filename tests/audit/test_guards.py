"""What the database itself refuses, whoever asks."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests.support import audit_guards
from uploads import audit
from uploads.models import AuditEvent, AuditHead

pytestmark = [pytest.mark.django_db, pytest.mark.database]

EVENT = "sequence, at, actor_id, actor_name, site_role, destination_roles, ip, device, action, \
destination_name, person_name, facts, previous_hash, hash"
REFUSED = {
    "an edit": "UPDATE uploads_auditevent SET actor_name = 'x' WHERE sequence = 2",
    "an edit of all": "UPDATE uploads_auditevent SET ip = ''",
    "a removal": "DELETE FROM uploads_auditevent WHERE sequence = 2",
    "emptying": "DELETE FROM uploads_auditevent",
    "an event before the first": f"INSERT INTO uploads_auditevent ({EVENT}) SELECT 0, at, actor_id, 'x', "
    "'', '', '', '', action, '', '', facts, '', hash FROM uploads_auditevent WHERE sequence = 2",
    "an event after a gap": f"INSERT INTO uploads_auditevent ({EVENT}) SELECT 9, at, actor_id, 'x', "
    "'', '', '', '', action, '', '', facts, hash, hash FROM uploads_auditevent WHERE sequence = 3",
    "an event that does not follow": f"INSERT INTO uploads_auditevent ({EVENT}) SELECT 4, at, actor_id, 'x', "
    "'', '', '', '', action, '', '', facts, '', hash FROM uploads_auditevent WHERE sequence = 3",
    "an end further back": "UPDATE uploads_audithead SET sequence = 2, hash = "
    "(SELECT hash FROM uploads_auditevent WHERE sequence = 2)",
    "an end without its event": "UPDATE uploads_audithead SET sequence = 4",
    "another hash at the end": "UPDATE uploads_audithead SET hash = 'x'",
    "an end at another place": "UPDATE uploads_audithead SET id = 2",
    "no end": "DELETE FROM uploads_audithead",
    "a second end": "INSERT INTO uploads_audithead (id, sequence, hash) VALUES (2, 0, '')",
}
REFUSED |= {
    "sqlite": {
        "an event in place of another": f"REPLACE INTO uploads_auditevent ({EVENT}) SELECT 2, at, actor_id, "
        "'x', '', '', '', '', action, '', '', facts, previous_hash, hash FROM uploads_auditevent "
        "WHERE sequence = 2",
        "another end in its place": "REPLACE INTO uploads_audithead (id, sequence, hash) VALUES (1, 0, '')",
    },
    "postgresql": {
        "truncating": "TRUNCATE uploads_auditevent",
        "truncating the end": "TRUNCATE uploads_audithead",
    },
}[connection.vendor]


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(three, what):
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(REFUSED[what])
    assert AuditEvent.objects.count() == 3
    assert audit.verify().broken is None


def test_the_log_goes_on_behind_a_refusal(three, uploader):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditHead.objects.update(sequence=1)
    audit.record(uploader, "person.signed-out")
    assert audit.end().sequence == 4


def test_nothing_goes_on_unnoted_behind_an_end_that_was_moved_back(three, uploader):
    with audit_guards.removed():
        AuditHead.objects.update(sequence=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        audit.record(uploader, "person.signed-out")


def test_another_kind_of_database_is_refused():
    with pytest.raises(NotImplementedError, match="SQLite or PostgreSQL"):
        audit_guards.MIGRATION.guarding("mysql")


def test_in_postgresql_the_guards_refuse_to_truncate():
    statements = audit_guards.MIGRATION.guarding("postgresql")
    for table in ("uploads_auditevent", "uploads_audithead"):
        assert any(f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT" in each for each in statements)
