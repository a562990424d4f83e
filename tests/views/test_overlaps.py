"""What pages say of values that Target would lose, and to whom (F12)."""

import re

import pytest

from tests.support.overlaps import EARLIER, LATER, LONGEST, OTHERS, chosen, fresh, overlap_of
from uploads import workflow
from uploads.models import BatchState, Destination

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def compared(checked, uploader):
    """A batch by which Target would lose values of another one."""
    assert workflow.release(uploader, checked(EARLIER))
    return checked(LATER)


@pytest.fixture
def taken_back(checked, uploader):
    """A batch for which somebody chose to carry over what one of its rows has no room for."""

    def taken_back(content: bytes = LATER):
        assert workflow.release(uploader, checked(LONGEST))
        return chosen(uploader, checked(content), "carry-over")

    return taken_back


def text_of(client, path: str) -> str:
    return " ".join(client.get(path, follow=True).content.decode().split())


def posted(client, batch, **said) -> str:
    said = {"digest": workflow.digest_of(fresh(batch)), "reason": "", **said}
    answer = client.post(f"/batches/{batch.pk}/overlap/choose/", said, follow=True)
    return " ".join(answer.content.decode().split())


def test_the_batch_says_what_target_would_lose_of_which_batch_and_offers_a_choice(
    compared, sign_in, uploader
):
    page = text_of(sign_in(uploader), f"/batches/{compared.pk}/")
    number = overlap_of(compared).batches[0]["number"]
    assert f"3 of these visitors were also in batch #{number}, sent on" in page
    assert "Target loses 3 values: renewal (2), tier (1). This batch does not carry them." in page
    assert 'id="choose"' in page
    assert 'id="send"' not in page


def test_who_wants_to_send_it_without_a_choice_is_told_what_is_missing(compared, sign_in, uploader):
    page = text_of(sign_in(uploader), f"/batches/{compared.pk}/send/")
    assert "it can be sent once somebody has chosen how" in page
    assert 'id="send-form"' not in page


def test_the_preview_shows_every_value_with_the_batch_that_it_is_of(compared, sign_in, uploader):
    client = sign_in(uploader)
    page = text_of(client, f"/batches/{compared.pk}/overlap/")
    for shown in ("O1", "O2", "may", "june", "silver"):
        assert f'<span class="value">{shown}</span>' in page
    assert ">O3<" not in page
    found = text_of(client, f"/batches/{compared.pk}/overlap/?text=o2")
    assert ">O2<" in found and ">O1<" not in found
    assert "No such id." in text_of(client, f"/batches/{compared.pk}/overlap/?text=O77")


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_those_who_see_counts_only_see_no_values_and_no_choice(compared, sign_in, role, request):
    page = text_of(sign_in(request.getfixturevalue(role)), f"/batches/{compared.pk}/overlap/")
    assert "renewal" in page
    # As words: a form's token may have any two letters in it.
    assert not re.findall(r"\b(?:O1|O2|june)\b", page)
    assert 'id="overlap-form"' not in page


def test_carrying_over_is_suggested_and_one_click_away(compared, sign_in, uploader):
    client = sign_in(uploader)
    page = text_of(client, f"/batches/{compared.pk}/overlap/")
    assert re.search(r'<input type="radio" name="choice" value="carry-over"[^>]* checked', page)
    page = posted(client, compared, choice="carry-over")
    assert "It is being made as it was chosen" in page
    workflow.compare(compared.pk)
    page = text_of(client, f"/batches/{compared.pk}/")
    assert "2 rows also carry the 3 values" in page
    assert "3 values of it are carried over: renewal (2), tier (1)." in page
    confirm = text_of(client, f"/batches/{compared.pk}/send/")
    assert "2 rows also carry the 3 values" in confirm
    assert '<th scope="col">renewal</th>' in confirm, "the sample is what would go"
    assert 'of earlier batches</span> </th> <td class="number">2</td> <td class="number">2</td>' in confirm


TOO_LONG = (
    "The values cannot be carried over: 1 row would become longer than 64,000 bytes, and Target keeps no "
    "more than 64 KB for a profile."
)
LEAVE_OUT = "Choose otherwise: leave out all rows by which Target would lose values, send it anyway, or wait"


def test_where_a_row_would_become_too_long_the_page_says_so_and_offers_the_other_choices(
    taken_back, sign_in, uploader
):  # F8
    batch, client = taken_back(), sign_in(uploader)
    page = text_of(client, f"/batches/{batch.pk}/")
    assert f"{TOO_LONG} {LEAVE_OUT}" in page
    assert 'id="choose"' in page
    page = text_of(client, f"/batches/{batch.pk}/overlap/")
    assert f"{TOO_LONG} {LEAVE_OUT}" in page
    assert re.findall(r'<input type="radio" name="choice" value="([^"]+)"', page) == [
        "leave-out",
        "send-anyway",
    ]
    assert re.search(r'value="leave-out"[^>]* checked', page)
    assert "is carried over if you choose so" not in page


