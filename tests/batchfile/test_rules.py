import pytest

from .checked import check_bytes

LONG_ID = "i" * 257
DIGITS = "12345678901234567890123456789012345678"


def checked(row: str | bytes, tmp_path, header: str = "thirdPartyId,a,b", **choices):
    row = row.encode() if isinstance(row, str) else row
    data = header.encode() + b"\n" + row + b"\n"
    return check_bytes(data, tmp_path, **{"encoding": "utf-8"} | choices)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(",x", [("thirdPartyId", "id-missing", "")], id="no id"),
        pytest.param("a+b,x", [("thirdPartyId", "id-forbidden-character", "a+b")], id="plus in the id"),  # F3
        pytest.param(
            "a/b,x", [("thirdPartyId", "id-forbidden-character", "a/b")], id="slash in the id"
        ),  # F3
        pytest.param(
            LONG_ID + ",x", [("thirdPartyId", "id-too-long", "i" * 200 + "…")], id="id of 257"
        ),  # F3
        pytest.param(DIGITS + ",x", [("thirdPartyId", "id-looks-like-ecid", DIGITS)], id="38 digits"),  # F2
        pytest.param("1\x07,x", [("thirdPartyId", "control-character", "1\x07")], id="bell in the id"),
        pytest.param(b"\xe9,x", [("thirdPartyId", "undecodable", r"\xe9")], id="id that is not UTF-8"),
        pytest.param("1,\x00", [("a", "control-character", "\x00")], id="NUL"),
        pytest.param("1,x\x7f", [("a", "control-character", "x\x7f")], id="delete"),
        pytest.param("1,x\x85", [("a", "control-character", "x\x85")], id="next line"),
        pytest.param(
            "1,\x1f,\x9f",
            [("a", "control-character", "\x1f"), ("b", "control-character", "\x9f")],
            id="two cells",
        ),
        pytest.param("1,\x01\x02\x01", [("a", "control-character", "\x01\x02\x01")], id="once a cell"),
        pytest.param(b"1,x,caf\xe9", [("b", "undecodable", r"caf\xe9")], id="latin-1"),
        pytest.param(
            b"1,\xff\x00", [("a", "undecodable", r"\xff" + "\x00")], id="no other rule for such a cell"
        ),
        pytest.param("1,x,y,z", [("", "too-many-values", "z")], id="a value too many"),
        pytest.param("1,x,y,,z,w", [("", "too-many-values", "z")], id="the first surplus value"),
        pytest.param(
            b"1,x,y,\xff",
            [("", "undecodable", r"\xff"), ("", "too-many-values", r"\xff")],
            id="surplus that is not UTF-8",
        ),
        pytest.param("1", [("", "no-values", "")], id="only an id"),
        pytest.param("1,,", [("", "no-values", "")], id="only empty values"),  # F7
        pytest.param(
            "1,,,z", [("", "no-values", ""), ("", "too-many-values", "z")], id="only a surplus value"
        ),
        pytest.param(
            ",,,z",
            [("", "no-values", ""), ("thirdPartyId", "id-missing", ""), ("", "too-many-values", "z")],
            id="nothing but a surplus value",
        ),
        pytest.param("1," + "v" * 257, [("a", "value-too-long", "v" * 200 + "…")], id="value of 257"),  # F9
        pytest.param(
            "1," + "v" * 64_000,
            [("", "row-too-big", ""), ("a", "value-too-long", "v" * 200 + "…")],
            id="64,002 bytes",
        ),  # F8
        pytest.param(
            "+" * 257 + "\x01," + "v" * 257 + "\x02,,w",
            [
                ("thirdPartyId", "id-forbidden-character", "+" * 200 + "…"),
                ("thirdPartyId", "id-too-long", "+" * 200 + "…"),
                ("thirdPartyId", "control-character", "+" * 200 + "…"),
                ("a", "value-too-long", "v" * 200 + "…"),
                ("a", "control-character", "v" * 200 + "…"),
                ("", "too-many-values", "w"),
            ],
            id="everything at once",
        ),
    ],
)
def test_every_problem_of_a_row_is_reported(tmp_path, row, expected):
    result = checked(row, tmp_path)
    assert [(p.column, p.code, p.value) for p in result.problems] == expected
    assert {p.line for p in result.problems} == {2}


