import csv
import gc
import io
import re
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploads.batchfile.lines import BLOCK_BYTES, RECORD_LIMIT, PhysicalLines, Source, without_mark
from uploads.batchfile.reading import Reading
from uploads.batchfile.records import TOO_BIG, UNCLOSED_QUOTE, read_records, records_of


def records(data: bytes, **reading):
    return [tuple(record[:3]) for record in read_records(Source(io.BytesIO(data)), Reading(**reading))]


def lines(data: bytes):
    return list(PhysicalLines(without_mark(Source(io.BytesIO(data)).blocks()), ","))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"a,b\nc,d\n", [(1, ["a", "b"]), (2, ["c", "d"])], id="LF"),
        pytest.param(b"a,b\r\nc,d\r\n", [(1, ["a", "b"]), (2, ["c", "d"])], id="CRLF"),
        pytest.param(b"a,b\rc,d\r", [(1, ["a", "b"]), (2, ["c", "d"])], id="lone CR"),
        pytest.param(b"a\r\r\nb", [(1, ["a"]), (2, []), (3, ["b"])], id="CR and CRLF, no end at the end"),
        pytest.param(b'\xef\xbb\xbf"a",b\n', [(1, ["a", "b"])], id="mark before a quote"),
        pytest.param(b"\xef\xbb\xbf", [], id="only a mark"),
        pytest.param(b"a\xef\xbb\xbf\n", [(1, ["a\ufeff"])], id="mark elsewhere is text"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b'\n""\n,,\n', [(1, []), (2, [""]), (3, [])], id="rows without content"),
        pytest.param(b'1,"x\ny"\n2,z\n', [(1, ["1", "x\ny"]), (3, ["2", "z"])], id="LF in quotes"),
        pytest.param(b'1,"x\r\n\r\ny"\r\n2\r\n', [(1, ["1", "x\r\n\r\ny"]), (4, ["2"])], id="CRLF in quotes"),
        pytest.param(b'1,"x\ry"\n2\n', [(1, ["1", "x\ry"]), (3, ["2"])], id="CR in quotes"),
        pytest.param(b'"a ""b"" c",d\n', [(1, ['a "b" c', "d"])], id="doubled quotes"),
        pytest.param(b'a "b" c,"d"e\n', [(1, ['a "b" c', "de"])], id="stray quotes"),
        pytest.param(
            "1\u2028,2\x85,3\x1c,4\x0b\x0c\n".encode(),
            [(1, ["1\u2028", "2\x85", "3\x1c", "4\x0b\x0c"])],
            id="characters that end lines elsewhere",
        ),
        pytest.param(b"a\x00b,\x00\n", [(1, ["a\x00b", "\x00"])], id="NUL"),
        pytest.param(b"caf\xe9,\xc3\xa9\n", [(1, ["caf\udce9", "é"])], id="bytes that are not UTF-8"),
        pytest.param(b"\xed\xa0\x80\n", [(1, ["\udced\udca0\udc80"])], id="an encoded surrogate"),
    ],
)
def test_cells_and_lines_are_as_in_the_file(data, expected):
    assert records(data) == [(line, cells, None) for line, cells in expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            b'1,"x\n2,y\n3,z\n',
            [(1, ["1", "x\n"], UNCLOSED_QUOTE), (2, ["2", "y"], None), (3, ["3", "z"], None)],
            id="the rest of the file is not swallowed",
        ),
        pytest.param(b'1,"x', [(1, ["1", "x"], UNCLOSED_QUOTE)], id="on the last line"),
        pytest.param(b'"', [(1, [""], UNCLOSED_QUOTE)], id="nothing else"),
        pytest.param(
            b'1,"\na"b,"c\n3,""x""\n4,x\n',
            [
                (1, ["1", "\n"], UNCLOSED_QUOTE),
                (2, ['a"b', "c\n"], UNCLOSED_QUOTE),
                (3, ["3", 'x""'], None),
                (4, ["4", "x"], None),
            ],
            id="one after the other",
        ),
        pytest.param(
            b'1,"x\n2,y\n3,"z"\n4,w\n',
            [
                (1, ["1", "x\n"], UNCLOSED_QUOTE),
                (2, ["2", "y"], None),
                (3, ["3", "z"], None),
                (4, ["4", "w"], None),
            ],
            id="the quote of a later row closes nothing",
        ),
        pytest.param(
            b'1,"x\n2,5" pipe\n3,z\n',
            [(1, ["1", "x\n"], UNCLOSED_QUOTE), (2, ["2", '5" pipe'], None), (3, ["3", "z"], None)],
            id="nor does an inch mark before text",
        ),
        pytest.param(
            b'1,"\na"b,"c\nd"\n4,x\n',
            [(1, ["1", "\n"], UNCLOSED_QUOTE), (2, ['a"b', "c\nd"], None), (4, ["4", "x"], None)],
            id="before a value with a line break",
        ),
        pytest.param(
            b'1,"x\n2,"",y\n3,"z ""and"" w"\n',
            [(1, ["1", "x\n"], UNCLOSED_QUOTE), (2, ["2", "", "y"], None), (3, ["3", 'z "and" w'], None)],
            id="before doubled quotes",
        ),
        pytest.param(
            b'1,"x\ny","z\n2,"v"\n',
            [(1, ["1", "x\ny", "z\n"], UNCLOSED_QUOTE), (3, ["2", "v"], None)],
            id="in the last line of a row of several",
        ),
        pytest.param(
            b'1,"x\n\n\n;;\n\n2,"y"\n',
            [
                (1, ["1", "x\n"], UNCLOSED_QUOTE),
                (2, [], None),
                (3, [], None),
                (4, [";;"], None),
                (5, [], None),
                (6, ["2", "y"], None),
            ],
            id="before blank lines",
        ),
    ],
)
def test_a_quote_that_is_not_closed_spoils_its_own_line_only(data, expected):
    assert records(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b'1,"x\n2,y,5"\n', [["1", "x\n2,y,5"]], id="at a line's end"),
        pytest.param(b'1,"x\r\n2",y\r\n', [["1", "x\r\n2", "y"]], id="before a delimiter"),
        pytest.param(
            b'1,"x\n\n\n,,\n\n"\n2,y\n', [["1", "x\n\n\n,,\n\n"], ["2", "y"]], id="behind blank lines"
        ),
        pytest.param(b'1,"x\n""y""\n"', [["1", 'x\n"y"\n']], id="behind doubled quotes, at the end"),
        pytest.param(b'"a\nb","c\rd","e\n"\n2', [["a\nb", "c\rd", "e\n"], ["2"]], id="several in a row"),
        pytest.param(b'1,"x"y\n', [["1", "xy"]], id="text behind it, in one line"),
    ],
)
def test_a_quote_is_closed_where_a_value_can_end(data, expected):
    assert [(cells, fault) for _line, cells, fault in records(data)] == [(cells, None) for cells in expected]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("cut", [1, 2, 3, 100_000])
