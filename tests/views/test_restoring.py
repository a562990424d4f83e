"""What pages say of values that were sent before a batch, to whom, and what comes of a click (F7)."""

import re

import pytest

from tests.support.overlaps import chosen, fresh
from tests.support.restoring import RIGHT, WRONG, looked, restoring, taken
from uploads import workflow
from uploads.models import Batch, BatchState, Part

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(checked, uploader):
    """Releases bytes as an uploader, and lets Target have taken them."""

    def sent(content: bytes, choice: str = "") -> Batch:
        batch = checked(content)
        return taken(uploader, chosen(uploader, batch, choice) if choice else batch)

    return sent


@pytest.fixture
def undone(sent) -> Batch:
    """A batch that set wrong values, after one that had set the right ones."""
    sent(RIGHT)
    return sent(WRONG, "carry-over")


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def page_of(client, path: str) -> str:
    return text_of(client.get(path, follow=True))


def look(client, batch: Batch, **said) -> str:
    return text_of(client.post(f"/batches/{batch.pk}/restore/look/", said, follow=True))


def make(client, batch: Batch):
    seen = workflow.restoration_of(batch).folder
    return client.post(f"/batches/{batch.pk}/restore/make/", {"seen": seen}, follow=True)


def test_one_click_on_the_batch_looks_and_the_page_follows_until_it_is_found(undone, sign_in, uploader):
    client = sign_in(uploader)
    assert 'id="restore-form"' in page_of(client, f"/batches/{undone.pk}/")
    page = look(client, undone)
    assert "Looking for what was sent before" in page
    assert "hx-trigger" in page
    workflow.find_earlier_values(undone.pk)
    page = page_of(client, f"/batches/{undone.pk}/restore/live/")
    assert "2 of 4 visitors can be restored" in page
    assert "hx-trigger" not in page


def test_it_says_precisely_what_is_sent_again_and_what_cannot_be(undone, sign_in, uploader):
    looked(uploader, undone)
    page = page_of(sign_in(uploader), f"/batches/{undone.pk}/restore/")
    figures = dict(re.findall(r'data-figure="(\w+)"> ([\d,]+) <', page))
    assert figures == {"again": "2", "later": "0", "same": "1", "unknown": "1"}
    assert "This becomes a new batch with 2 values." in page
    earlier = Batch.objects.order_by("pk").first()
    assert f"Values of batch #{earlier.pk}, sent on" in page
    assert re.search(r"Values of batch #\d+, sent on [^<]*: tier \(2\)\.", page)
    assert "sent before: city (2), tier (1). Target keeps what this batch set" in page
    row = re.search(r'<span class="value">tier</span>(.*?)</tr>', page)[1]
    assert re.findall(r">(\d+)</td>", row) == ["4", "2", "1", "0", "1"]


def test_what_a_later_batch_set_anew_is_named_and_stays(undone, sent, sign_in, uploader):
    later = sent(b"thirdPartyId,tier\nO1,platinum\n", "carry-over")
    looked(uploader, undone)
    page = page_of(sign_in(uploader), f"/batches/{undone.pk}/restore/")
    assert f"Batch #{later.pk}, sent on" in page
    assert "has set anew: tier (1). That stays." in page


def test_a_click_makes_a_batch_that_is_linked_both_ways_and_not_sent(undone, sign_in, uploader):
    looked(uploader, undone)
    client = sign_in(uploader)
    answer = make(client, undone)
    batch = undone.restored_by.get()
    assert answer.redirect_chain == [(f"/batches/{batch.pk}/", 302)]
    page = text_of(answer)
    assert f"sends values again that had been sent before batch #{undone.pk}." in page
    assert f'<dt>restores</dt> <dd><a href="/batches/{undone.pk}/">' in page
    assert (batch.owner, batch.state) == (uploader, BatchState.CHECKING)
    page = page_of(client, f"/batches/{undone.pk}/")
    assert f'<dt>restored by</dt> <dd><a href="/batches/{batch.pk}/">' in page
    page = look(client, undone)
    assert f'Made from this page before: <a href="/batches/{batch.pk}/">' in page


def test_what_was_sent_meanwhile_makes_no_batch_and_asks_to_look_again(undone, sent, sign_in, uploader):
    looked(uploader, undone)
    sent(b"thirdPartyId,tier\nZ1,gold\n")
    client = sign_in(uploader)
    page = text_of(make(client, undone))
    assert "so no batch was made. Look again." in page
    assert "Something was sent since this was counted" in page
    assert 'id="look-form"' in page and 'id="make-form"' not in page
    assert not undone.restored_by.exists()


