"""A busy company's tables, filled by the database itself (PostgreSQL): people, destinations, batches, events.

What is left out: seeded batches have no files, as if those had been deleted, and seeded events are chained to
nothing, their hashes are made up. What the site writes afterwards is hashed behind the last of them.
"""

from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.db import connection, models
from django.utils.timezone import now

from tests.scale.people import PASSWORD
from tests.support import audit_guards
from uploads.audit import Link
from uploads.models import AuditEvent, AuditHead, Batch, Call, DayRows, Destination, Membership, Part, User
from uploads.models.people import Role, SiteRole

#: So many people have uploaded what lies in the tables.
EARLIER_PEOPLE = 40
#: Profiles of a batch that are read back: the sandbox is asked at once for what Target is an hour later.
PROVEN = 5
#: Two years, in seconds: over so long the batches and events lie spread.
_SPAN = 63_072_000
_AT = f"now() - make_interval(secs => {_SPAN}.0 * (%(most)s - n + 1) / %(most)s)"
_MEMORY = "512MB"  # for making indexes
_SENT = "'complete', 'complete-with-failures'"
_OF_PEOPLE = "'batch.received', 'batch.released', 'person.signed-in', 'batch.report-downloaded'"
_OF_SYSTEM = "'part.claimed', 'part.sending', 'call.submit', 'part.accepted', 'call.status', 'part.complete'"


@dataclass
class Company:
    """Who and what there is. people: who upload now; auditor: who reads; end: of the seeded audit log."""

    people: list[User]
    auditor: User
    destinations: list[Destination]
    earlier: list[User] = field(default_factory=list)
    end: Link = field(default_factory=Link)


def found(people: int, destinations: int) -> Company:
    """People and destinations, each of these with an account of its own; everybody may upload everywhere."""
    secret = make_password(PASSWORD)
    names = [*(f"person-{n}" for n in range(people)), *(f"earlier-{n}" for n in range(EARLIER_PEOPLE))]
    users = User.objects.bulk_create(User(username=name, password=secret) for name in names)
    auditor = User.objects.create(username="auditor", password=secret, site_role=SiteRole.AUDITOR)
    places = Destination.objects.bulk_create(
        Destination(
            name=f"Destination {number}",
            kind=Destination.Kind.SANDBOX,
            client_code=f"account-{number}",
            approval=Destination.Approval.NEVER,
            proof_profiles=PROVEN,
        )
        for number in range(destinations)
    )
    Membership.objects.bulk_create(
        Membership(person=person, destination=place, role=Role.UPLOADER)
        for person in users[:people]
        for place in places
    )
    return Company(users[:people], auditor, list(places), list(users[people:]))


