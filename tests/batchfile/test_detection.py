import io

import pytest

from uploads.batchfile import Reading, detect, suggest_key


def detected(data: bytes):
    return detect(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [
        pytest.param(b"thirdPartyId,a\n1,x\n", ",", id="comma"),
        pytest.param(b"thirdPartyId;a\n1;x\n", ";", id="semicolon"),
        pytest.param(b"thirdPartyId\ta\n1\tx\n", "\t", id="tab"),
        pytest.param(b"thirdPartyId\n1\n", ",", id="one column"),
        pytest.param(b"thirdPartyId\na;b\nc;d\n", ",", id="one column with semicolons in its values"),
        pytest.param(b"id;price;note\n1;1,50;a,b\n2;2,50;c,d\n", ";", id="decimal commas"),
        pytest.param(b"id,tags\n1,a;b;c\n2,d;e\n", ",", id="semicolons in values"),
        pytest.param(b'"a,b";c\n1;2\n', ";", id="comma inside a quoted name"),
        pytest.param(b'id;"x,\ny,z"\n1;2\n', ";", id="line break inside a quoted name"),
        pytest.param(b"thirdPartyId\tname, first\tname, last\n1\tx\ty\n", "\t", id="commas in names"),
        pytest.param(b"a;b,c\n1;2\n3;4\n", ";", id="both split the header, one splits the rows"),
        pytest.param(b"\xef\xbb\xbf\n\nthirdPartyId;a\n1;x\n", ";", id="mark and blank lines in front"),
        pytest.param(b"thirdPartyId;a\r1;x\r", ";", id="lone carriage returns"),
        pytest.param(b"", ",", id="nothing"),
    ],
)
def test_the_delimiter_is_the_one_that_makes_a_table(data, delimiter):
    assert detected(data).reading.delimiter == delimiter


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\r\n\n"], ids=["plain", "mark", "blank lines"])
def test_a_batch_file_is_known_by_its_first_word(start):
    found = detected(start + b"batch=thirdPartyId,a%20b\n1,x%3By;z\n")
    assert found.reading == Reading("batch", "utf-8", ",", "thirdPartyId", "thirdPartyId")
    assert (found.header, found.rows) == (["thirdPartyId", "a b"], [["1", "x;y;z"]])


@pytest.mark.parametrize(
    ("header", "rows", "column", "key"),
    [
        pytest.param(["a", "pcId"], [], "pcId", "pcId", id="exact pcId"),
        pytest.param(["pcId", "thirdPartyId"], [], "thirdPartyId", "thirdPartyId", id="both: one's own id"),
        pytest.param(["a", "mbox3rdPartyID"], [], "mbox3rdPartyID", "thirdPartyId", id="mbox3rdPartyID"),
        pytest.param(["mboxThirdPartyId"], [], "mboxThirdPartyId", "thirdPartyId", id="mboxThirdPartyId"),
        pytest.param(["third_party_id"], [], "third_party_id", "thirdPartyId", id="snake case"),
        pytest.param(["name", "PCID"], [], "PCID", "pcId", id="PCID"),
        pytest.param(["name", "TNT ID"], [], "TNT ID", "pcId", id="TNT ID"),
        pytest.param(["name", "tntId"], [], "tntId", "pcId", id="tntId"),
        pytest.param(["name", "mboxPC"], [], "mboxPC", "pcId", id="mboxPC"),
        pytest.param(["name", "customer_id"], [], "customer_id", "thirdPartyId", id="customer number"),
        pytest.param(["id", "CustomerID"], [], "CustomerID", "thirdPartyId", id="the more telling name"),
        pytest.param(["name", "leadId"], [], "leadId", "thirdPartyId", id="ends in Id"),
        pytest.param(["paid", "solid"], [], None, None, id="words that happen to end in id"),
        pytest.param(["name", "city"], [["A", "B"]], None, None, id="nothing like an id"),
        pytest.param(["ecid"], [], None, None, id="ecid"),
        pytest.param(["id"], [["1" * 38]], None, None, id="values that are ECIDs"),
        pytest.param(["userId", "userId"], [], None, None, id="a name that cannot be chosen"),
        pytest.param(
            ["visitor", "x"],
            [["1367320065048-801944.01_00"], ["1514187733806-729395"], [""]],
            "visitor",
            "pcId",
            id="values that Target made",  # F2
        ),
    ],
)
def test_the_likeliest_key_column_is_suggested(header, rows, column, key):
    assert suggest_key(header, rows) == (column, key)


