"""How a file is read: what people may choose, and what becomes of it."""

import re

import pytest
from django.urls import reverse

from tests.support import files as made
from tests.support.answers import text_of
from uploads import files, workflow
from uploads.models import BatchState

pytestmark = pytest.mark.django_db


def test_a_file_is_shown_as_it_is_read_with_other_choices(sign_in, uploader, receive):
    batch = receive("kunde;ort\nA1;Köln, Nord\n".encode("windows-1252"), filename="kunden.csv")
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    assert "Köln, Nord" in text_of(client.get(url))
    differently = text_of(client.get(url, {"encoding": "windows-1252", "delimiter": ","}))
    assert "kunde;ort" in differently
    batch.refresh_from_db()
    assert batch.reading["delimiter"] == ";"


def test_a_refused_file_may_be_read_differently(sign_in, uploader, checked):
    batch = checked(b"thirdPartyId|tier|tier\nA1|gold|x\n")
    assert batch.state == BatchState.REFUSED
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    client.post(
        url,
        {
            "encoding": "utf-8",
            "delimiter": ",",
            "key_column": "thirdPartyId|tier|tier",
            "key": "thirdPartyId",
        },
    )
    batch.refresh_from_db()
    assert (batch.state, batch.ended_at, batch.rows) == (BatchState.CHECKING, None, None)
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.problems_by_code == {"no-values": 1}


def test_choices_about_rows_and_columns_reach_the_check(sign_in, uploader, receive):
    batch = receive(b"id,tier,secret\n A1 ,gold,x\n A1,NULL,y\n")
    sign_in(uploader).post(
        reverse("batch-reading", args=[batch.pk]),
        {
            "encoding": "utf-8",
            "delimiter": ",",
            "key_column": "id",
            "key": "thirdPartyId",
            "trim": "on",
            "blanks": "on",
            "duplicates": "last",
            "dont_send": ["secret"],
        },
    )
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert (batch.accepted, batch.attributes) == (1, ["tier"])
    assert files.open_part(batch.parts.get()).read() == b"batch=thirdPartyId,tier\nA1,gold\n"


def test_the_column_with_the_id_cannot_be_left_out(sign_in, uploader, receive):
    batch = receive(made.NO_KEY)
    answer = sign_in(uploader).post(
        reverse("batch-reading", args=[batch.pk]),
        {
            "encoding": "utf-8",
            "delimiter": ",",
            "key_column": "customer_id",
            "key": "pcId",
            "dont_send": "customer_id",
        },
    )
    assert "do not leave it out" in text_of(answer)


AS_CSV = {"encoding": "utf-8", "delimiter": ",", "key_column": "id", "key": "thirdPartyId"}


def test_columns_are_sent_under_the_names_that_a_person_gives(sign_in, uploader, receive):
    batch = receive(b"id,a,b,c\nA1,gold,Oslo,x\n")
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    client.post(url, AS_CSV | {"sent_as_1": "b", "sent_as_2": " city ", "sent_as_3": "c"})
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.reading["mapping"] == {"a": "b", "b": "city"}
    assert files.open_part(batch.parts.get()).read() == b"batch=thirdPartyId,b,city,c\nA1,gold,Oslo,x\n"
    page = text_of(client.get(url))
    assert 'value="city"' in page
    assert "Send b as" in page
    client.post(url, AS_CSV)
    batch.refresh_from_db()
    assert batch.reading["mapping"] == {}


def test_no_column_holds_the_id_before_somebody_says_so(sign_in, uploader, receive):
    batch = receive(b"ort,kunde\nOslo,A1\n")
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    assert '<option value="" selected>Choose the column</option>' in text_of(client.get(url))
    answer = client.post(url, AS_CSV | {"key_column": ""})
    assert "Choose the column that holds the visitor&#x27;s id." in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == BatchState.RECEIVED


def test_a_name_that_cannot_be_sent_is_cured_by_another(sign_in, uploader, checked):
    batch = checked(b"thirdPartyId,profile.tier\nA1,gold\n")
    assert batch.problems_by_code == {"header-name": 1}
    choice = AS_CSV | {"key_column": "thirdPartyId", "sent_as_1": "tier"}
    sign_in(uploader).post(reverse("batch-reading", args=[batch.pk]), choice)
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.attributes) == (BatchState.READY, ["tier"])


