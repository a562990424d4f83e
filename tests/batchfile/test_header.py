import pytest

from .checked import check_bytes

ROW = b"\n1,2,3\n"


def problems_of(header: bytes, tmp_path, **choices):
    result = check_bytes(header + ROW, tmp_path, **choices)
    assert not result.summary.usable
    assert (result.summary.rows, result.parts) == (0, [])
    return result.problems


@pytest.mark.parametrize(
    ("header", "choices", "reason", "found"),
    [
        pytest.param(b"a,b,c", {}, "missing", [], id="none"),
        pytest.param(b"thirdpartyid,b,c", {}, "missing", [], id="letter case matters"),
        pytest.param(b" thirdPartyId,b,c", {}, "missing", [], id="nothing is trimmed"),
        pytest.param(b"pcId,thirdPartyId,c", {}, "several", ["pcId", "thirdPartyId"], id="both kinds"),
        pytest.param(b"a,ecid,c", {}, "ecid", [], id="only an ECID"),
        pytest.param(b"a,b,c", {"key": "pcId"}, "not-in-header", [], id="a kind without its column"),
        pytest.param(b"a,b,c", {"key_column": "A"}, "not-in-header", [], id="a column that is not there"),
        pytest.param(
            b"pcId,b,c", {"key_column": "x"}, "not-in-header", [], id="a wrong choice is not repaired"
        ),
    ],
)
def test_without_one_key_column_the_file_cannot_be_used(tmp_path, header, choices, reason, found):
    (problem,) = problems_of(header, tmp_path, **choices)
    assert (problem.line, problem.code) == (1, "header-key")
    assert (problem.params["reason"], problem.params["found"]) == (reason, found)


@pytest.mark.parametrize(
    "choices",
    [{}, {"key": "thirdPartyId"}, {"key_column": "thirdPartyId"}],
    ids=["nothing chosen", "kind chosen", "column chosen"],
)
def test_two_columns_of_the_keys_name_are_a_duplicate_too(tmp_path, choices):
    key, duplicate = problems_of(b"thirdPartyId,thirdPartyId,a", tmp_path, **choices)
    assert key.code == "header-key"
    assert (duplicate.code, duplicate.position) == ("header-duplicate", 2)


def test_the_suggestion_comes_with_the_problem(tmp_path):
    (problem,) = problems_of(b"name,customer_id,x", tmp_path)
    assert problem.params["suggested_column"] == "customer_id"
    assert problem.params["suggested_key"] == "thirdPartyId"


def test_a_column_full_of_ecids_is_not_suggested(tmp_path):
    result = check_bytes(b"id,name\n" + b"1" * 38 + b",x\n", tmp_path)
    assert "suggested_column" not in result.problems[0].params


@pytest.mark.parametrize(
    ("header", "choices", "sent"),
    [
        pytest.param(b"pcId,a,b", {}, b"batch=pcId,a,b\n", id="named so"),
        pytest.param(b"a,thirdPartyId,b", {}, b"batch=thirdPartyId,a,b\n", id="not the first column"),
        pytest.param(b"pcId,thirdPartyId,b", {"key": "pcId"}, b"batch=pcId,thirdPartyId,b\n", id="by kind"),
        pytest.param(b"a,crm,b", {"key_column": "crm"}, b"batch=thirdPartyId,a,b\n", id="by column"),
        pytest.param(b"a,TNT ID,b", {"key_column": "TNT ID"}, b"batch=pcId,a,b\n", id="kind by spelling"),
        pytest.param(
            b"a,crm,b", {"key_column": "crm", "key": "pcId"}, b"batch=pcId,a,b\n", id="by column and kind"
        ),
        pytest.param(
            b"profile.id,a,b", {"key_column": "profile.id"}, b"batch=thirdPartyId,a,b\n", id="any old name"
        ),
        pytest.param(b",a,b", {"key_column": ""}, b"batch=thirdPartyId,a,b\n", id="no name at all"),
        pytest.param(b"thirdPartyId,a&b, c", {}, b"batch=thirdPartyId,a%26b,%20c\n", id="names are encoded"),
    ],
)
def test_the_key_column_goes_first_under_its_kinds_name(tmp_path, header, choices, sent):  # F2
    result = check_bytes(header + b"\nx,y,z\n", tmp_path, **choices)
    assert [part.splitlines(keepends=True)[0] for part in result.parts] == [sent]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("n" * 129, "too-long", id="129 characters"),  # F4
        pytest.param("é" * 129, "too-long", id="129 characters of two bytes"),
        pytest.param("profile.level", "profile-prefix", id="profile."),  # F4
        pytest.param("a\x00", "control-character", id="NUL"),
        pytest.param("a\x85", "control-character", id="next line"),
    ],
)
def test_a_name_that_cannot_be_sent_is_a_problem_of_its_column(tmp_path, name, reason):
    (problem,) = problems_of(f"thirdPartyId,b,{name}".encode(), tmp_path)
    assert (problem.line, problem.code, problem.position) == (1, "header-name", 3)
    assert problem.params["reason"] == reason
    assert problem.column == problem.value == name[:200]