@pytest.mark.parametrize(
    ("row", "sent"),
    [
        pytest.param("1,x,y", ["1", "x", "y"], id="plain"),
        pytest.param("1,x", ["1", "x"], id="a short row stays short"),  # F7
        pytest.param("1,x,", ["1", "x", ""], id="a trailing empty value stays"),
        pytest.param("1,,y", ["1", "", "y"], id="an empty value between"),
        pytest.param("1,x,,,,", ["1", "x", ""], id="empty surplus cells are dropped"),
        pytest.param("1, x ", ["1", " x "], id="nothing is trimmed"),
        pytest.param("1, ", ["1", " "], id="a space is content"),
        pytest.param("i" * 256 + ",x", ["i" * 256, "x"], id="id of 256"),  # F3
        pytest.param("é" * 256 + ",x", ["é" * 256, "x"], id="id of 256 characters of two bytes"),
        pytest.param("1," + "é" * 256, ["1", "é" * 256], id="value of 256 characters"),  # F9
        pytest.param(DIGITS[1:] + ",x", [DIGITS[1:], "x"], id="37 digits"),
        pytest.param(DIGITS + "9,x", [DIGITS + "9", "x"], id="39 digits"),
        pytest.param("\u0661" * 38 + ",x", ["\u0661" * 38, "x"], id="38 digits of another script"),
        pytest.param(f"1,{DIGITS}", ["1", DIGITS], id="an ECID as a value"),
        pytest.param("1,a+b/c", ["1", "a+b/c"], id="plus and slash in a value"),
        pytest.param('1,"a\tb\nc\r\nd"', ["1", "a\tb\nc\r\nd"], id="tab and line breaks"),
        pytest.param(
            "1,\u2028\u200b\ufeff", ["1", "\u2028\u200b\ufeff"], id="invisible, but no control characters"
        ),
        pytest.param("1,%41 &=", ["1", "%41 &="], id="nothing is decoded"),
        pytest.param("1,null", ["1", "null"], id="the word null"),
    ],
)
def test_a_good_row_is_sent_as_it_is(tmp_path, row, sent):
    result = checked(row, tmp_path)
    assert result.problems == []
    assert result.rows == [sent]


@pytest.mark.parametrize(
    ("bytes_", "rejected"), [(64_000, 0), (64_001, 1)], ids=["64,000 bytes", "64,001 bytes"]
)
@pytest.mark.parametrize("character", ["v", "é"])
def test_the_limit_of_a_row_counts_encoded_bytes(tmp_path, bytes_, rejected, character):  # F8
    width = 1 if character == "v" else 6
    whole, rest = divmod(bytes_ - len("1,,"), width)
    result = checked(f"1,{character * whole},{'v' * rest}", tmp_path)
    assert result.summary.rejected == rejected
    sizes = [p.params for p in result.problems if p.code == "row-too-big"]
    assert sizes == [{"bytes": bytes_, "limit": 64_000}] * rejected


@pytest.mark.parametrize(
    ("id_", "codes"),
    [
        pytest.param("1367320065048-801944.01_00", [], id="a pcId"),
        pytest.param("1514187733806-729395", [], id="a pcId without its edge"),
        pytest.param("a+b/c", ["id-not-pcid-form"], id="plus and slash"),
        pytest.param(LONG_ID, ["id-not-pcid-form"], id="257 characters"),
        pytest.param("1514187733806-729395.01", ["id-not-pcid-form"], id="half an edge"),
        pytest.param("1514187733806-", ["id-not-pcid-form"], id="half a pcId"),
        pytest.param("\u0661514187733806-729395", ["id-not-pcid-form"], id="digits of another script"),
        pytest.param(DIGITS, ["id-looks-like-ecid"], id="38 digits"),
        pytest.param("", ["id-missing"], id="empty"),
        pytest.param("1\x00", ["id-not-pcid-form", "control-character"], id="NUL"),
    ],
)
def test_only_some_rules_hold_for_a_pcid(tmp_path, id_, codes):
    result = checked(f"{id_},x", tmp_path, header="pcId,a")
    assert [problem.code for problem in result.problems] == codes


