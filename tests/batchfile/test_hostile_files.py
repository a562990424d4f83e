"""Hostile files, each in a process with little memory to spare: it ends in a clear message."""

import gzip
import io
import json
import sys
from collections.abc import Iterable

import pytest

from tests.support import forked
from tests.support.workbooks import rows, shared, text, workbook, zipped

from .little_memory import LIMIT, MB, check_with_little_memory

HEADER = b"thirdPartyId,a\n"


def packed(blocks: Iterable[bytes]) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as file:
        file.writelines(blocks)
    return out.getvalue()


def book(*content: Iterable[str], **rest) -> bytes:
    return workbook({"A": rows([text("thirdPartyId"), text("a")], *content)}, **rest)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux has them")
@pytest.mark.parametrize(
    ("make", "rows_and_accepted", "codes"),
    [
        pytest.param(lambda: [b"x" * MB] * 50, (0, 0), {"header-too-big": 1}, id="one line of 50 MB"),
        pytest.param(
            lambda: [HEADER, b"1,", *[b"x" * MB] * 50, b"\n2,y\n"],
            (2, 1),
            {"row-too-big": 1},
            id="a row of 50 MB",
        ),
        pytest.param(
            lambda: [HEADER, b'1,"', *[(b"x" * 199 + b"\n") * 5_000] * 10],
            (50_000, 0),
            {"unclosed-quote": 1, "no-values": 49_999},
            id="a quote open for 10 MB",
        ),
        pytest.param(
            lambda: [b"a," * (MB // 2)] * 50, (0, 0), {"header-too-big": 1}, id="25 million columns"
        ),
        pytest.param(
            lambda: [HEADER, b"1,x\n", *[b"," * 900_000 + b"\n"] * 28],
            (1, 1),
            {},
            id="25 million empty cells",
        ),
        pytest.param(
            lambda: [b"thirdPartyId", *(b",c%d" % n for n in range(MB)), b"\n1,x\n"],
            (0, 0),
            {"header-too-big": 1},
            id="a header of a million columns",
        ),
        pytest.param(
            lambda: [b"a," * 499_000, b"a\n1,x\n"],
            (0, 0),
            {"too-many-columns": 1},
            id="half a million short columns",
        ),
        pytest.param(
            lambda: [HEADER, *[b",x\n" * 1_000] * 500],
            (500_000, 0),
            {"id-missing": 500_000},
            id="500,000 problems",
        ),
        pytest.param(lambda: [b"\n" * MB] * 2, (0, 0), {"empty-file": 1}, id="nothing but line ends"),
        pytest.param(lambda: [bytes(MB)] * 50, (0, 0), {"header-too-big": 1}, id="nothing but NUL"),
        pytest.param(
            lambda: [b"%PDF-1.7\n", *[b"x\n" * (MB // 2)] * 50], (0, 0), {"not-a-csv": 1}, id="a PDF of 50 MB"
        ),
        pytest.param(
            lambda: [packed([HEADER, *[bytes(MB)] * 300])],
            (0, 0),
            {"unpacked-too-big": 1},
            id="a gzip bomb of one line",
        ),
        pytest.param(
            lambda: [packed([HEADER, *[b"1," + b"x" * (2 * MB) + b"\n"] * 150])],
            (0, 0),
            {"row-too-big": 49, "unpacked-too-big": 1},
            id="a gzip bomb of rows",
        ),
        pytest.param(
            lambda: [packed([packed([bytes(MB)] * 300)])],
            (0, 0),
            {"not-a-csv": 1},
            id="a gzip bomb in a gzip file",
        ),
        pytest.param(
            lambda: [zipped({"a.csv": bytes(101 * MB)})], (0, 0), {"unpacked-too-big": 1}, id="a ZIP bomb"
        ),
        pytest.param(
            lambda: [zipped({f"{n}.csv": b"" for n in range(50_000)})],
            (0, 0),
            {"not-a-csv": 1},
            id="a ZIP archive of 50,000 files",
        ),
        pytest.param(
            lambda: [book(texts=["x" * MB], **{"xl/a.xml": bytes(400 * MB)})],
            (0, 0),
            {"workbook-too-big": 1},
            id="a workbook bomb",
        ),
        pytest.param(
            lambda: [book([shared(0)] * 4_000, texts=["x" * MB])],
            (0, 0),
            {"workbook-too-big": 1},
            id="a workbook of one long text, many times",
        ),
        pytest.param(
            lambda: [book(['<c r="XFD1048576"><v>1</v></c>'])],
            (0, 0),
            {"workbook-too-big": 1},
            id="a workbook of two far cells",
        ),
    ],
)
def test_a_hostile_file_ends_in_a_clear_message(tmp_path, make, rows_and_accepted, codes):
    blocks = make()
    with (tmp_path / "file").open("wb") as file:
        file.writelines(blocks)
    run = forked.call(tmp_path, check_with_little_memory, tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    size, unpacked_size, *counted, problems = json.loads(run.stdout)
    assert (tuple(counted), problems) == (rows_and_accepted, codes)
    # The whole file is hashed, but of what it unfolds to no more is read than the limit and a block.
    assert size == sum(map(len, blocks))
    assert unpacked_size is None or unpacked_size <= LIMIT + MB