@pytest.mark.parametrize(
    "name",
    ["n" * 128, "é" * 128, " ", "profile", "Profile.level", "a\tb", "key,with,commas", "PROFILE."],
)
def test_other_names_are_sent_as_they_are(tmp_path, name):
    result = check_bytes(f'thirdPartyId,"{name}"\n1,x\n'.encode(), tmp_path)
    assert result.summary.attributes == [name]


def test_every_problem_of_a_header_is_reported_in_column_order(tmp_path):
    found = problems_of(b"a,,profile.x,a,," + b"n" * 129 + b",a", tmp_path)
    assert [(p.code, p.position) for p in found] == [
        ("header-key", 0),
        ("header-name", 2),
        ("header-name", 3),
        ("header-duplicate", 4),
        ("header-name", 5),
        ("header-name", 6),
        ("header-duplicate", 7),
    ]
    assert found[3].params["first_position"] == found[6].params["first_position"] == 1


def test_duplicates_are_judged_by_the_names_as_sent(tmp_path):
    (problem,) = problems_of(b"thirdPartyId,a,crm", tmp_path, key_column="crm")
    assert (problem.code, problem.column, problem.position) == ("header-duplicate", "crm", 3)
    assert problem.params == {"name": "thirdPartyId", "first_position": 1}


def test_names_that_differ_in_letter_case_are_different(tmp_path):  # F4
    assert check_bytes(b"thirdPartyId,a,A\n1,2,3\n", tmp_path).summary.attributes == ["a", "A"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", [(1, "", "empty-file")], id="no bytes"),
        pytest.param(b"\xef\xbb\xbf", [(1, "", "empty-file")], id="only a mark"),
        pytest.param(b'\n\r\n,,\n""\n', [(1, "", "empty-file")], id="only rows without content"),
        pytest.param(b"thirdPartyId,a", [(1, "", "no-rows")], id="only a header"),
        pytest.param(b"\n\nthirdPartyId,a\n\n,\n", [(3, "", "no-rows")], id="a header and empty rows"),
        pytest.param(b"x" * 1_000_001, [(1, "", "header-too-big")], id="endless line"),
        pytest.param(b'\nthirdPartyId,"a\n1,2\n', [(2, "a\n", "unclosed-quote")], id="unclosed quote"),
        pytest.param(
            b"\xef\xbb\xbfthirdPartyId,\xff\xfe\n1,2\n", [(1, r"\xff\xfe", "undecodable")], id="not UTF-8"
        ),
        pytest.param(b"batch=pcId,%zz\n1,2\n", [(1, "%zz", "bad-percent-encoding")], id="broken percent"),
    ],
)
def test_a_file_without_a_readable_table_cannot_be_used(tmp_path, data, expected):
    result = check_bytes(data, tmp_path)
    assert result.found == expected
    assert not result.summary.usable
    assert (result.summary.rows, result.summary.key, result.parts) == (0, None, [])
