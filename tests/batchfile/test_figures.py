"""The figures of columns, and the notices about them."""

import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uploads.batchfile import ColumnFigures, Reading
from uploads.batchfile.figures import DISTINCT_LIMIT, Column

from .checked import check_bytes


def figures_of(data: bytes, tmp_path, **choices) -> list[ColumnFigures]:
    return check_bytes(data, tmp_path, **choices).summary.columns


def notices_of(data: bytes, tmp_path, **choices) -> list[tuple]:
    notices = check_bytes(data, tmp_path, **choices).summary.notices
    return [(notice.code, notice.column, notice.count) for notice in notices]


def test_each_column_of_the_file_has_its_figures(tmp_path):
    data = "city,thirdPartyId,note\nŁódź,1,Beer & Ale\n,2\nRome,3,x\nŁódź,,y\n".encode()
    assert figures_of(data, tmp_path) == [
        ColumnFigures("city", "city", 3, 1, 4, 18, 42, 2, False, ["Łódź", "Rome"]),
        ColumnFigures("thirdPartyId", "thirdPartyId", 3, 1, 1, 3, 3, 3, False, ["1", "2", "3"]),
        ColumnFigures("note", "note", 3, 1, 10, 12, 18, 3, False, ["Beer & Ale", "x", "y"]),
    ]


def test_rows_that_cannot_be_read_and_rows_without_content_do_not_count(tmp_path):
    data = b'thirdPartyId,a\n1,x\n,\n\n2,"y\n'
    assert [(column.filled, column.empty) for column in figures_of(data, tmp_path)] == [(1, 0), (1, 0)]


def test_different_values_are_counted_up_to_a_limit(tmp_path):
    values = [f"v{number % (DISTINCT_LIMIT + 1)}" for number in range(2 * DISTINCT_LIMIT + 5)]
    rows = "".join(f"{number},{value},{value[:4]}\n" for number, value in enumerate(values))
    columns = figures_of(f"thirdPartyId,a,b\n{rows}".encode(), tmp_path)
    assert [(column.distinct, column.distinct_is_capped) for column in columns] == [
        (DISTINCT_LIMIT, True),
        (DISTINCT_LIMIT, True),
        (DISTINCT_LIMIT, False),
    ]


def test_a_wide_file_has_a_lower_limit_for_each_column(tmp_path):
    names = ",".join(f"a{number}" for number in range(2_000))
    rows = "".join(f"{row}{',' + str(row)}{',' * 1_999}\n" for row in range(101))
    first, second, third, *_others = figures_of(f"thirdPartyId,{names}\n{rows}".encode(), tmp_path)
    assert (first.distinct, first.distinct_is_capped) == (99, True)
    assert (second.distinct, third.distinct, third.filled) == (99, 0, 0)


tables = st.lists(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=4), min_size=3, max_size=3),
    min_size=1,
    max_size=20,
)


@given(tables, st.sampled_from(["first", "last", "reject"]))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_figures_are_those_counted_cell_by_cell(rows, duplicates):
    content = [[f"id{number}", *row[1:]] for number, row in enumerate(rows)]
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in content)
    with tempfile.TemporaryDirectory() as folder:
        reading = Reading(duplicates=duplicates)
        columns = figures_of(f"thirdPartyId,a,b\n{text}".encode(), Path(folder), reading=reading)
    for index, column in enumerate(columns):
        values = [row[index] for row in content if row[index]]
        assert column == ColumnFigures(
            name=column.name,
            sent_as=column.name,
            filled=len(values),
            empty=len(content) - len(values),
            longest=max(map(len, values), default=0),
            bytes=sum(len(value.encode()) for value in values),
            encoded_bytes=sum(len(quote(value, safe="")) for value in values),
            distinct=len(set(values)),
            distinct_is_capped=False,
            samples=list(dict.fromkeys(values))[:3],
        )


# Notices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["NULL", "null", "N/A", "n/a", "None", "NONE", "#N/A", "undefined"])
def test_words_for_no_value_are_known_in_any_case(word):
    assert Column(1).is_null_word(word)


@pytest.mark.parametrize(
    "text", ["", "nullable", " NULL", "NULL.", "N.A.", "nil", "-", "0", "not applicable"]
)
def test_other_text_is_a_value(text):
    assert not Column(1).is_null_word(text)


def test_a_columns_clear_value_is_no_word_to_wonder_about(tmp_path):  # F7
    data = b"thirdPartyId,a,b\n1,none,none\n2,None,\n"
    a, b = check_bytes(data, tmp_path, clear={"a": "none"}).summary.notices
    assert (a.column, a.count, a.params, a.example["line"]) == ("a", 1, {"words": ["None"]}, 3)
    assert (b.column, b.count, b.params) == ("b", 1, {"words": ["none"]})


