"""Fixing rows where the problems are listed."""

import pytest
from django.urls import reverse

from tests.support import files as made
from uploads import files, workflow
from uploads.models import BatchState

pytestmark = pytest.mark.django_db(transaction=True)


def text_of(answer) -> str:
    return answer.content.decode()


def row_of(batch, line) -> str:
    return reverse("batch-row", args=[batch.pk, line])


def fields(client, batch, line) -> dict:
    """What the form of the row would send."""
    form = client.get(row_of(batch, line)).context["form"]
    return {field.html_name: field.value() or "" for field in form}


def checked_again(batch):
    workflow.check(batch.pk)
    batch.refresh_from_db()
    return batch


def test_a_row_is_changed_checked_again_and_shown_with_what_was_changed(sign_in, uploader, checked):
    batch, client = checked(made.SOME_BAD), sign_in(uploader)
    page = text_of(client.get(row_of(batch, 3)))
    assert 'value="A/2"' in page
    sent = fields(client, batch, 3) | {"cell-0": "A2", "do": "save", "back": "text=A/2"}
    answer = client.post(row_of(batch, 3), sent, follow=True)
    assert answer.redirect_chain == [(reverse("batch-problems", args=[batch.pk]) + "?text=A%2F2", 302)]
    assert "The row on line 3 is changed." in text_of(answer)
    assert 'hx-trigger="again"' in text_of(answer)
    assert checked_again(batch).accepted == 3
    problems = text_of(client.get(reverse("batch-problems", args=[batch.pk])))
    assert "<del>A/2</del>" in problems
    assert "<ins>A2</ins>" in problems
    assert 'hx-trigger="again"' not in problems
    assert "In the file: A/2" in text_of(client.get(row_of(batch, 3)))


def test_a_row_is_left_out_and_comes_back(sign_in, uploader, checked):
    batch, client = checked(made.SOME_BAD), sign_in(uploader)
    client.post(row_of(batch, 3), fields(client, batch, 3) | {"do": "leave-out"})
    page = text_of(client.get(reverse("batch", args=[checked_again(batch).pk])))
    assert (batch.rows, batch.left_out) == (4, 1)
    assert "rows left out by hand" in page
    client.post(row_of(batch, 3), {"do": "undo", "seen": "-"})
    assert checked_again(batch).left_out == 0


def test_what_somebody_else_did_meanwhile_is_shown_and_not_overwritten(sign_in, uploader, checked):
    batch, client = checked(made.SOME_BAD), sign_in(uploader)
    first = fields(client, batch, 3) | {"do": "save"}
    client.post(row_of(batch, 3), first | {"cell-1": "gold"})
    answer = client.post(row_of(batch, 3), first | {"cell-0": "A2"}, follow=True)
    assert "Somebody has changed this row meanwhile" in text_of(answer)
    assert 'value="gold"' in text_of(answer)


def test_what_does_not_fit_is_said_and_stays_typed(sign_in, uploader, checked):
    batch, client = checked(b'thirdPartyId,a\nA/1,"x\ny"\n'), sign_in(uploader)
    sent = fields(client, batch, 2) | {"cell-1": "x\ny\nz", "do": "save"}
    page = text_of(client.post(row_of(batch, 2), sent))
    assert "more line breaks than before" in page
    assert "x\ny\nz" in page


def test_a_form_sent_as_it_was_changes_nothing(sign_in, uploader, checked):
    batch, client = checked(made.SOME_BAD), sign_in(uploader)
    answer = client.post(row_of(batch, 3), fields(client, batch, 3) | {"do": "save"}, follow=True)
    assert "was not changed" in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY


@pytest.mark.parametrize("line", [1, 2, 77])
def test_a_row_without_a_problem_is_not_found(sign_in, uploader, checked, line):
    assert sign_in(uploader).get(row_of(checked(made.SOME_BAD), line)).status_code == 404


def test_a_row_of_what_was_sent_is_shown_no_form(sign_in, uploader, checked):
    batch = checked(made.SOME_BAD)
    assert workflow.release(uploader, batch)
    answer = sign_in(uploader).get(row_of(batch, 3), follow=True)
    assert "cannot be changed any more" in text_of(answer)
    assert "row-form" not in text_of(answer)


def test_a_reviewer_sees_what_was_changed_and_cannot_undo_it(sign_in, uploader, reviewer, auditor, checked):
    batch = checked(made.SOME_BAD)
    workflow.edit_row(uploader, batch, 3, {0: "A2"}, workflow.open_row(batch, 3).mark)
    checked_again(batch)
    problems = reverse("batch-problems", args=[batch.pk])
    page = text_of(sign_in(reviewer).get(problems))
    assert "<ins>A2</ins>" in page
    assert row_of(batch, 3) not in page
    assert "A/2" not in text_of(sign_in(auditor).get(problems))


def test_a_row_of_many_columns_shows_those_that_matter_and_keeps_the_others(sign_in, uploader, checked):
    names = ",".join(f"c{number}" for number in range(60))
    values = ",".join(["x"] * 59 + ["\x07"])
    batch, client = checked(f"thirdPartyId,{names}\nA1,{values}\n".encode()), sign_in(uploader)
    sent = fields(client, batch, 2)
    assert len(sent) == 42
    assert "20 more columns stay as they are." in text_of(client.get(row_of(batch, 2)))
    client.post(row_of(batch, 2), sent | {"cell-60": "y", "do": "save"})
    row = files.open_part(checked_again(batch).parts.get()).read().splitlines()[1]
    assert row == b"A1," + b"x," * 59 + b"y"
