"""What a comparison found, page by page."""

import threading

import pytest

from uploads.batchfile import OverlapStore

from .overlapping import Batch, compared, in_clear

# Every third visitor would lose something; more of them than a block has.
ROWS = [[f"id-{number:04d}", "" if number % 3 == 0 else "x"] for number in range(2_500)]
MINE = Batch(["a"], [*ROWS, ["É 1,50%", "x"], ["of nobody else", "x"]])
EARLIER = [
    Batch(["a"], [[id_, f"a of {id_}"] for id_, _value in ROWS]),
    Batch(["b,b"], [["É 1,50%", "B & b"], ["id-0001", ""]]),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return compared(tmp_path_factory.mktemp("overlap") / "what? 100% #1", MINE, EARLIER).store


@pytest.fixture
def store(path):
    with OverlapStore.open(path) as store:
        yield store


def row(number: int) -> tuple:
    """What the store must say of a row."""
    if number == 2_500:
        return number, "É 1,50%", [2], [("b,b", "B & b", 2)]
    id_ = ROWS[number][0]
    batches = [1, 2] if number == 1 else [1]
    return number, id_, batches, [("a", f"a of {id_}", 1)] if number % 3 == 0 else []


ALL = list(range(2_501))
LOSING = [*range(0, 2_500, 3), 2_500]


def numbers_of(rows) -> list[int]:
    return [row.ordinal for row in rows]


def test_all_rows_come_in_the_order_of_the_batch(store):
    assert [in_clear(found) for found in store] == list(map(row, ALL))
    assert [in_clear(found) for found in store.losing()] == list(map(row, LOSING))
    assert (store.count(), store.count(only_losing=True)) == (2_501, 835)


@pytest.mark.parametrize(("only_losing", "rows"), [(False, ALL), (True, LOSING)], ids=["all", "losing"])
@pytest.mark.parametrize("offset", [0, 1, 330, 833, 834, 990, 2_000, 2_500, 2_501, 9_999])
def test_pages_begin_anywhere(store, only_losing, rows, offset):
    found = store.page(only_losing=only_losing, offset=offset, limit=40)
    assert [in_clear(row) for row in found] == list(map(row, rows[offset : offset + 40]))


@pytest.mark.parametrize(
    ("text", "only_losing", "numbers"),
    [
        pytest.param("id-00", False, range(100), id="part of ids"),
        pytest.param("id-00", True, range(0, 100, 3), id="only of those that would lose something"),
        pytest.param("-2499", False, [2_499], id="in the last block"),
        pytest.param("é 1,", False, [2_500], id="in clear, whatever the case"),
        pytest.param("%", False, [2_500], id="percent is a character"),
        pytest.param("%20", False, [], id="not as it is encoded"),
        pytest.param("0001\nid", False, [], id="never across two ids"),
        pytest.param("nobody", False, [], id="rows of nobody else are not there"),
    ],
)
def test_a_text_finds_rows_by_their_ids(store, text, only_losing, numbers):
    assert store.count(text, only_losing=only_losing) == len(numbers)
    assert numbers_of(store.page(text, only_losing=only_losing, limit=9_999)) == list(numbers)
    assert numbers_of(store.page(text, only_losing=only_losing, offset=20, limit=3)) == list(numbers[20:23])


def test_threads_may_share_a_store(store):
    found = []
    thread = threading.Thread(target=lambda: found.extend(store.page(limit=2)))
    thread.start()
    thread.join()
    assert numbers_of(found) == [0, 1]


def test_nothing_of_a_row_is_in_what_a_log_would_say_of_it(store):
    assert "id-0000" in repr(in_clear(store.page()[0]))
    assert "id-0000" not in repr(store.page()[0])


def test_without_a_file_there_is_no_store(tmp_path):
    with pytest.raises(FileNotFoundError):
        OverlapStore.open(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_without_any_overlap_there_is_nothing(tmp_path):
    overlap = compared(tmp_path, MINE, [Batch(["b"], [["another", "x"]]), Batch(["b"], [])])
    assert (overlap.found, overlap.summary.visitors, overlap.summary.batches) == ([], 0, ())
    with OverlapStore.open(overlap.store) as store:
        assert (store.page(), store.page("id"), list(store.losing()), store.count("id")) == ([], [], [], 0)