def test_rows_without_content_count_but_hold_nobody_up(end, cut):
    data = b"a,b" + end + (end + b",," + end) * 20_000 + b",x" + end + b"," + end
    blocks = [data[at : at + cut] for at in range(0, len(data), cut)]
    found = list(records_of(blocks, Reading()))
    assert [(record.line, record.cells) for record in found if any(record.cells)] == [
        (1, ["a", "b"]),
        (40_002, ["", "x"]),
    ]
    assert sum(record.rows for record in found) == 40_003
    # One by one they would be as many records as there are lines.
    assert cut < 100_000 or len(found) < 10


def test_a_line_of_delimiters_beyond_the_limit_is_not_passed_over():
    found = records(b"a,b\n\n" + b"," * 2_000_000 + b"\n\n1,x\n")
    assert [(line, fault) for line, _cells, fault in found if fault] == [(3, TOO_BIG)]
    assert found[-1][:2] == (5, ["1", "x"])


def test_a_quote_open_beyond_the_limit_counts_as_never_closed():
    rest = b"2,y\n" * (RECORD_LIMIT // 4)
    found = records(b'1,"x\n' + rest + b'3,"z"\n')
    assert found[0] == (1, ["1", "x\n"], UNCLOSED_QUOTE)
    assert len(found) == 1 + RECORD_LIMIT // 4 + 1
    assert found[-1] == (len(found), ["3", "z"], None)


def test_a_quoted_value_may_reach_the_limit():
    data = b'1,"' + b"x\n" * ((RECORD_LIMIT - 6) // 2) + b'"\n'
    assert len(data) <= RECORD_LIMIT
    assert [(line, len(cells), fault) for line, cells, fault in records(data)] == [(1, 2, None)]


def test_a_row_that_begins_in_a_stray_quotes_reach_may_end_after_it():
    stray = b'1,"\n' + b"2,y\n" * (RECORD_LIMIT // 4 - 10)
    whole = b'3,"x","many\n' + b"lines\n" * 20 + b'end"\n4,z\n'
    found = records(stray + whole)
    assert [fault for _line, _cells, fault in found if fault] == [UNCLOSED_QUOTE]
    assert found[-2][1] == ["3", "x", "many\n" + "lines\n" * 20 + "end"]
    assert found[-1][:2] == (found[-2][0] + 22, ["4", "z"])


def test_a_file_full_of_stray_quotes_is_read_in_linear_time():
    # Read again from every line, this would be 50,000 times a megabyte.
    found = records(b'a"b,"c\n' * 200_000)
    assert len(found) == 200_000
    assert {fault for _line, _cells, fault in found} == {UNCLOSED_QUOTE}


@pytest.mark.parametrize("quote", [b"", b'"'], ids=["bare", "in an open quote"])
def test_a_line_beyond_the_limit_is_passed_over_without_being_held(quote):
    found = records(b"1,x\n2," + quote + b"y" * 3_000_000 + b"\n3,z\n")
    assert [(line, fault) for line, _cells, fault in found] == [(1, None), (2, TOO_BIG), (3, None)]
    assert found[1][1][0] == "2"
    assert len(found[1][1][1]) < 2_000


def test_records_can_be_left_and_taken_up_again_at_any_record():
    data = b'sep=,\na,b\n1,"x\ny"\n2,"z\n3,v\n\n' + b"4" * 1_500_000 + b"\n5,w"
    whole = records(data)
    one_by_one = records_of([data], Reading())
    again = []
    while record := next(iter(one_by_one), None):
        again.append(tuple(record[:3]))
    assert again == whole
    assert one_by_one.next_line == 10


def test_records_that_are_left_hold_no_memory():
    left = records_of([b"a,b\n" * 9], Reading())
    next(iter(left))
    gone = weakref.ref(left)
    gc.disable()
    try:
        del left
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("extra", range(-3, 3))
def test_line_ends_at_the_edge_of_a_block_are_seen_whole(end, extra):
    long = b"x" * (BLOCK_BYTES + extra)
    assert lines(long + end + b"y" + end) == [long + end, b"y" + end]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("extra", range(-3, 3))
def test_the_end_of_a_line_beyond_the_limit_is_found(end, extra):
    long = b"x" * (RECORD_LIMIT + BLOCK_BYTES + extra)
    first, second = lines(long + end + b"y" + end)
    assert len(first) > RECORD_LIMIT
    assert second == b"y" + end


def test_batch_format_knows_no_quotes():
    assert records(b'batch=thirdPartyId,"a\n1,"x\n', format="batch") == [
        (1, ["batch=thirdPartyId", '"a'], None),
        (2, ["1", '"x'], None),
    ]


@given(
    st.lists(st.lists(st.text(alphabet='a",;\n\r\t é\x00', max_size=6), min_size=1, max_size=4), max_size=6)
)
def test_what_the_csv_module_writes_is_read_back(rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    assert [cells for _line, cells, _fault in records(out.getvalue().encode())] == rows


def read_again_from_every_line(text: str):
    """What read_records does, the simple way: each record tried line by line, with all that follows."""
    lines = text.splitlines(keepends=True)
    start = 0
    while start < len(lines):
        for end in range(start + 1, len(lines) + 1):
            feed = iter([*lines[start:end], "next"])
            cells = next(csv.reader(feed))
            if next(feed, None) == "next":
                yield (start + 1, cells, None)
                break
            behind = re.match('(?:[^"]|"")*+"(.?)', "".join(lines[end:]), re.DOTALL)
            if behind is None or behind[1] not in (",", "\n", ""):
                yield (start + 1, next(csv.reader(lines[start:end])), UNCLOSED_QUOTE)
                break
        start = end


@given(st.text(alphabet='a",\n', max_size=60))
def test_looking_ahead_no_more_than_needed_changes_nothing(text):
    found = [(line, cells, fault) for line, cells, fault in records(text.encode()) if any(cells) or fault]
    simple = [each for each in read_again_from_every_line(text) if any(each[1]) or each[2]]
    assert found == simple