def test_a_batch_sent_after_it_was_made_is_named_before_it_is_overwritten(undone, sent, sign_in, uploader):
    batch = restoring(uploader, undone)
    newer = sent(b"thirdPartyId,tier\nO1,platinum\n", "carry-over")
    workflow.compare(batch.pk)
    batch = chosen(uploader, fresh(batch), "carry-over")
    client = sign_in(uploader)
    for path in ("", "send/"):
        page = page_of(client, f"/batches/{batch.pk}/{path}")
        assert f"other batches with some of these visitors were sent: #{newer.pk}." in page


def test_a_clear_value_is_counted_before_it_is_sent(undone, sign_in, uploader):
    looked(uploader, undone)
    client = sign_in(uploader)
    page = page_of(client, f"/batches/{undone.pk}/restore/")
    asked_for = r'<span aria-hidden="true">(\w+)</span> </label> <div> <input[^>]*name="(\w+)"'
    fields = dict(re.findall(asked_for, page))
    assert set(fields) == {"tier", "city"}, "of the others every value is known"
    page = look(client, undone, clears="1", **{fields["city"]: "a, b"})
    assert "Enter a text without commas" in page
    look(client, undone, clears="1", **{fields["city"]: "none"})
    workflow.find_earlier_values(undone.pk)
    page = page_of(client, f"/batches/{undone.pk}/restore/")
    assert "3 of 4 visitors can be restored" in page
    assert '<dd data-figure="cleared"> 1 </dd>' in page
    assert 'value="none"' in page


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_those_who_see_counts_only_see_them_here_too_and_can_make_nothing(
    undone, sign_in, uploader, role, request
):
    looked(uploader, undone)
    client = sign_in(request.getfixturevalue(role))
    page = page_of(client, f"/batches/{undone.pk}/restore/")
    assert "2 of 4 visitors can be restored" in page
    assert not re.findall(r"\b(?:O1|O3|gold|tin)\b", page)
    assert 'id="make-form"' not in page and 'id="clear-form"' not in page
    assert 'id="restore-form"' not in page_of(client, f"/batches/{undone.pk}/")
    for verb in ("look", "make"):
        assert client.post(f"/batches/{undone.pk}/restore/{verb}/").status_code == 404


def test_a_reviewer_may_restore_the_batch_of_somebody_else_and_it_is_theirs(undone, sign_in, reviewer):
    client = sign_in(reviewer)
    look(client, undone)
    workflow.find_earlier_values(undone.pk)
    make(client, undone)
    assert undone.restored_by.get().owner == reviewer


def test_before_anything_was_sent_or_asked_there_is_no_such_page(checked, undone, sign_in, uploader):
    client = sign_in(uploader)
    assert "Nobody has looked for earlier values" in page_of(client, f"/batches/{undone.pk}/restore/")
    batch = checked(b"thirdPartyId,tier\nZ1,gold\n")
    assert 'id="restore-form"' not in page_of(client, f"/batches/{batch.pk}/")
    assert "There is nothing to be restored" in look(client, batch)


def test_what_could_not_be_looked_for_says_why_and_can_be_looked_for_again(
    undone, sign_in, uploader, settings
):
    key, settings.FINGERPRINT_KEY = settings.FINGERPRINT_KEY, "x" * 64
    looked(uploader, undone)
    client = sign_in(uploader)
    page = page_of(client, f"/batches/{undone.pk}/restore/")
    assert "What was sent before could not be looked for" in page
    assert "The key of fingerprints is not the one" in page
    settings.FINGERPRINT_KEY = key
    look(client, undone)
    workflow.find_earlier_values(undone.pk)
    assert "2 of 4 visitors" in page_of(client, f"/batches/{undone.pk}/restore/")


def test_rows_that_target_did_not_take_and_forgotten_visitors_are_counted_apart(undone, sign_in, uploader):
    looked(uploader, undone)
    Batch.objects.filter(pk=undone.pk).update(accepted=6)
    Part.objects.filter(batch=undone).update(rows=5)
    page = page_of(sign_in(uploader), f"/batches/{undone.pk}/restore/")
    assert "2 rows of this batch, which Target is not known to have taken." in page
    assert "1 visitor who was forgotten." in page


def test_the_log_tells_who_looked_and_who_made_what(undone, sign_in, uploader, auditor):
    batch = restoring(uploader, undone)
    page = page_of(sign_in(auditor), "/audit/")
    assert (
        f"uploader made batch {batch.pk} of values that were sent before batch {undone.pk}; rows: 2." in page
    )
    assert f"with values that were sent before batch {undone.pk}." in page
    assert "2 can be sent again; rows: 2." in page