@pytest.mark.parametrize(
    ("names", "told"),
    [
        pytest.param({"sent_as_1": "profile.tier"}, "Target adds that itself", id="prefix (F4)"),
        pytest.param({"sent_as_1": "n" * 129}, "Target takes at most 128", id="too long (F4)"),
        pytest.param({"sent_as_1": "a\x07b"}, "control character", id="control character"),
        pytest.param(
            {"sent_as_1": "city"}, "Columns 2 and 3 would both be sent as city", id="another column's"
        ),
        pytest.param(
            {"sent_as_2": "tier"}, "Columns 2 and 3 would both be sent as tier", id="an earlier column's"
        ),
        pytest.param({"sent_as_1": "thirdPartyId"}, "both be sent as thirdPartyId", id="the key's"),
        pytest.param({"sent_as_0": "number"}, "leave this empty", id="for the column with the id"),
    ],
)
def test_a_name_that_cannot_be_sent_is_refused_beside_it(sign_in, uploader, receive, names, told):
    batch = receive(b"id,tier,city\nA1,gold,Oslo\n")
    answer = sign_in(uploader).post(reverse("batch-reading", args=[batch.pk]), AS_CSV | names)
    (field,) = names
    assert told in str(answer.context["reading_form"][field].errors)
    assert 'role="alert"' in text_of(answer)
    batch.refresh_from_db()
    assert batch.state == BatchState.RECEIVED


def test_the_file_s_own_faulty_names_are_left_to_the_check(sign_in, uploader, checked):
    batch = checked(b"id,profile.a,b\nA1,gold,Oslo\n")
    sign_in(uploader).post(reverse("batch-reading", args=[batch.pk]), AS_CSV | {"sent_as_2": "city"})
    batch.refresh_from_db()
    assert (batch.state, batch.reading["mapping"]) == (BatchState.CHECKING, {"b": "city"})


def test_of_very_many_columns_the_first_can_be_renamed_and_all_left_out(sign_in, uploader, receive):
    names = ["id", *(f"c{number}" for number in range(1, 1_500))]
    batch = receive(f"{','.join(names)}\nA1{',x' * 1_499}\n".encode())
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    form = client.get(url).context["reading_form"]
    offered = [column.sent_as is not None for column in form.columns]
    assert (offered.count(True), len(offered), offered[0], offered[-1]) == (200, 1_500, True, False)
    filled = {column.sent_as.html_name: f"new{column.name}" for column in form.columns if column.sent_as}
    client.post(url, AS_CSV | filled | {"sent_as_0": "", "dont_send": ["c1499"]})
    batch.refresh_from_db()
    assert (len(batch.reading["mapping"]), batch.reading["dont_send"]) == (199, ["c1499"])


@pytest.mark.parametrize(
    ("choice", "content", "sent"),
    [
        ("trim", b"thirdPartyId,tier\n A1,gold\n", b"A1,gold\n"),
        ("blank", b"thirdPartyId,tier,city\nA1,NULL,Oslo\n", b"A1,,Oslo\n"),
    ],
)
def test_one_click_changes_the_reading_and_checks_again(sign_in, uploader, checked, choice, content, sent):
    batch = checked(content)
    client = sign_in(uploader)
    assert f'value="{choice}"' in text_of(client.get(reverse("batch", args=[batch.pk])))
    client.post(reverse("batch-adjust", args=[batch.pk]), {"choice": choice})
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.state == BatchState.READY
    assert files.open_part(batch.parts.get()).read().endswith(sent)


def test_what_was_released_is_not_read_differently(sign_in, uploader, checked):
    batch = checked(made.GOOD)
    workflow.release(uploader, batch)
    client = sign_in(uploader)
    for answer in (
        client.get(reverse("batch-reading", args=[batch.pk]), follow=True),
        client.post(reverse("batch-adjust", args=[batch.pk]), {"choice": "trim"}, follow=True),
    ):
        assert "no longer be read differently" in text_of(answer)


def test_choices_are_tried_out_on_the_first_rows_without_being_confirmed(sign_in, uploader, receive):
    batch = receive(b"id,tier,city,note\n A1 ,gold,NULL,x\n")
    choice = AS_CSV | {"sent_as_1": "level", "dont_send": "note", "blanks": "on", "show": "1"}
    answer = sign_in(uploader).post(reverse("batch-reading", args=[batch.pk]), choice)
    sample = answer.context["sample"]
    assert [(column.name, column.sent_as) for column in sample.columns] == [
        ("id", "thirdPartyId"),
        ("tier", "level"),
        ("city", "city"),
        ("note", ""),
    ]
    assert [(cell.text, cell.taken_as_blank) for cell in sample.rows[0]][1:3] == [("gold", ""), ("", "NULL")]
    batch.refresh_from_db()
    assert (batch.state, batch.reading["mapping"]) == (BatchState.RECEIVED, {})


