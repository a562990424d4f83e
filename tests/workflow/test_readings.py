"""How people read earlier files, and what that means for the next one with such a header."""

from dataclasses import replace

import pytest

from tests.support import files as made
from uploads import files, workflow
from uploads.batchfile import Reading
from uploads.models import AttributeName, AuditEvent, Batch, BatchState, SavedReading

pytestmark = pytest.mark.django_db

FIRST = b"kunde,stadt,stufe\nK1,Oslo,gold\n"
NEXT = b"stufe,stadt,kunde\nsilver,Lima,K2\n"


@pytest.fixture
def say(uploader):
    """Confirms a reading of the batch with these choices."""

    def say(batch, actor=uploader, **choices):
        detected = workflow.detection_of(batch).reading
        chosen = {"key": "thirdPartyId", "key_column": "kunde"} | choices
        assert workflow.confirm_reading(actor, batch, replace(detected, **chosen))
        return batch

    return say


def test_the_next_file_with_these_columns_is_read_as_a_person_read_the_first(receive, say, uploader):
    first = say(receive(FIRST), mapping={"stadt": "city"}, dont_send=["stufe"], clear={"stadt": "none"})
    batch = receive(NEXT + b",,K3\n")
    assert (batch.state, batch.read_as.batch, batch.read_as.saved_by) == (
        BatchState.CHECKING,
        first,
        uploader,
    )
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert files.open_part(batch.parts.get()).read() == b"batch=thirdPartyId,city\nK2,Lima\nK3,none\n"
    facts = AuditEvent.objects.get(action="batch.check-started", batch_id=batch.pk).facts
    assert (facts["like_batch"], facts["confirmed_by"]) == (str(first.pk), "uploader")
    assert (facts["renamed"], facts["left_out"]) == (["stadt → city"], ["stufe"])
    assert (facts["cleared"], facts["cleared_columns"]) == (["stadt → none"], 1)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"kunde,stadt\nK2,Lima\n", id="a column less"),
        pytest.param(b"kunde,stadt,stufe,neu\nK2,Lima,gold,x\n", id="a column more"),
        pytest.param(b"Kunde,stadt,stufe\nK2,Lima,gold\n", id="another case"),
    ],
)
def test_another_header_asks_anew(receive, say, content):
    say(receive(FIRST))
    batch = receive(content)
    assert (batch.state, batch.read_as) == (BatchState.RECEIVED, None)


def test_another_destination_asks_anew(receive, say, outsider, other_destination):
    say(receive(FIRST))
    batch = receive(FIRST, actor=outsider, destination=other_destination)
    assert (batch.state, batch.read_as) == (BatchState.RECEIVED, None)


def test_what_was_only_proposed_is_never_remembered(receive):
    assert receive(FIRST).state == receive(NEXT).state == BatchState.RECEIVED
    assert not SavedReading.objects.exists()


def test_the_last_word_counts_and_a_batch_keeps_telling_by_which_it_was_read(
    receive, checked, say, colleague
):
    say(receive(FIRST))
    then = receive(NEXT)
    say(checked(FIRST, actor=colleague), actor=colleague, mapping={"stadt": "town"})
    now = receive(NEXT)
    then.refresh_from_db()
    assert (then.reading["mapping"], now.reading["mapping"]) == ({}, {"stadt": "town"})
    assert (then.read_as.saved_by.username, now.read_as.saved_by) == ("uploader", colleague)


def test_a_delimiter_that_a_person_chose_is_taken_for_the_next_such_file(receive, say):
    # What stands between the commas looks like columns, and is none.
    odd = b"kunde|a,b;c,d\nK1|x,y;z,1\n"
    first = receive(odd)
    assert first.reading["delimiter"] != "|"
    say(first, delimiter="|")
    batch = receive(odd.replace(b"K1", b"K2"))
    assert (batch.state, batch.reading["delimiter"]) == (BatchState.CHECKING, "|")


def test_an_encoding_is_a_matter_of_each_file(receive, say):
    say(receive("kunde,stadt\nK1,Köln\n".encode("windows-1252")))
    batch = receive("kunde,stadt\nK2,Köln\n".encode())
    assert (batch.state, batch.reading["encoding"]) == (BatchState.CHECKING, "utf-8")


def test_a_header_that_says_all_by_itself_is_read_as_before_where_that_says_more(receive, say, uploader):
    batch = receive(made.GOOD)
    workflow.check(batch.pk)
    batch.refresh_from_db()
    assert workflow.adjust_reading(uploader, batch, dont_send=("city",))
    later = receive(made.GOOD)
    assert (later.reading["dont_send"], later.read_as.batch) == (["city"], batch)
    workflow.check(later.pk)
    later.refresh_from_db()
    assert workflow.adjust_reading(uploader, later, dont_send=())
    plain = receive(made.GOOD)
    assert (plain.reading["dont_send"], plain.read_as, later.read_as) == ([], None, None)


def test_a_reading_of_a_file_that_has_vanished_is_not_remembered(receive, uploader):
    batch = receive(FIRST)
    files.delete(files.original_name(batch))
    reading = Reading(key="thirdPartyId", key_column="kunde")
    assert workflow.confirm_reading(uploader, batch, reading)
    assert not SavedReading.objects.exists()


def test_names_are_noted_when_a_batch_is_sent(checked, uploader, destination, other_destination):
    first = checked(b"thirdPartyId,tier,city\nA1,gold,Oslo\n")
    assert AttributeName.objects.names_at(destination) == []
    assert workflow.release(uploader, first)
    assert workflow.release(uploader, checked(b"thirdPartyId,Tier,city\nA2,gold,Oslo\n"))
    assert AttributeName.objects.names_at(destination) == ["Tier", "city", "tier"]
    city = AttributeName.objects.get(name="city")
    assert city.first_used < city.last_used
    assert AttributeName.objects.names_at(other_destination) == []


def test_many_renamed_columns_are_counted_in_the_log_and_some_named(receive, say):
    names = [f"c{number}" for number in range(30)]
    batch = receive(f"kunde,{','.join(names)}\nK1{',x' * 30}\n".encode())
    say(batch, mapping={name: f"{name}x" for name in names})
    facts = AuditEvent.objects.get(action="batch.reading-confirmed", batch_id=batch.pk).facts
    assert (len(facts["renamed"]), facts["renamed_columns"], "left_out" in facts) == (20, 30, False)


def test_the_same_content_for_the_same_account_is_noticed(receive, colleague, destination, other_destination):
    assert workflow.earlier_upload(receive(FIRST)) is None
    assert workflow.earlier_upload(receive(NEXT)) is None
    twin = type(destination).objects.create(
        name="Twin", kind=destination.kind, client_code=destination.client_code.upper()
    )
    assert workflow.earlier_upload(receive(FIRST, destination=other_destination)) is None
    again = receive(FIRST, actor=colleague, destination=twin)
    assert workflow.earlier_upload(again) == Batch.objects.earliest("pk")


def test_of_several_same_files_the_one_that_was_sent_is_named(checked, uploader):
    sent = checked(made.GOOD)
    workflow.release(uploader, sent)
    checked(made.GOOD)
    assert workflow.earlier_upload(checked(made.GOOD)) == sent