def test_no_form_carries_over_what_rows_have_no_room_for(taken_back, sign_in, uploader):
    batch = taken_back()
    page = posted(sign_in(uploader), batch, choice="carry-over")
    assert "carry-over is not one of the available choices" in page
    assert (overlap_of(batch).choice, overlap_of(batch).oversized) == ("", 1)


def test_once_something_else_is_chosen_only_its_own_page_says_what_cannot_be(taken_back, sign_in, uploader):
    batch, client = chosen(uploader, taken_back(), "leave-out"), sign_in(uploader)
    assert TOO_LONG not in text_of(client, f"/batches/{batch.pk}/")
    assert TOO_LONG in text_of(client, f"/batches/{batch.pk}/overlap/")
    assert workflow.release(uploader, batch)
    assert TOO_LONG not in text_of(client, f"/batches/{batch.pk}/overlap/")


def test_where_all_rows_would_lose_values_nobody_is_told_to_leave_them_out(taken_back, sign_in, uploader):
    batch = taken_back(b"thirdPartyId,city\nO1,Oslo\nO2,Lima\n")
    page = text_of(sign_in(uploader), f"/batches/{batch.pk}/overlap/")
    assert f"{TOO_LONG} Choose otherwise: send it anyway, or wait, and choose later." in page
    assert re.findall(r'<input type="radio" name="choice" value="([^"]+)"', page) == ["send-anyway"]


def test_who_may_not_choose_is_told_only_why_values_cannot_be_carried_over(taken_back, sign_in, auditor):
    page = text_of(sign_in(auditor), f"/batches/{taken_back().pk}/overlap/")
    assert TOO_LONG in page
    assert "Choose otherwise" not in page


def test_sending_anyway_needs_a_reason(compared, sign_in, uploader):
    client = sign_in(uploader)
    assert "Say why it is sent although Target may lose values." in posted(
        client, compared, choice="send-anyway"
    )
    assert overlap_of(compared).choice == ""
    page = posted(client, compared, choice="send-anyway", reason="The tier was wrong.")
    assert "“The tier was wrong.”" in page
    assert 'id="send"' in page


def test_where_a_reviewer_has_to_approve_losses_they_see_what_and_why(
    compared, sign_in, uploader, reviewer, destination
):
    Destination.objects.filter(pk=destination.pk).update(approval_of_losses=True)
    client = sign_in(uploader)
    assert "a reviewer has to approve it" in text_of(client, f"/batches/{compared.pk}/overlap/")
    page = posted(client, compared, choice="send-anyway", reason="The tier was wrong.")
    assert 'id="ask"' in page
    batch = fresh(compared)
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch))
    review = text_of(sign_in(reviewer), f"/batches/{batch.pk}/review/")
    assert "“The tier was wrong.”" in review
    assert "Target loses 3 values: renewal (2), tier (1)." in review


def test_a_choice_about_what_has_changed_meanwhile_is_not_made(compared, sign_in, uploader):
    page = posted(sign_in(uploader), compared, choice="carry-over", digest="x" * 64)
    assert "so nothing was chosen" in page
    assert overlap_of(compared).choice == ""


def test_rows_that_were_left_out_can_be_downloaded_and_stand_in_the_ledger(compared, sign_in, uploader):
    batch = chosen(uploader, compared, "leave-out")
    client = sign_in(uploader)
    report = client.get(f"/batches/{batch.pk}/left-out.csv")
    assert report.getvalue().decode().count("\r\n") == 3
    assert workflow.release(uploader, batch)
    page = text_of(client, f"/batches/{batch.pk}/")
    assert '<td class="number" data-ledger="overlap">2</td>' in page
    assert '<td class="number" data-ledger="total">4</td>' in page
    assert "chose on" in page


def test_where_nothing_was_left_out_there_is_nothing_to_download(compared, sign_in, uploader):
    assert sign_in(uploader).get(f"/batches/{compared.pk}/left-out.csv").status_code == 404


def test_carried_values_are_counted_below_the_ledger(compared, sign_in, uploader):
    batch = chosen(uploader, compared, "carry-over")
    assert workflow.release(uploader, batch)
    page = text_of(sign_in(uploader), f"/batches/{batch.pk}/")
    assert "2 of these rows also carry values of earlier batches, 3 in all." in page


def test_while_it_is_compared_the_page_says_so_and_looks_again(compared, checked, sign_in, uploader):
    assert workflow.release(uploader, checked(OTHERS))
    page = text_of(sign_in(uploader), f"/batches/{compared.pk}/live/")
    assert "It is being compared with what was sent to this account lately" in page
    assert "hx-trigger" in page
    assert 'id="choose"' not in page


def test_a_batch_without_losses_has_no_such_page(checked, sign_in, uploader):
    batch = checked(OTHERS)
    page = text_of(sign_in(uploader), f"/batches/{batch.pk}/overlap/")
    assert "There is nothing to choose now" in page
    assert fresh(batch).state == BatchState.READY
