"""A batch that is on its way, and what it takes to bring it there."""

import pytest

from tests.support import files as made
from tests.support.first_rows import CONTENT, FIRST, SEND_REST, go, look, with_more_parts
from tests.support.overlaps import chosen, fresh
from uploads import workflow
from uploads.models import Batch, Canary, PartState


@pytest.fixture
def released(checked, uploader):
    """Uploads, checks and releases bytes; returns the batch with nothing sent yet.

    despite: why it goes although Target may lose values by it (F12), where it may.
    """

    def released(content: bytes = made.GOOD, despite: str = "", **as_whom):
        batch, actor = checked(content, **as_whom), as_whom.get("actor", uploader)
        if despite:
            batch = chosen(actor, batch, "send-anyway", despite)
        assert workflow.release(actor, batch)
        return batch

    return released


@pytest.fixture
def accepted(released, sandbox, make_due):
    """A part that the sandbox has accepted and whose poll is due."""

    def accepted(content=made.GOOD):
        part = released(content).parts.get()
        workflow.deliver(part.pk)
        make_due()
        part.refresh_from_db()
        assert part.state == PartState.ACCEPTED
        return part

    return accepted


@pytest.fixture
def sent_alone(checked, uploader):
    """A released batch whose first rows go alone; nothing has left yet."""

    def sent_alone(content: bytes = CONTENT, then: Canary.Then = SEND_REST, rows: int = FIRST, more=()):
        batch = with_more_parts(checked(content), *more)
        assert workflow.send(
            uploader, batch, workflow.digest_of(batch), first_rows=workflow.FirstRows(rows, then)
        )
        return fresh(batch)

    return sent_alone


@pytest.fixture
def gone(sent_alone, sandbox, follow_to_end):
    """One of which Target is done with the first rows; faults strike their submission."""

    def gone(*faults: dict, **how) -> Batch:
        batch = sent_alone(**how)
        for fault in faults:
            sandbox.fault(**fault)
        go(batch, follow_to_end)
        return fresh(batch)

    return gone


@pytest.fixture
def judged(gone):
    """One of which the first rows have been looked up, as often as they are."""

    def judged(*faults: dict, **how) -> Batch:
        return look(gone(*faults, **how))

    return judged
