"""Compiled loops: who loads them, and that no check waits for a compiler."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from numba.core.dispatcher import Dispatcher

from tests.bench.agreement import NastyFile, said_of
from uploads import batchfile

from .overlapping import Batch, compared

ROOT = Path(__file__).resolve().parents[2]


def loops() -> dict[str, int]:
    """Every compiled loop, and for how many kinds of arguments it is compiled."""
    modules = [
        import_module(f"uploads.batchfile.{path.stem}") for path in Path(batchfile.__path__[0]).glob("*.py")
    ]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Dispatcher)]
    return {loop.py_func.__qualname__: len(loop.signatures) for loop in found}


def test_what_checks_no_file_loads_nothing_compiled():
    code = "import sys, uploads.batchfile; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_warming_up_compiles_all_that_checks_and_comparisons_use(tmp_path):
    batchfile.warm_up()
    warm = loops()
    for number in range(20):
        said_of(NastyFile(number), tmp_path / str(number), row_by_row=False)
    mine, earlier = Batch(["a"], [["1", ""], ["2"]]), Batch(["a", "b"], [["2", "é", ""], ["3"]])
    assert compared(tmp_path / "overlap", mine, [earlier]).summary.cells == 1
    assert loops() == warm