def test_a_header_that_names_its_key_leaves_nothing_to_ask():
    found = detected(b"a,thirdPartyId\nx,1\n")
    assert found.confirmed
    assert (found.reading.key, found.reading.key_column) == ("thirdPartyId", "thirdPartyId")
    assert found.problems == []


def test_a_suggested_key_waits_to_be_confirmed():
    found = detected(b"customerID,a\n1,x\n")
    assert not found.confirmed
    assert (found.reading.key, found.reading.key_column) == ("thirdPartyId", "customerID")
    assert [problem.code for problem in found.problems] == ["header-key"]


def test_an_ecid_is_not_suggested_but_named():
    (problem,) = detected(b"ECID,level\n1,x\n").problems
    assert (problem.code, problem.params["reason"]) == ("header-key", "ecid")


def test_at_most_five_content_rows_are_shown():
    found = detected(b"\nthirdPartyId,a\n\n" + b"".join(b"%d,x\n,\n" % n for n in range(9)))
    assert found.rows == [[str(n), "x"] for n in range(5)]


def test_bytes_that_are_not_text_are_shown_as_such():
    found = detected(b"\xef\xbb\xbfthirdPartyId,a\n1,caf\xe9\n")
    assert found.rows == [["1", r"caf\xe9"]]


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        pytest.param(b"", ["empty-file"], id="empty"),
        pytest.param(b"\xef\xbb\xbf\n\n,,\n", ["empty-file"], id="no content"),
        pytest.param(b"thirdPartyId,a\n", ["no-rows"], id="only a header"),
        pytest.param(b"thirdPartyId,a,a\n1,2,3\n", ["header-duplicate"], id="duplicate"),
        pytest.param(b"thirdPartyId,profile.a\n1,2\n", ["header-name"], id="name"),
        pytest.param(b"\xef\xbb\xbfthirdPartyId,\xff\n1,2\n", ["undecodable"], id="not UTF-8"),
        pytest.param(b"x" * 1_100_000, ["header-too-big"], id="endless line"),
        pytest.param(b"pcId,thirdPartyId\n1,2\n", ["header-key"], id="two keys"),
        pytest.param(b"profile.crmId,a\n1,2\n", ["header-key"], id="a name that the suggestion replaces"),
    ],
)
def test_problems_of_the_file_are_visible_at_first_sight(data, codes):
    assert [problem.code for problem in detected(data).problems] == codes


def test_only_the_first_megabyte_is_read():
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            block = super().read(size)
            self.taken += len(block)
            return block

    stream = Counting(b"thirdPartyId,a\n" + b"1,x\n" * 1_000_000)
    detect(stream)
    assert stream.taken <= 1_048_576
    assert stream.tell() == 0


def test_a_row_cut_by_the_end_of_the_look_is_not_shown():
    found = detected(b"thirdPartyId,a\n1," + b"x" * 700_000 + b"\n2," + b"y" * 700_000 + b"\n")
    assert [row[0] for row in found.rows] == ["1"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"thirdPartyId,a\n" + b",\n" * 600_000 + b"1,x\n", id="rows out of sight"),
        pytest.param(b",\n" * 600_000 + b"thirdPartyId,a\n1,x\n", id="header out of sight"),
    ],
)
def test_what_is_out_of_sight_is_no_problem_yet(data):
    assert detected(data).problems == []


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        pytest.param("Köln".encode(), "utf-8", id="UTF-8"),
        pytest.param("Köln".encode("cp1252"), "windows-1252", id="Windows-1252"),
        pytest.param("Müller \u2013 \u201cKöln\u201d €".encode("cp1252"), "windows-1252", id="its signs"),
        pytest.param(
            "Köln, Zürich, São Paulo, ".encode() + b"Fran\xe7ois", "utf-8", id="UTF-8, one byte broken"
        ),
        pytest.param(
            "Señor Muñoz, año ".encode("cp1252") + "ñ".encode(), "windows-1252", id="mostly Windows-1252"
        ),
        pytest.param(b"A\xff", "utf-8", id="a byte that is no letter"),
        pytest.param(b"A\xfe\x81", "utf-8", id="bytes that are no letters"),
    ],
)
def test_the_encoding_is_what_most_of_the_bytes_say(value, encoding):
    detection = detect(io.BytesIO(b'thirdPartyId,city\nA1,"' + value + b'"\n'))
    assert detection.reading.encoding == encoding
