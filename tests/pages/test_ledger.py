"""The ledger adds up, whatever state the parts are in and whatever Target says of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.models import Batch, BatchState, Part, PartState
from uploads.models.states import ACCEPTED_PART_STATES
from uploads.pages.ledger import WIDTH, Ledger, ledger_of

COUNT = st.none() | st.integers(0, 60)


def rows_in(ledger: Ledger, name: str) -> int:
    """The rows of one line, 0 where there is none of that name."""
    return next((line.rows for line in ledger.lines if line.name == name), 0)


@st.composite
def deliveries(draw):
    """A checked batch and its parts as the database could hold them, some of them sent again as others."""
    parts = draw(
        st.lists(
            st.builds(
                Part,
                rows=st.integers(1, 50),
                state=st.sampled_from(PartState.values),
                is_held=st.booleans(),
                consumed=COUNT,
                updated=COUNT,
                not_found=COUNT,
                failed=COUNT,
            ),
            max_size=6,
        )
    )
    accepted = sum(part.rows for part in parts)
    for part in [part for part in parts if part.state == PartState.NOT_APPLIED]:
        if draw(st.booleans()):
            again = Part(rows=part.rows, state=draw(st.sampled_from(PartState.values)))
            again.resends_id = id(part)
            parts.append(again)
    for part in parts:
        part.pk = id(part)
    rejected = draw(st.integers(0, 50))
    batch = Batch(
        rows=accepted + rejected,
        accepted=accepted,
        rejected=rejected,
        skipped=draw(st.integers(0, 5)),
        problems_by_code={"id-duplicate": draw(st.integers(0, rejected))},
        state=BatchState.CANCELLED,
    )
    return batch, parts


@given(deliveries())
def test_every_row_of_the_file_stands_in_one_entry(delivery):
    batch, parts = delivery
    ledger = ledger_of(batch, parts)
    assert all(line.rows >= 0 for line in ledger.lines)
    assert sum(entry.rows for entry in ledger.entries) == batch.rows + batch.skipped
    assert rows_in(ledger, "total") == batch.rows + batch.skipped
    outcomes = ("updated", "not_found", "failed", "unexplained")
    assert rows_in(ledger, "consumed") == sum(rows_in(ledger, name) for name in outcomes)
    unsaid = rows_in(ledger, "awaited") + rows_in(ledger, "silent")
    assert rows_in(ledger, "sent") == rows_in(ledger, "consumed") + unsaid


@given(deliveries())
def test_no_row_counts_as_updated_that_target_did_not_report_as_such(delivery):
    """T12."""
    batch, parts = delivery
    reported = sum(part.updated or 0 for part in parts if part.state in ACCEPTED_PART_STATES)
    assert rows_in(ledger_of(batch, parts), "updated") <= reported


@given(deliveries())
def test_the_drawing_is_filled_from_end_to_end_and_shows_every_entry(delivery):
    entries = ledger_of(*delivery).entries
    assert all(entry.width > 0 for entry in entries)
    assert [entry.x for entry in entries[1:]] == [entry.x + entry.width for entry in entries[:-1]]
    assert sum(entry.width for entry in entries) == (WIDTH if entries else 0)


COMPLETE, FAILURES = PartState.COMPLETE, PartState.COMPLETE_WITH_FAILURES


@pytest.mark.parametrize(
    ("state", "told", "expected"),
    [
        pytest.param(COMPLETE, {"consumed": 10, "updated": 10}, {"updated": 10}, id="all updated"),
        pytest.param(COMPLETE, {"updated": 10}, {"updated": 10, "consumed": 10}, id="T7: older server"),
        pytest.param(
            FAILURES,
            {"consumed": 10, "updated": 7, "not_found": 3},
            {"updated": 7, "not_found": 3},
            id="F10: v1",
        ),
        pytest.param(
            FAILURES,
            {"consumed": 9, "updated": 8, "failed": 1},
            {"failed": 1, "silent": 1},
            id="T12: one lost",
        ),
        pytest.param(
            FAILURES, {"consumed": 10, "updated": 8}, {"updated": 8, "unexplained": 2}, id="no outcome told"
        ),
        pytest.param(
            PartState.ACCEPTED, {"consumed": 4, "updated": 4}, {"updated": 4, "awaited": 6}, id="under way"
        ),
        pytest.param(
            FAILURES,
            {"consumed": 12, "updated": 11, "failed": 1},
            {"failed": 1, "updated": 9, "surplus": 2},
            id="more than was sent",
        ),
        pytest.param(PartState.STUCK, {}, {"sent": 10, "silent": 10}, id="stuck"),
        pytest.param(PartState.IN_DOUBT, {}, {"in_doubt": 10, "sent": 0}, id="in doubt"),
        pytest.param(PartState.REFUSED, {}, {"refused": 10, "sent": 0}, id="refused"),
    ],
)
def test_what_target_says_of_a_part_of_ten_rows(state, told, expected):
    batch = Batch(rows=10, accepted=10, rejected=0, skipped=0, state=BatchState.CANCELLED)
    ledger = ledger_of(batch, [Part(pk=1, rows=10, state=state, **told)])
    assert {name: rows_in(ledger, name) for name in expected if name != "surplus"} | (
        {"surplus": ledger.surplus} if "surplus" in expected else {}
    ) == expected


def test_there_is_none_before_anything_could_leave():
    assert ledger_of(Batch(rows=10, state=BatchState.READY), []) is None
