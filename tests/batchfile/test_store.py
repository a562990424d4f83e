import sqlite3
import threading

import numpy as np
import pytest

from uploads.batchfile import Problem, ProblemStore
from uploads.batchfile.problem_blocks import Alike

PROBLEMS = [
    Problem(7, "a", "control-character", "x\x07", {"characters": ["U+0007"]}, 2),
    Problem(12, "", "no-values"),
    Problem(2, "b", "value-too-long", "100%_sure\\", {"length": 300}, 3),
    Problem(2, "a", "undecodable", "Caf\\xe9 12", {}, 2),
    Problem(2, "a", "control-character", "Été", {}, 2),
]
IN_ORDER = [PROBLEMS[3], PROBLEMS[4], PROBLEMS[2], PROBLEMS[0], PROBLEMS[1]]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "what? 100% #1.sqlite3"


@pytest.fixture
def store(path):
    with ProblemStore.create(path) as writer:
        for problem in PROBLEMS:
            writer.add(problem)
    with ProblemStore.open(path) as store:
        yield store


def test_all_problems_come_back_by_line_and_column(store):
    assert list(store) == IN_ORDER


def test_problems_are_counted_by_code(store):
    assert store.counts() == {"control-character": 2, "no-values": 1, "undecodable": 1, "value-too-long": 1}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({}, IN_ORDER, id="all"),
        pytest.param({"code": "control-character"}, [PROBLEMS[4], PROBLEMS[0]], id="code"),
        pytest.param({"column": "a"}, [PROBLEMS[3], PROBLEMS[4], PROBLEMS[0]], id="column"),
        pytest.param({"column": "a", "code": "undecodable"}, [PROBLEMS[3]], id="column and code"),
        pytest.param({"text": "12"}, [PROBLEMS[3], PROBLEMS[1]], id="part of a value, or a line"),
        pytest.param({"text": "CAF"}, [PROBLEMS[3]], id="letter case does not matter"),
        pytest.param({"text": "%"}, [PROBLEMS[2]], id="percent is a character"),
        pytest.param({"text": "_"}, [PROBLEMS[2]], id="underscore is a character"),
        pytest.param({"text": "sure\\"}, [PROBLEMS[2]], id="backslash is a character"),
        pytest.param({"text": "' OR 1=1 --"}, [], id="a quote is a character"),
        pytest.param({"code": "nothing"}, [], id="unknown code"),
    ],
)
def test_pages_hold_what_matches(store, wanted, found):
    assert store.page(**wanted) == found
    assert store.count(**wanted) == len(found)


def test_pages_follow_one_another(store):
    assert [store.page(offset=offset, limit=2) for offset in (0, 2, 4, 6)] == [
        IN_ORDER[:2],
        IN_ORDER[2:4],
        IN_ORDER[4:],
        [],
    ]


