"""What the reading has done to rows: trimming, blanks, columns renamed or not sent."""

import pytest

from uploads.batchfile.treatment import SPACES

from .checked import check_bytes


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        pytest.param(" 1,x", ["id-surrounding-spaces"], id="before"),
        pytest.param("1 ,x", ["id-surrounding-spaces"], id="behind"),
        pytest.param("1\u00a0,x", ["id-surrounding-spaces"], id="no-break space"),
        pytest.param("\t1,x", ["id-surrounding-spaces"], id="tab"),
        pytest.param("1 2,x", [], id="between"),
        pytest.param("1, x ", [], id="around a value"),
    ],
)
def test_spaces_around_an_id_are_a_warning_and_sent_as_they_are(tmp_path, row, codes):
    result = check_bytes(f"thirdPartyId,a\n{row}\n".encode(), tmp_path)
    assert [problem.code for problem in result.problems] == codes
    assert result.rows == [row.split(",")]
    assert result.summary.warnings == len(codes)


def test_trimming_takes_spaces_from_ids_and_values(tmp_path):
    result = check_bytes("thirdPartyId,a,b\n 1\t,\u00a0x , y z \n".encode(), tmp_path, trim=True)
    assert result.rows == [["1", "x", "y z"]]
    assert result.problems == []


def test_trimming_leaves_control_characters_to_be_found():
    assert not any(character in SPACES for character in "\x00\x0b\x1c\x1f\x85\u200b\ufeff")
    assert all(character.isspace() for character in SPACES)


@pytest.mark.parametrize(
    ("row", "choices", "found"),
    [
        pytest.param(" , x", {"trim": True}, ["id-missing"], id="an id of spaces"),
        pytest.param("1, ", {"trim": True}, ["no-values"], id="a value of spaces"),
        pytest.param("NULL,x", {"blanks": ["NULL"]}, ["id-missing"], id="a blank id"),
        pytest.param("1,NULL", {"blanks": ["NULL"]}, ["no-values"], id="a blank value"),
        pytest.param("1, NULL ", {"blanks": ["NULL"]}, [], id="a word between spaces"),
        pytest.param("1, NULL ", {"blanks": ["NULL"], "trim": True}, ["no-values"], id="a trimmed word"),
        pytest.param("1,null", {"blanks": ["NULL"]}, [], id="a word in another case"),
        pytest.param("1,x,NULL", {"blanks": ["NULL"]}, [], id="a blank surplus value"),
        pytest.param("1," + "v" * 256 + " ", {"trim": True}, [], id="short enough once trimmed"),
        pytest.param(
            " " + "1" * 38, {"trim": True}, ["id-looks-like-ecid", "no-values"], id="a trimmed ECID"
        ),
    ],
)
def test_rules_see_what_is_left_after_the_treatment(tmp_path, row, choices, found):
    result = check_bytes(f"thirdPartyId,a\n{row}\n".encode(), tmp_path, **choices)
    assert sorted(problem.code for problem in result.problems) == found


def test_rows_without_content_after_the_treatment_are_skipped(tmp_path):
    data = b"thirdPartyId,a\n , \nNULL,NULL\n1,x\n"
    assert check_bytes(data, tmp_path).summary.skipped == 0
    assert check_bytes(data, tmp_path, trim=True, blanks=["NULL"]).summary.skipped == 2


def test_columns_are_sent_under_the_names_of_the_mapping(tmp_path):
    data = b"Level,Customer No,City\ngold,1,Rome\n"
    choices = {"mapping": {"Level": "level", "Customer No": "thirdPartyId"}}
    result = check_bytes(data, tmp_path, **choices)
    assert result.parts == [b"batch=thirdPartyId,level,City\n1,gold,Rome\n"]
    assert [(column.name, column.sent_as) for column in result.summary.columns] == [
        ("Level", "level"),
        ("Customer No", "thirdPartyId"),
        ("City", "City"),
    ]


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        pytest.param({"mapping": {"a": "profile.x"}}, ("header-name", "a", 2), id="a name of Target's own"),
        pytest.param({"mapping": {"a": ""}}, ("header-name", "a", 2), id="no name"),
        pytest.param({"mapping": {"a": "n" * 129}}, ("header-name", "a", 2), id="a long name"),
        pytest.param({"mapping": {"a": "b"}}, ("header-duplicate", "b", 3), id="the name of another column"),
        pytest.param(
            {"mapping": {"A": "b"}}, ("header-without-column", "", 0), id="a column that is not there"
        ),
        pytest.param({"dont_send": ["phone"]}, ("header-without-column", "", 0), id="nothing to keep back"),
        pytest.param({"clear": {"A": "none"}}, ("header-without-column", "", 0), id="nothing to clear"),
        pytest.param({"dont_send": ["thirdPartyId"]}, ("header-key", "", 0), id="the key kept back"),
        pytest.param({"mapping": {"thirdPartyId": "id"}}, ("header-key", "", 0), id="the key renamed"),
    ],
)
def test_header_rules_hold_for_the_names_as_sent(tmp_path, choices, expected):
    (problem,) = check_bytes(b"thirdPartyId,a,b\n1,x,y\n", tmp_path, **choices).problems
    assert (problem.code, problem.column, problem.position) == expected