CLEARED = b"id,tier,city,note\nA1,,Oslo,NULL\nA2,gold\nA3\nA/4,,,\n"


def test_a_value_is_sent_instead_of_blanks_as_a_person_says(sign_in, uploader, receive):  # F7
    batch = receive(CLEARED)
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    assert 'id="clear-values" >' in " ".join(text_of(client.get(url)).split())
    choice = AS_CSV | {"clear_1": " none ", "clear_3": "né", "blanks": "on", "sent_as_1": "level"}
    tried = client.post(url, choice | {"show": "1"})
    cells = [[(cell.text, cell.is_clear_value) for cell in row] for row in tried.context["sample"].rows]
    assert cells[0] == [("A1", False), ("none", True), ("Oslo", False), ("né", True)]
    assert cells[2] == [("A3", False), ("none", True), ("", False), ("né", True)]
    assert tried.context["sample"].rows[0][3].taken_as_blank == "NULL"
    client.post(url, choice)
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert batch.reading["clear"] == {"tier": "none", "note": "né"}
    assert files.open_part(batch.parts.get()).read() == (
        b"batch=thirdPartyId,level,city,note\nA1,none,Oslo,n%C3%A9\nA2,gold,,n%C3%A9\nA3,none,,n%C3%A9\n"
    )
    page = " ".join(text_of(client.get(reverse("batch", args=[batch.pk]))).split())
    assert "2 blanks are sent as “none”." in page
    assert "3 blanks are sent as “né”." in page
    assert "except where a value is sent instead" in page
    assert 'id="clear-values" open>' in " ".join(text_of(client.get(url)).split())
    client.post(url, AS_CSV)
    batch.refresh_from_db()
    assert batch.reading["clear"] == {}


def test_what_is_sent_instead_of_blanks_stands_on_the_page_before_sending(sign_in, uploader, checked):
    batch = checked(CLEARED.replace(b"id,", b"thirdPartyId,"))
    workflow.adjust_reading(uploader, batch, clear={"tier": "none"})
    workflow.check(batch.pk)
    answer = sign_in(uploader).get(reverse("batch-send", args=[batch.pk]))
    tier, city, _note = answer.context["view"].outgoing.attributes
    assert (tier.gets_value, tier.left_as_it_is, city.gets_value, city.left_as_it_is) == (3, 1, 1, 3)
    page = " ".join(text_of(answer).split())
    assert "2 blanks are sent as “none”." in page
    assert "Some blanks are sent as a value" in page


@pytest.mark.parametrize(
    ("entered", "told"),
    [
        pytest.param({"clear_1": "no,ne"}, "without commas, line breaks", id="a comma (F5)"),
        pytest.param({"clear_1": "no\x07ne"}, "control characters", id="a control character"),
        pytest.param({"clear_1": "x" * 257}, "at most 256 characters", id="too long (F9)"),
        pytest.param(
            {f"clear_{place}": "日" * 256 for place in range(1, 31)}, "shorten them", id="too much (F8)"
        ),
    ],
)
def test_what_cannot_be_sent_instead_of_blanks_is_told_beside_it(sign_in, uploader, receive, entered, told):
    names = ",".join(f"c{place}" for place in range(1, 31))
    batch = receive(f"id,{names}\nA1,gold\n".encode())
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    assert told in text_of(client.post(url, AS_CSV | entered))
    assert client.post(url, AS_CSV | entered | {"show": "1"}).status_code == 200
    batch.refresh_from_db()
    assert batch.state == BatchState.RECEIVED


def test_the_column_with_the_id_gets_no_value_instead_of_blanks(sign_in, uploader, receive):
    batch = receive(b"id,tier\nA1,gold\n")
    sign_in(uploader).post(
        reverse("batch-reading", args=[batch.pk]), AS_CSV | {"clear_0": "none", "clear_1": "none"}
    )
    batch.refresh_from_db()
    assert (batch.state, batch.reading["clear"]) == (BatchState.CHECKING, {"tier": "none"})