def test_several_threads_may_read_at_once(path):
    with ProblemStore.create(path) as writer:
        for line in range(20_000):
            writer.add(Problem(line, "a", "id-missing"))
    seen = []
    with ProblemStore.open(path) as store:
        threads = [threading.Thread(target=lambda: seen.append(sum(1 for _ in store))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == [20_000] * 4


def test_the_writer_counts_along(path):
    with ProblemStore.create(path) as writer:
        writer.add(PROBLEMS[0])
        assert writer.counts == {"control-character": 1}


def test_problems_of_several_passes_come_back_in_one_order(path):
    passes = [
        [Problem(line, "a", code) for line in range(1, 12_000)] for code in ("undecodable", "id-duplicate")
    ]
    alike = Problem(0, "a", "id-missing", position=1)
    with ProblemStore.create(path) as writer:
        for problems in passes:
            for problem in problems:
                writer.add(problem)
        writer.add_all([Problem(9, "b", "undecodable", position=2)], [Alike(alike, np.array([9, 11_000]))])
        assert writer.counts == {"undecodable": 12_000, "id-duplicate": 11_999, "id-missing": 2}
    by_line = [problem for both in zip(*passes, strict=True) for problem in both]
    at_9, at_11_000 = (
        by_line.index(Problem(10, "a", "undecodable")),
        by_line.index(Problem(11_001, "a", "undecodable")),
    )
    expected = [
        *by_line[:at_9],
        alike._replace(line=9),
        Problem(9, "b", "undecodable", position=2),
        *by_line[at_9:at_11_000],
        alike._replace(line=11_000),
        *by_line[at_11_000:],
    ]
    with ProblemStore.open(path) as store:
        assert list(store) == expected
        assert store.page(offset=13_000, limit=3) == expected[13_000:13_003]
        assert store.page(code="id-duplicate", offset=11_000, limit=2) == passes[1][11_000:11_002]
        assert store.page(code="id-missing", text="11000") == [alike._replace(line=11_000)]


def test_more_passes_than_are_merged_at_once_come_back_in_order(path):
    with ProblemStore.create(path) as writer:
        for first in range(40, 0, -1):
            writer.add_all([], [Alike(Problem(0, "", "no-values"), np.arange(first, 4_000, 40))])
    with ProblemStore.open(path) as store:
        assert [problem.line for problem in store] == list(range(1, 4_000))


def test_a_check_that_fails_leaves_no_half_report(path):
    with pytest.raises(KeyError), ProblemStore.create(path) as writer:
        writer.add(PROBLEMS[0])
        raise KeyError
    assert not path.exists()


def test_a_new_report_replaces_the_old_one(store, path):
    with ProblemStore.create(path):
        pass
    with ProblemStore.open(path) as fresh:
        assert list(fresh) == []


def test_a_report_that_is_not_there_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        ProblemStore.open(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


_VALUES = ("", "a", "Aa", "É", "éa", "İx", "i̇", "ß", "1", "31", "a1É", "x" * 40)


def _of_many_values(path, count=12_000):
    """Problems with values of all lengths in two columns, two on every line; as they are in the store."""
    problems = [
        Problem(
            1 + number // 2, "ab"[number % 2], "undecodable", _VALUES[number * 7 % 12], {}, 1 + number % 2
        )
        for number in range(count)
    ]
    with ProblemStore.create(path) as writer:
        for problem in problems:
            writer.add(problem)
    return problems


@pytest.mark.parametrize(
    "text", ["a", "A1", "é", "É", "i", "i̇", "ß", "1", "31", "5000", "aa", "x" * 41, "xa"]
)
@pytest.mark.parametrize("column", [None, "b", "nothing"])
def test_a_search_finds_what_comparing_every_value_finds(path, text, column):
    problems = _of_many_values(path)

    def fits(problem):
        return text.lower() in problem.value.lower() or text == str(problem.line)

    expected = [problem for problem in problems if column in (None, problem.column) and fits(problem)]
    with ProblemStore.open(path) as store:
        assert store.count(column=column, text=text) == min(len(expected), 10_000)
        assert store.page(column=column, text=text, limit=20_000) == expected[:10_000]
        assert store.page(column=column, text=text, offset=40, limit=7) == expected[40:47]


def test_a_search_for_what_stands_everywhere_ends_with_ten_thousand(path):
    with ProblemStore.create(path) as writer:
        for line in range(1, 15_001):
            writer.add(Problem(line, "a", "undecodable", "same"))
    with ProblemStore.open(path) as store:
        assert store.count(text="SAME") == 10_000
        assert [problem.line for problem in store.page(text="same", offset=9_999)] == [10_000]
        assert store.count() == 15_000


def test_the_problems_of_one_line_are_found_wherever_they_lie(path):
    with ProblemStore.create(path) as writer:
        for line in range(1, 4_001):
            writer.add(Problem(line, "a", "undecodable"))
        for position in range(12_000):
            writer.add(Problem(4_001, "b", "undecodable", "", {}, position))
        writer.add(Problem(4_002, "a", "undecodable"))
    with ProblemStore.open(path) as store:
        found = {line: len(store.on_line(line)) for line in (0, 1, 4_000, 4_001, 4_002, 4_003)}
    assert found == {0: 0, 1: 1, 4_000: 1, 4_001: 12_000, 4_002: 1, 4_003: 0}


def test_problems_are_counted_by_code_and_column(store):
    assert store.by_column() == {
        ("control-character", "a"): 2,
        ("no-values", ""): 1,
        ("undecodable", "a"): 1,
        ("value-too-long", "b"): 1,
    }


def test_a_search_over_many_blocks_reads_few_of_them_and_misses_nothing(path):
    values = [f"customer-{number}" for number in range(30_000)]
    values[12_345], values[29_999] = "ΟΔΟΣ", "Straße İ 12"
    with ProblemStore.create(path) as writer:
        for number, value in enumerate(values):
            writer.add(Problem(number + 2, "id", "id-duplicate", value, {"first_line": 2}))
    with ProblemStore.open(path) as store:
        for text in ("CUSTOMER-17000", "er-2999", "οδος", "ΟΔΟΣ", "ße i̇", "12", "nowhere", "17000"):
            wanted = text.lower()
            has = [wanted in value.lower() or text == str(line) for line, value in enumerate(values, 2)]
            lines = [line for line, is_found in enumerate(has, 2) if is_found]
            assert [problem.line for problem in store.page(text=text, limit=30_000)] == lines[:10_000]


def test_a_report_from_before_there_were_grams_is_searched_as_well(path):
    with ProblemStore.create(path) as writer:
        for number in range(12_000):
            writer.add(Problem(number + 2, "id", "id-missing", f"customer-{number}"))
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE grams")
    with ProblemStore.open(path) as store:
        assert [problem.line for problem in store.page(text="Customer-11000")] == [11_002]
