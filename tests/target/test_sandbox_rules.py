"""What the sandbox makes of the bytes of a batch file (F1 to F7, F10), asked over HTTP."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.target.servers import eventually, read_back, send_batch
from uploads.target import Refused, status

V2 = "/m2/acme/v2/profile/batchUpdate"
HEADER = b"batch=thirdPartyId,level,city\n"


def finished(emulator, body: bytes, **account_facts):
    """The status of this batch once it is complete."""
    account = emulator.account(**account_facts)
    accepted = send_batch(account, body)
    return eventually(lambda: status(account, accepted.status_url), lambda answer: answer.state == "complete")


def counts(answer) -> tuple:
    return answer.batch_size, answer.consumed, answer.updated, answer.not_found, answer.failed


# The whole file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Batch is empty"),  # F1
        (b"thirdPartyId,level\nc-1,gold\n", "Batch is empty"),  # F1
        (b"\xef\xbb\xbfbatch=thirdPartyId,level\nc-1,gold\n", "Batch is empty"),  # F1
        (b"batch=", "Batch is empty"),
        (b"batch=\n", "Batch is empty"),
        (b"batch=\nthirdPartyId,level\nc-1,gold\n", "Batch is empty"),  # F1: directly followed
        (b"batch=thirdPartyId,level", "Batch is empty"),
        (HEADER, "Batch is empty"),
        (HEADER + b"c-1,gold", "The last row does not end in a line feed"),  # F5
        (b"batch=level,thirdPartyId\ngold,c-1\n", "The first header must be pcId or thirdPartyId"),  # F2
        (b"batch=thirdpartyid,level\nc-1,gold\n", "The first header must be pcId or thirdPartyId"),  # F2
        (b"batch=mbox3rdPartyId,level\nc-1,gold\n", "The first header must be pcId or thirdPartyId"),
        (b"batch=thirdPartyId,profile.level\nc-1,gold\n", "Parameter names must not begin with profile."),
        (b"batch=thirdPartyId," + b"n" * 129 + b"\nc-1,gold\n", "longer than 128 characters"),  # F4
        (b"batch=thirdPartyId,,a\nc-1,gold\n", "A parameter name is empty"),
        (b"batch=thirdPartyId,my level\nc-1,gold\n", "The header has characters that are not encoded"),
        (b"batch=thirdPartyId,level\r\nc-1,gold\r\n", "The header has characters that are not encoded"),
        (b"batch=thirdPartyId,%zz\nc-1,gold\n", "The header has characters that are not encoded"),
        (b"batch=thirdPartyId,%FF\nc-1,gold\n", "The header has characters that are not encoded"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_whole(emulator, body, message):
    answer = emulator.post(V2, body)
    assert answer.status_code == 200  # T5
    assert "<success>false</success><batchStatus></batchStatus>" in answer.text
    assert message in answer.text
    assert emulator.get("/sandbox/profiles.ndjson?client=acme").text == ""


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data; boundary=x", "text/csv", "text/plain", ""],
)
def test_any_other_content_type_is_an_unexpected_error(emulator, content_type):  # T2
    answer = emulator.post(V2, HEADER + b"c-1,gold\n", content_type=content_type)
    assert "<success>false</success>" in answer.text
    assert "Unexpected error" in answer.text


def test_names_count_characters_and_not_bytes(emulator):  # F4
    body = b"batch=thirdPartyId," + b"%C3%A9" * 128 + b"\nc-1,gold\n"
    assert counts(finished(emulator, body)) == (1, 1, 1, 0, 0)
    assert read_back(emulator.account(), "c-1") == {"é" * 128: "gold"}


@pytest.mark.parametrize(("size", "accepted"), [(49_999_999, True), (50_000_000, False)])
def test_a_file_is_smaller_than_fifty_million_bytes(emulator, size, accepted):  # F6
    row = b"c-%06d," + b"x" * 989 + b"\n"
    body = HEADER + b"".join(row % n for n in range(49_999))
    body += b"last," + b"x" * (size - len(body) - 6) + b"\n"
    assert len(body) == size
    if accepted:
        assert send_batch(emulator.account(), body).batch_id
    else:
        with pytest.raises(Refused, match="50 MB"):
            send_batch(emulator.account(), body)


@pytest.mark.parametrize(("rows", "accepted"), [(500_000, True), (500_001, False)])
def test_a_file_has_at_most_half_a_million_rows(emulator, rows, accepted):  # F6
    body = HEADER + b"c\n" * rows
    if accepted:
        assert send_batch(emulator.account(), body).batch_id
    else:
        with pytest.raises(Refused, match="rows"):
            send_batch(emulator.account(), body)


# One row -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "identifier"),
    [
        (b"a%2Bb,gold", "a+b"),  # F3
        (b"a%2Fb,gold", "a/b"),  # F3
        (b"x" * 257 + b",gold", "x" * 257),  # F3
        (b"%C3%A9" * 257 + b",gold", "é" * 257),  # F3
        (b",gold", ""),
        (b"", ""),
        (b"c-1,gold,paris,more", "c-1"),
        (b"c-1,gold,paris,", "c-1"),
        (b"c-1,beer & ale", "c-1"),  # F5
        (b"c-1,a+b", "c-1"),  # F5
        (b"c-1,a b", "c-1"),  # F5
        (b'"c-1",gold', '"c-1"'),  # F5: no CSV quoting
        (b"c-1,gold\r", "c-1"),  # F5
        (b"c-1,100%", "c-1"),  # F5
        (b"c-1,%4", "c-1"),  # F5
        (b"c-1,%G1", "c-1"),  # F5
        (b"c-1,caf\xc3\xa9", "c-1"),  # F5: bytes outside ASCII travel encoded
        (b"c-1,%E9", "c-1"),  # F5: UTF-8
        (b"c-1,a=b", "c-1"),  # F5
    ],
)
def test_a_row_that_breaks_a_rule_fails_alone_and_is_listed(emulator, row, identifier):  # T9
    answer = finished(emulator, HEADER + b"before,gold\n" + row + b"\nafter,gold\n")
    assert counts(answer) == (3, 3, 2, 0, 1)
    assert emulator.failed_ids() == [identifier]
    assert read_back(emulator.account(), "after") == {"level": "gold"}


def test_an_id_that_xml_cannot_hold_is_listed_all_the_same(emulator):
    finished(emulator, HEADER + b"a%00%26%3C%2Bb,gold\n")
    assert emulator.failed_ids() == ["a\ufffd&<+b"]


def test_rows_keep_their_values_byte_for_byte(emulator):  # F5
    value = "Beer & Ale, 100% \"é\" + '/'\r\n\t\u2028😀"
    encoded = "".join(f"%{byte:02x}" for byte in value.encode()).encode()
    finished(emulator, HEADER + b"c%20%C3%A9," + encoded + b"\n")
    assert read_back(emulator.account(), "c é") == {"level": value}


def test_the_longest_ids_allowed_are_taken(emulator):  # F3
    body = HEADER + b"x" * 256 + b",gold\n" + b"%F0%9F%98%80" * 256 + b",gold\n"
    assert counts(finished(emulator, body)) == (2, 2, 2, 0, 0)


def test_a_pc_id_may_hold_what_a_third_party_id_may_not(emulator):  # F3
    finished(emulator, b"batch=pcId,level\na%2Bb,gold\n")
    assert read_back(emulator.account(), "a+b", "pcId") == {"level": "gold"}
    assert read_back(emulator.account(), "a+b") is None


def test_short_rows_and_empty_values_change_nothing_else(emulator):  # F7
    finished(emulator, HEADER + b"c-1,gold,paris\nc-2,gold,paris\nc-3,gold,paris\n")
    answer = finished(emulator, HEADER + b"c-1,silver\nc-2,,rome\nc-3\n")
    assert counts(answer) == (3, 3, 3, 0, 0)
    account = emulator.account()
    assert read_back(account, "c-1") == {"level": "silver", "city": "paris"}
    assert read_back(account, "c-2") == {"level": "gold", "city": "rome"}
    assert read_back(account, "c-3") == {"level": "gold", "city": "paris"}


def test_a_file_of_nothing_but_empty_values_is_ignored_whole(emulator):  # F7
    assert counts(finished(emulator, HEADER + b"c-1,,\nc-2\n")) == (2, 2, 0, 0, 0)
    assert read_back(emulator.account(), "c-1") is None


def test_rows_of_one_id_in_one_file_are_merged_in_order(emulator):
    finished(emulator, HEADER + b"c-1,gold\nc-1,silver,paris\n")
    assert read_back(emulator.account(), "c-1") == {"level": "silver", "city": "paris"}


def test_the_first_version_updates_only_what_it_knows(emulator):  # F10
    finished(emulator, HEADER + b"known,gold\n")
    answer = finished(emulator, HEADER + b"known,silver\nnew,gold\n", version="v1")
    assert counts(answer) == (2, 2, 1, 1, 0)
    assert read_back(emulator.account(), "known") == {"level": "silver"}
    assert read_back(emulator.account(), "new") is None


def test_many_batches_at_once_lose_and_double_nothing(emulator):
    bodies = [
        HEADER + b"".join(b"c-%d-%d,gold\n" % (batch, row) for row in range(3_000)) for batch in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: finished(emulator, body), bodies))
    assert [counts(answer) for answer in answers] == [(3_000, 3_000, 3_000, 0, 0)] * 8
    assert len(emulator.get("/sandbox/profiles.ndjson?client=acme").text.splitlines()) == 24_000
    assert {(body["sha256"], body["received"]) for body in emulator.received()} == {
        (hashlib.sha256(body).hexdigest(), 1) for body in bodies
    }