def test_a_mapping_mends_names_that_cannot_be_sent(tmp_path):
    data = b"thirdPartyId,profile.level,,b,b\n1,x,y,z,w\n"
    choices = {"mapping": {"profile.level": "level", "": "note"}, "dont_send": ["b"]}
    assert check_bytes(data, tmp_path, **choices).parts == [b"batch=thirdPartyId,level,note\n1,x,y\n"]


@pytest.mark.parametrize(
    ("row", "sent", "codes"),
    [
        pytest.param(b"1,x,y,z", [["1", "x", "z"]], [], id="left out"),
        pytest.param(b"1,x,\xff\x00,z", [["1", "x", "z"]], [], id="whatever it holds"),
        pytest.param(b"1,x," + b"v" * 70_000 + b",z", [["1", "x", "z"]], [], id="however long it is"),
        pytest.param(b"1,,y,", [], ["no-values"], id="no value but there"),
        pytest.param(b"1,x,y", [["1", "x"]], [], id="a short row"),
        pytest.param(b"1,x,y,z,w", [], ["too-many-values"], id="a surplus value"),
        pytest.param(b",,y,", [], ["no-values", "id-missing"], id="still content"),
    ],
)
def test_columns_that_are_not_sent_are_not_judged(tmp_path, row, sent, codes):
    result = check_bytes(b"thirdPartyId,a,secret,b\n" + row + b"\n", tmp_path, dont_send=["secret"])
    assert result.rows == sent
    assert [problem.code for problem in result.problems] == codes


def test_the_figures_of_a_column_that_is_not_sent_say_so(tmp_path):
    data = b'secret,thirdPartyId,a\n"NULL,",1,x\n'
    summary = check_bytes(data, tmp_path, dont_send=["secret"]).summary
    secret = summary.columns[0]
    assert (secret.sent_as, secret.filled, secret.bytes, secret.encoded_bytes) == (None, 1, 5, 0)
    assert (summary.notices, summary.attributes) == ([], ["a"])


@pytest.mark.parametrize("row_by_row", [False, True], ids=["in bulk", "row by row"])
@pytest.mark.parametrize(
    ("row", "choices", "sent", "cleared"),
    [
        pytest.param("1,,Oslo", {}, "1,none,Oslo", 1, id="a blank cell"),
        pytest.param("1,gold,", {}, "1,gold,", 0, id="a value"),
        pytest.param("1", {}, "1,none", 1, id="a row that stops early"),
        pytest.param("1,NULL,x", {"blanks": ["NULL"]}, "1,none,x", 1, id="a word taken as blank"),
        pytest.param("1, ,x", {"trim": True}, "1,none,x", 1, id="spaces that are trimmed"),
        pytest.param("1, ,x", {}, "1,%20,x", 0, id="spaces that are not"),
        pytest.param("1,none,x", {}, "1,none,x", 0, id="the same word in the file"),
        pytest.param("1,none,", {"blanks": ["none"]}, "1,none,", 1, id="the same word taken as blank"),
        pytest.param("1,,x", {"clear": {"tier": "à & b"}}, "1,%C3%A0%20%26%20b,x", 1, id="beyond ASCII"),
        pytest.param("1,,x,,", {}, "1,none,x", 1, id="with separators behind the columns"),
        pytest.param("1,gold", {"clear": {"city": "none"}}, "1,gold,none", 0, id="another column"),
        pytest.param("1", {"clear": {"city": "none"}}, "1,,none", 0, id="blank cells between stay blank"),
    ],
)
def test_a_clear_value_is_sent_where_a_row_has_none(tmp_path, row, choices, sent, cleared, row_by_row):  # F7
    data = f"thirdPartyId,tier,city\n{row}\n".encode()
    result = check_bytes(data, tmp_path, row_by_row=row_by_row, **({"clear": {"tier": "none"}} | choices))
    assert result.parts == [f"batch=thirdPartyId,tier,city\n{sent}\n".encode()]
    assert result.problems == []
    assert result.summary.columns[1].cleared == cleared