def test_a_column_with_such_words_has_one_notice_with_its_count(tmp_path):
    rows = b"".join(b"%d,%s,x\n" % (n, [b"NULL", b"None", b"y"][n % 3]) for n in range(3_000))
    result = check_bytes(b"thirdPartyId,region,b\n" + rows, tmp_path)
    (notice,) = result.summary.notices
    assert (notice.code, notice.column, notice.count) == ("null-words", "region", 2_000)
    assert notice.params == {"words": ["NULL", "None"]}
    assert (result.problems, result.summary.warnings) == ([], 0)


def test_the_words_of_a_notice_are_what_the_reading_takes_as_blanks(tmp_path):
    data = b"thirdPartyId,a,b\n1,NULL,x\n2,null,y\n3,z,NULL\n"
    before = check_bytes(data, tmp_path).summary
    words = sorted({word for notice in before.notices for word in notice.params["words"]})
    after = check_bytes(data, tmp_path, blanks=words).summary
    assert (words, after.notices) == (["NULL", "null"], [])
    assert [column.empty for column in after.columns] == [0, 2, 1]


def test_commas_and_line_breaks_are_noticed_in_ids_too(tmp_path):  # F5
    data = b'thirdPartyId,a\n"1,5","x\ny"\n"2\n",z\n'
    assert notices_of(data, tmp_path) == [
        ("comma-in-value", "thirdPartyId", 1),
        ("line-break-in-value", "thirdPartyId", 1),
        ("line-break-in-value", "a", 1),
    ]


def test_commas_of_a_batch_file_are_noticed_in_clear(tmp_path):
    assert notices_of(b"batch=thirdPartyId,a\n1,x%2Cy\n", tmp_path) == [("comma-in-value", "a", 1)]


@pytest.mark.parametrize(
    ("duplicates", "example"),
    [
        ("first", {"line": 4, "id": "3", "value": "x,c"}),
        ("last", {"line": 5, "id": "2", "value": "x,d"}),
        ("reject", {"line": 4, "id": "3", "value": "x,c"}),
    ],
)
def test_the_example_is_a_row_that_is_sent(tmp_path, duplicates, example):  # T13
    data = b'thirdPartyId,a\n2,x\n,"x,b"\n3,"x,c"\n2,"x,d"\n'
    if duplicates == "last":
        data = data.replace(b'3,"x,c"', b"3,x")
    (notice,) = check_bytes(data, tmp_path, duplicates=duplicates).summary.notices
    assert notice.example == example


def test_without_such_a_row_there_is_no_example(tmp_path):
    data = b'thirdPartyId,a\n1,x\n1,"x,y"\n,"x,y"\n'
    (notice,) = check_bytes(data, tmp_path).summary.notices
    assert (notice.count, notice.example) == (2, None)


# Ids like e-mail addresses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("emails", "others", "warned"),
    [
        pytest.param(1, 9, True, id="one among others"),
        pytest.param(49, 51, True, id="fewer than half"),
        pytest.param(50, 50, False, id="half"),
        pytest.param(9, 1, False, id="most"),
        pytest.param(5, 0, False, id="all"),
    ],
)
def test_ids_like_emails_are_a_warning_only_where_the_rest_are_not(tmp_path, emails, others, warned):
    ids = [f"p{number}@example.com" for number in range(emails)] + [f"C-{number}" for number in range(others)]
    rows = "".join(f"{id_},x\n" for id_ in ids)
    result = check_bytes(f"thirdPartyId,a\n{rows}".encode(), tmp_path)
    expected = [(line, "thirdPartyId", "id-looks-like-email") for line in range(2, 2 + emails)]
    assert result.found == (expected if warned else [])
    assert result.summary.warnings == (emails if warned else 0)
    assert result.summary.accepted == emails + others


def test_a_duplicate_or_rejected_row_with_such_an_id_is_no_row_with_warnings_only(tmp_path):
    data = b"thirdPartyId,a\n1,x\n2,x\n3,x\n4,x\n5,x\na@b.c,x\na@b.c,y\nd@e.f,\n"
    result = check_bytes(data, tmp_path)
    assert (result.summary.accepted, result.summary.warnings) == (6, 1)
    assert result.summary.problems_by_code == {"id-duplicate": 1, "id-looks-like-email": 3, "no-values": 1}


def test_a_pcid_like_an_email_is_only_of_the_wrong_form(tmp_path):
    data = b"pcId,a\na@b.c,x\n1514187733806-729395,x\n1514187733806-729396,x\n"
    assert [problem.code for problem in check_bytes(data, tmp_path).problems] == ["id-not-pcid-form"]
