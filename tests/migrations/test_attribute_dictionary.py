"""A database from before the attribute dictionary: what its batches tell stands in it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def test_names_learn_from_released_batches_who_sent_them_and_how_often(migrate):
    objects = migrate("0021_own_figures")
    mia, noa = (objects("User").create(username=name) for name in ("mia", "noa"))
    place = objects("Destination").create(name="Site", client_code="acme", approval="never")
    for day, (person, names, is_sent) in enumerate(
        [(mia, ["tier"], True), (noa, ["tier", "city"], True), (mia, ["tier"], False)]
    ):
        objects("Batch").create(
            destination=place,
            owner=person,
            filename="a.csv",
            folder=uuid4(),
            size=1,
            attributes=names,
            released_at=FIRST + timedelta(days=day) if is_sent else None,
            released_by=person if is_sent else None,
        )
    for name in ("tier", "city", "of-a-batch-that-is-gone"):
        objects("AttributeName").create(destination=place, name=name, first_used=FIRST, last_used=FIRST)

    after = migrate("0022_attribute_dictionary")("AttributeName")
    assert {one.name: (one.first_by_id, one.last_by_id, one.batches) for one in after.all()} == {
        "tier": (mia.pk, noa.pk, 2),
        "city": (noa.pk, noa.pk, 1),
        "of-a-batch-that-is-gone": (None, None, 0),
    }