def fill(company: Company, batches: int, events: int) -> None:
    """So many batches that have ended, each with its part and two calls, and so many events."""
    _without_indexes(Batch, lambda: _add_batches(company, batches))
    _add_parts_and_days()
    with audit_guards.removed():
        _without_indexes(AuditEvent, lambda: _add_events(company, batches, events))
        company.end = _end_of_log(events)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def megabytes() -> float:
    """What the database takes on its disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0] / 1e6


def _add_batches(company: Company, count: int) -> None:
    at = _AT % {"most": count}
    rows = "(10 + n * 7919 %% 100000)"
    refused = f"(CASE WHEN n %% 10 < 6 THEN 0 ELSE {rows} / 20 END)"
    state = (
        "(CASE WHEN n %% 100 < 80 THEN 'complete' WHEN n %% 100 < 88 THEN 'complete-with-failures' "
        "WHEN n %% 100 < 94 THEN 'cancelled' WHEN n %% 100 < 98 THEN 'refused' ELSE 'failed' END)"
    )
    was_sent = f"{state} IN ({_SENT})"
    _insert(
        Batch,
        f"generate_series(1, {count}) AS n",
        destination_id=_one_of(company.destinations, "n"),
        owner_id=_one_of(company.earlier, "n / 3"),
        filename=(
            "(ARRAY['customers', 'loyalty', 'crm export', 'newsletter'])[1 + n %% 4] "
            "|| '-' || n::bigint * 48271 %% 16777213 || '.csv'"
        ),
        folder="gen_random_uuid()",
        size=f"{rows} * 40",
        sha256="repeat('0', 64)",
        state=state,
        created_at=at,
        released_at=f"CASE WHEN {was_sent} THEN {at} END",
        ended_at=at,
        files_deleted_at=at,
        rows=rows,
        accepted=f"{rows} - {refused}",
        rejected=refused,
        sent=f"CASE WHEN {was_sent} THEN {rows} - {refused} ELSE 0 END",
        reading="""'{"key": "thirdPartyId", "key_column": "id", "encoding": "utf-8", "delimiter": ","}'""",
        problems_by_code=(
            f"CASE WHEN {refused} = 0 THEN '{{}}' ELSE jsonb_build_object('id-missing', {refused}) END"
        ),
        attributes="""'["tier", "city", "points"]'""",
    )


def _add_parts_and_days() -> None:
    sent = f"uploads_batch b WHERE b.state IN ({_SENT})"
    _insert(
        Part,
        sent,
        batch_id="b.id",
        number="1",
        rows="b.accepted",
        bytes="b.accepted * 40",
        sha256="md5(b.id::text) || md5(b.filename)",
        state="b.state",
        sending_at="b.released_at",
        answered_at="b.released_at",
        ended_at="b.ended_at",
        updated="b.accepted",
        failed="0",
    )
    for kind in ("submit", "status"):
        _insert(
            Call,
            "uploads_part p JOIN uploads_batch b ON b.id = p.batch_id "
            "JOIN uploads_destination d ON d.id = b.destination_id",
            account="'sandbox:' || d.client_code",
            kind=f"'{kind}'",
            part_id="p.id",
            at="p.sending_at",
            answered_at="p.sending_at",
            outcome="'accepted'",
            http_status="200",
        )
    _insert(
        DayRows,
        f"(SELECT created_at::date AS day, destination_id, owner_id, sum(sent) AS sent FROM {sent} "
        "GROUP BY 1, 2, 3) AS summed",
        day="day",
        destination_id="destination_id",
        owner_id="owner_id",
        sent="sent",
    )


def _add_events(company: Company, batches: int, count: int) -> None:
    """Two events of three are the system's, as they are in a busy installation."""
    by_person = "n %% 3 = 0"
    place = _one_of(company.destinations, "n / 40")
    who = _one_of(company.earlier, "n / 7")
    names = _named(company.earlier, "username", "n / 7")
    _insert(
        AuditEvent,
        f"generate_series(1, {count}) AS n",
        sequence="n",
        at=_AT % {"most": count},
        actor_id=f"CASE WHEN {by_person} THEN {who} ELSE 0 END",
        actor_name=f"CASE WHEN {by_person} THEN {names} ELSE '' END",
        ip=f"CASE WHEN {by_person} THEN '192.0.2.7' ELSE '' END",
        device=f"CASE WHEN {by_person} THEN 'Firefox on Linux' ELSE '' END",
        action=(
            f"CASE WHEN {by_person} THEN (ARRAY[{_OF_PEOPLE}])[1 + n / 3 %% 4] "
            f"ELSE (ARRAY[{_OF_SYSTEM}])[1 + n %% 6] END"
        ),
        batch_id=f"1 + n / 40 %% {max(batches, 1)}",
        destination_id=place,
        destination_name=_named(company.destinations, "name", "n / 40"),
        facts="""'{"part": 1, "outcome": "accepted", "http_status": 200}'""",
        previous_hash="md5((n - 1)::text) || md5((1 - n)::text)",
        hash="md5(n::text) || md5((-n)::text)",
    )


def _end_of_log(events: int) -> Link:
    last = AuditEvent.objects.filter(sequence=events).values_list("hash", flat=True).first() or ""
    AuditHead.objects.update_or_create(pk=1, defaults={"sequence": events, "hash": last, "at": now()})
    return Link(events, last)


# How --------------------------------------------------------------------------------------------


def _insert(model: type[models.Model], source: str, **expressions: str) -> None:
    """INSERT ... SELECT: expressions by column; all other columns get the model's defaults."""
    fields = [one for one in model._meta.concrete_fields if not isinstance(one, models.AutoField)]
    columns, chosen, given = [], [], []
    for each in fields:
        columns.append(f'"{each.column}"')
        if each.column in expressions:
            chosen.append(expressions.pop(each.column))
        else:
            chosen.append("%s")
            given.append(each.get_db_prep_save(each.get_default(), connection))
    assert not expressions, f"{model.__name__} has no {', '.join(expressions)}"
    # Names of tables and columns are our own.
    statement = f'INSERT INTO "{model._meta.db_table}" ({", ".join(columns)}) SELECT {", ".join(chosen)}'
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} FROM {source}", given)


def _without_indexes(model: type[models.Model], add) -> None:
    """Indexes are made afterwards, all at once: that takes a fraction of the time."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET maintenance_work_mem = '{_MEMORY}'")
    with connection.schema_editor() as editor:
        for index in model._meta.indexes:
            editor.remove_index(model, index)
    add()
    with connection.schema_editor() as editor:
        for index in model._meta.indexes:
            editor.add_index(model, index)


def _one_of(rows: list[models.Model], number: str) -> str:
    listed = ", ".join(str(row.pk) for row in rows)
    return f"(ARRAY[{listed}])[1 + {number} %% {len(rows)}]"


def _named(rows: list[models.Model], attribute: str, number: str) -> str:
    listed = ", ".join(f"'{getattr(row, attribute)}'" for row in rows)
    return f"(ARRAY[{listed}])[1 + {number} %% {len(rows)}]"
