"""What was sent and refused is counted along, with the batch and by day."""

import pytest
from django.utils.timezone import localdate

from tests.support import files as made
from uploads import workflow
from uploads.models import DayRows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def counted() -> tuple[int, int]:
    day = DayRows.objects.get()
    assert day.day == localdate()
    return day.sent, day.refused


def test_rows_that_target_accepts_count_as_sent(accepted, sandbox):
    part = accepted()
    part.batch.refresh_from_db()
    assert (part.batch.sent, counted()) == (part.rows, (part.rows, 0))


def test_a_part_that_target_refuses_counts_as_refused(released, sandbox):
    sandbox.fault(on="submit", kind="http", status=400)
    part = released(made.GOOD).parts.get()
    workflow.deliver(part.pk)
    part.batch.refresh_from_db()
    assert (part.batch.sent, counted()) == (0, (0, part.rows))