def test_the_key_column_may_stand_anywhere(tmp_path):
    result = checked("x,1,y", tmp_path, header="a,thirdPartyId,b")
    assert result.rows == [["1", "x", "y"]]


def test_a_row_that_ends_before_the_key_has_no_id(tmp_path):
    result = checked("x", tmp_path, header="a,b,thirdPartyId")
    assert [(p.column, p.code, p.position) for p in result.problems] == [("thirdPartyId", "id-missing", 3)]


def test_problems_carry_the_columns_name_in_the_file(tmp_path):
    result = checked("x,a+b", tmp_path, header="a,Customer No", key_column="Customer No")
    assert [problem.column for problem in result.problems] == ["Customer No"]


def test_a_file_with_only_a_key_column_has_no_values(tmp_path):
    assert checked("1", tmp_path, header="thirdPartyId").found == [(2, "", "no-values")]


def test_a_warning_lets_the_row_go(tmp_path):  # F9
    result = check_bytes(
        b"thirdPartyId,a,b\n1,x,y\n2," + b"v" * 257 + b",y\n3," + b"v" * 257 + b",\x01\n", tmp_path
    )
    summary = result.summary
    assert (summary.rows, summary.accepted, summary.rejected, summary.warnings) == (3, 2, 1, 1)
    assert [row[0] for row in result.rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        pytest.param("100%", ["bad-percent-encoding"], id="lone percent"),
        pytest.param("%4", ["bad-percent-encoding"], id="one digit"),
        pytest.param("%E9", ["bad-percent-encoding"], id="not UTF-8"),
        pytest.param("%00", ["control-character"], id="NUL in disguise"),
        pytest.param("v" * 257, ["value-too-long"], id="length in clear"),
        pytest.param("%C3%A9" * 256, [], id="256 characters in clear"),
        pytest.param('"x', [], id="a quote is a character"),
    ],
)
def test_a_batch_files_values_are_judged_in_clear(tmp_path, value, codes):
    result = checked(f"1,{value}", tmp_path, header="batch=thirdPartyId,a")
    assert [problem.code for problem in result.problems] == codes


@pytest.mark.parametrize("row_by_row", [True, False], ids=["reference", "in bulk"])
@pytest.mark.parametrize(
    ("row", "params"),
    [
        (b"1,caf\xe9", {}),
        (b'1,"a\nb",caf\xe9', {"at_line": 3}),
        (b'1,"a\r\nb\rc\xe9\n"', {"at_line": 4}),
        (b'1,"\xe9\n\xe9"', {}),
    ],
    ids=["one line", "a value below", "within the value", "the first of two"],
)
def test_bytes_that_are_not_utf8_are_said_to_stand_on_their_own_line(tmp_path, row, params, row_by_row):
    result = checked(row, tmp_path, row_by_row=row_by_row)
    assert [(p.line, p.code, p.params) for p in result.problems] == [(2, "undecodable", params)]


def test_bytes_that_are_not_utf8_in_a_batch_file_are_undecodable(tmp_path):
    result = checked(b"1,\xe9%zz", tmp_path, header="batch=thirdPartyId,a")
    assert [(p.code, p.value) for p in result.problems] == [("undecodable", r"\xe9%zz")]


def test_a_batch_file_is_not_encoded_twice(tmp_path):
    data = b"batch=thirdPartyId,a%20b,c\nid%2C1,x%26y,%0A\n2,%C3%A9,\n"
    assert check_bytes(data, tmp_path).parts == [data]


def test_a_careless_batch_file_is_made_canonical(tmp_path):
    data = "batch=thirdPartyId,a b\r\n1,é+%7e%2d/\r\n\r\n2,x".encode()
    result = check_bytes(data, tmp_path)
    assert result.parts == [b"batch=thirdPartyId,a%20b\n1,%C3%A9%2B~-%2F\n2,x\n"]
    assert result.summary.skipped == 1