def test_a_name_that_cannot_be_sent_is_told_while_trying_out(sign_in, uploader, receive):
    batch = receive(b"id,tier,city\nA1,gold,Oslo\n")
    answer = sign_in(uploader).post(
        reverse("batch-reading", args=[batch.pk]), AS_CSV | {"sent_as_1": "city", "show": "1"}
    )
    assert "Columns 2 and 3 would both be sent as city" in " ".join(answer.context["sample"].faults)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({}, id="nothing"),
        pytest.param(
            {"key_column": "gone", "key": "x", "duplicates": "x", "dont_send": "gone"}, id="nonsense"
        ),
        pytest.param({"encoding": "x", "delimiter": "x", "key": "pcId"}, id="no such dialect"),
        pytest.param({"take": "key x", "key": "pcId"}, id="no such field to fill"),
    ],
)
def test_whatever_is_tried_out_the_page_stands(sign_in, uploader, receive, sent):
    batch = receive(b"id,tier\nA1,gold\n")
    answer = sign_in(uploader).post(reverse("batch-reading", args=[batch.pk]), sent | {"show": "1"})
    assert (answer.status_code, answer.context["sample"].rows[0][1].text) == (200, "gold")


def test_a_name_nearly_like_one_used_before_is_proposed_and_taken_by_a_press(
    sign_in, uploader, receive, checked
):
    workflow.release(uploader, checked(b"thirdPartyId,tier\nA1,gold\n"))
    batch = receive(b"id,Teir,profile.city\nA1,gold,Oslo\n")
    client, url = sign_in(uploader), reverse("batch-reading", args=[batch.pk])
    page = text_of(client.get(url))
    assert 'value="sent_as_1 tier"' in page
    assert 'value="sent_as_2 city"' in page
    taken = client.post(url, AS_CSV | {"take": "sent_as_1 tier"})
    assert taken.context["sample"].columns[1].sent_as == "tier"
    assert 'value="sent_as_1 tier"' not in text_of(taken)
    batch.refresh_from_db()
    assert batch.state == BatchState.RECEIVED


def test_a_batch_read_as_an_earlier_one_says_so_and_can_begin_afresh(sign_in, uploader, checked, receive):
    client = sign_in(uploader)
    first = receive(b"id,tier\nA1,gold\n", filename="customers.csv")
    client.post(reverse("batch-reading", args=[first.pk]), AS_CSV | {"sent_as_1": "level"})
    batch = checked(b"id,tier\nA2,gold\n")
    page = text_of(client.get(reverse("batch", args=[batch.pk])))
    assert "Read as you read “customers.csv” on" in page
    assert "1 column is renamed." in page
    afresh = reverse("batch-reading", args=[batch.pk])
    assert f"{afresh}?afresh=1" in page
    assert client.get(afresh).context["sample"].columns[1].sent_as == "level"
    assert client.get(afresh, {"afresh": "1"}).context["sample"].columns[1].sent_as == "tier"
    client.post(afresh, AS_CSV | {"afresh": "1"})
    batch.refresh_from_db()
    assert (batch.reading["mapping"], batch.read_as) == ({}, None)


def test_who_may_not_see_the_earlier_batch_learns_whose_word_it_was_and_no_more(
    sign_in, colleague, uploader, receive
):
    first = receive(b"id,tier\nA1,gold\n", filename="secret-name.csv")
    sign_in(uploader).post(reverse("batch-reading", args=[first.pk]), AS_CSV)
    batch = receive(b"id,tier\nA1,gold\n", actor=colleague)
    page = text_of(sign_in(colleague).get(reverse("batch", args=[batch.pk])))
    assert "Read as uploader read a file with the same columns on" in page
    assert "in a batch that you may not see" in page
    assert "secret-name" not in page
    assert reverse("batch", args=[first.pk]) not in page


def test_the_same_file_is_noticed_before_it_can_be_sent_and_hinders_nobody(
    sign_in, uploader, reviewer, checked
):
    first = checked(made.GOOD)
    workflow.release(uploader, first)
    second = checked(made.GOOD)
    told = f" on .* \\(batch #{first.pk}: Delivering\\)"
    for address in ("batch", "batch-reading", "batch-send"):
        page = text_of(sign_in(uploader).get(reverse(address, args=[second.pk])))
        assert re.search(f"You uploaded the same file{told}", page)
    by_whom = f"The same file was uploaded by uploader{told}"
    assert re.search(by_whom, text_of(sign_in(reviewer).get(reverse("batch", args=[second.pk]))))
    assert 'id="send-form"' in text_of(sign_in(uploader).get(reverse("batch-send", args=[second.pk])))
    workflow.release(uploader, second)
    assert 'id="same-file"' not in text_of(sign_in(uploader).get(reverse("batch", args=[second.pk])))
