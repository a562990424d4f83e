"""What a checked batch, and one being checked, say of themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from uploads import pages
from uploads.models import Batch
from uploads.pages.checking import how_far
from uploads.pages.columns import ColumnLine


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_a_whole_column_stands_before_the_most_frequent_errors_of_rows(checked):
    rows = "".join(f"{'A/' if number < 12 else 'A'}{number},{'x' * 300}\n" for number in range(20))
    causes = pages.causes(checked(f"thirdPartyId,note\n{rows}".encode()))
    assert [(cause.code, cause.columns, cause.share) for cause in causes] == [
        ("value-too-long", ("note",), 100),
        ("id-forbidden-character", (), 60),
    ]


@pytest.mark.django_db(transaction=True)
def test_in_a_handful_of_rows_nothing_is_called_a_fault_of_the_column(checked):
    causes = pages.causes(checked(b"thirdPartyId,note\nA/1,x\nA/2,y\n"))
    assert [cause.columns for cause in causes] == [()]


@pytest.mark.parametrize(
    ("spent", "read", "said"),
    [
        (None, 0, "1,234 rows read; waiting for a worker"),
        (1, 500, "1,234 rows read"),
        (60, 0, "1,234 rows read"),
        (600, 990, "1,234 rows read; less than a minute left"),
        (600, 500, "1,234 rows read; about 10 minutes left"),
        (600, 1_000, "1,234 rows read; less than a minute left"),
    ],
)
def test_a_check_tells_how_far_it_is_and_how_long_it_will_take(spent, read, said):
    began = spent and timezone.now() - timedelta(seconds=spent)
    assert how_far(Batch(size=1_000, checked_rows=1_234, checked_bytes=read, check_began_at=began)) == said


@pytest.mark.parametrize(
    ("filled", "empty", "share"),
    [(0, 9, 0), (9, 0, 100), (1, 1_000_000, 2), (1_000_000, 1, 98), (1, 1, 50), (0, 0, 0)],
)
def test_the_drawing_of_a_column_hides_neither_a_value_nor_a_gap(filled, empty, share):
    assert ColumnLine("a", "a", filled, empty, 1, 1, 1, False, []).share == share