def test_clear_values_fill_columns_in_any_order_but_neither_the_id_nor_what_stays_back(tmp_path):
    data = b"a,secret,thirdPartyId,b\n,,1\nx,y,,z\n"
    choices = {"clear": {"a": "none", "secret": "none", "b": "-", "thirdPartyId": "none"}}
    result = check_bytes(data, tmp_path, dont_send=["secret"], **choices)
    assert result.parts == [b"batch=thirdPartyId,a,b\n1,none,-\n"]
    assert result.found == [(3, "thirdPartyId", "id-missing")]
    told = [(column.name, column.clear, column.cleared) for column in result.summary.columns]
    assert told == [("a", "none", 1), ("secret", None, 0), ("thirdPartyId", None, 0), ("b", "-", 1)]


def test_rows_without_content_get_no_clear_values(tmp_path):
    data = b"thirdPartyId,a\n,\nNULL, \n\n1\n"
    choices = {"clear": {"a": "none"}, "blanks": ["NULL"], "trim": True}
    result = check_bytes(data, tmp_path, **choices)
    assert (result.rows, result.problems, result.summary.skipped) == ([["1", "none"]], [], 3)


@pytest.mark.parametrize("row_by_row", [False, True], ids=["in bulk", "row by row"])
@pytest.mark.parametrize(("duplicates", "cleared"), [("first", 2), ("last", 1), ("reject", 1)])
def test_only_what_is_sent_counts_as_cleared(tmp_path, duplicates, cleared, row_by_row):
    rows = b"1,,x\n1,y,x\n2,,\n3/,,x\n4,\xff,x\n"
    result = check_bytes(
        b"thirdPartyId,a,b\n" + rows,
        tmp_path,
        row_by_row=row_by_row,
        encoding="utf-8",
        duplicates=duplicates,
        clear={"a": "none"},
    )
    column = result.summary.columns[1]
    assert (column.filled, column.empty, column.cleared) == (2, 3, cleared)


def test_a_row_can_become_too_big_by_its_clear_values(tmp_path):  # F8
    names = [f"a{number}" for number in range(249)]
    value = "v" * 256
    data = f"thirdPartyId,long,{','.join(names)}\n1,{'w' * 200}\n".encode()
    clear = dict.fromkeys(names, value)
    for row_by_row in (False, True):
        result = check_bytes(data, tmp_path, row_by_row=row_by_row, clear=clear)
        assert [problem.code for problem in result.problems] == ["row-too-big"]


@pytest.mark.parametrize(
    ("value", "treatment", "codes"),
    [
        pytest.param("x,y", "reject", ["value-not-proven"], id="comma"),
        pytest.param("x\ny", "reject", ["value-not-proven"], id="line feed"),
        pytest.param("x\ry", "reject", ["value-not-proven"], id="carriage return"),
        pytest.param("x;y", "reject", [], id="neither"),
        pytest.param("x,y\n", "notice", [], id="noticed"),
        pytest.param("x,y\n", "send", [], id="sent without a word"),
    ],
)
def test_values_that_nobody_has_proven_are_treated_as_told(tmp_path, value, treatment, codes):  # F5
    data = f'thirdPartyId,a\n1,"{value}"\n'.encode()
    result = check_bytes(data, tmp_path, unproven_values=treatment)
    assert [problem.code for problem in result.problems] == codes
    assert [notice.code for notice in result.summary.notices] == (
        ["comma-in-value", "line-break-in-value"] if treatment == "notice" else []
    )


def test_a_way_with_unproven_values_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ValueError, match="maybe"):
        check_bytes(b"thirdPartyId,a\n1,x\n", tmp_path, unproven_values="maybe")
