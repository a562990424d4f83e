"""Blocks of problems: thousands of them in columns, which are put in order, written and read as one."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

import numpy as np

from .problems import Problem

# What all problems of one kind share: the code and the column.
Kind = tuple[str, str]
_ROW = np.dtype([("line", "<u8"), ("position", "<u4"), ("kind", "<u4"), ("size", "<u4"), ("params", "<u4")])
#: A stored block begins with its first problem's line in so many bytes, the lowest first.
LINE_BYTES = 8
# A row of RECORD_LIMIT bytes has no more cells than positions fit into these bits.
_POSITION_BITS = np.uint64(20)


class Kinds(dict[Kind, int]):
    """The numbers of kinds; one that is not known yet gets the next."""

    def __missing__(self, kind: Kind) -> int:
        self[kind] = number = len(self)
        return number


class Alike(NamedTuple):
    """One problem on many lines, at least one, whichever it names.

    values: what it is shown with on each of them; None where that is everywhere the problem's own.
    """

    problem: Problem
    lines: np.ndarray
    values: list[str] | None = None


@dataclass(frozen=True)
class Block:
    """Problems in columns, one entry a problem.

    kinds: numbers of kinds; who makes and who reads the block knows which.
    """

    lines: np.ndarray
    positions: np.ndarray
    kinds: np.ndarray
    values: list[str]
    params: list[dict]

    def __len__(self) -> int:
        return len(self.lines)

    @classmethod
    def of(cls, problems: Sequence[Problem], kinds: "Kinds") -> "Block":
        """The problems as they come."""
        columns = list(zip(*problems, strict=True)) or [()] * len(Problem._fields)
        lines, names, codes, values, params, positions = columns
        return cls(
            np.array(lines, np.uint64),
            np.array(positions, np.uint32),
            np.array([kinds[kind] for kind in zip(codes, names, strict=True)], np.uint32),
            list(values),
            list(params),
        )

    @classmethod
    def alike(cls, alike: Alike, kinds: "Kinds") -> "Block":
        """The same problem on each of the lines."""
        problem, count = alike.problem, len(alike.lines)
        return cls(
            alike.lines.astype(np.uint64),
            np.full(count, problem.position, np.uint32),
            np.full(count, kinds[problem.code, problem.column], np.uint32),
            [problem.value] * count if alike.values is None else alike.values,
            [problem.params] * count,
        )

    @classmethod
    def joined(cls, blocks: Sequence["Block"]) -> "Block":
        """The problems of all blocks, put in order; those of one place stay as they came."""
        lines, positions, kinds = (
            np.concatenate([getattr(block, name) for block in blocks])
            for name in ("lines", "positions", "kinds")
        )
        values = list(chain.from_iterable(block.values for block in blocks))
        params = list(chain.from_iterable(block.params for block in blocks))
        places = _places(lines, positions)
        if (places[1:] >= places[:-1]).all():
            return cls(lines, positions, kinds, values, params)
        order = np.argsort(places, kind="stable")
        chosen = order.tolist()
        return cls(
            lines[order],
            positions[order],
            kinds[order],
            [values[number] for number in chosen],
            [params[number] for number in chosen],
        )

    @property
    def places(self) -> np.ndarray:
        """A number for each, ascending in the order of the rows."""
        return _places(self.lines, self.positions)

    def __getitem__(self, part: slice) -> "Block":
        return Block(
            self.lines[part],
            self.positions[part],
            self.kinds[part],
            self.values[part],
            self.params[part],
        )

    def numbers_of(self, kinds: Sequence[int]) -> list[int]:
        """Which of the problems are of these kinds."""
        return np.flatnonzero(np.isin(self.kinds, kinds)).tolist()

    def problems(self, numbers: Iterable[int], kinds: dict[int, Kind]) -> Iterator[Problem]:
        """The problems of these numbers; kinds: by their numbers."""
        for number in numbers:
            code, column = kinds[int(self.kinds[number])]
            line, position = int(self.lines[number]), int(self.positions[number])
            yield Problem(line, column, code, self.values[number], self.params[number], position)

    def encoded(self) -> tuple[bytes, str, str]:
        """The block as it is stored: the numbers, the values and the parameters."""
        rows = np.empty(len(self), _ROW)
        rows["line"], rows["position"], rows["kind"] = self.lines, self.positions, self.kinds
        rows["size"] = list(map(len, self.values))
        # Many problems share theirs.
        distinct = {id(params): params for params in self.params if params}
        places = {key: place for place, key in enumerate(distinct, 1)}
        rows["params"] = [places.get(id(params), 0) for params in self.params]
        return rows.tobytes(), "".join(self.values), json.dumps(list(distinct.values()))

    @classmethod
    def decoded(cls, numbers: bytes, text: str, params: str) -> "Block":
        """What `encoded` gave."""
        rows = np.frombuffer(numbers, _ROW)
        ends = accumulate(rows["size"].tolist(), initial=0)
        distinct = [{}, *json.loads(params)]
        return cls(
            rows["line"],
            rows["position"],
            rows["kind"],
            [text[start:end] for start, end in pairwise(ends)],
            [distinct[place] for place in rows["params"].tolist()],
        )


def block_columns(numbers: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of a stored block, without reading its values: each problem's line, its value's length and its kind."""
    rows = np.frombuffer(numbers, _ROW)
    return rows["line"], rows["size"], rows["kind"]


def merged(runs: Iterable[Iterator[Block]]) -> Iterator[Block]:
    """The blocks of several runs, each in order, as blocks in order; problems of one place by their run."""
    heads = [(next(run), run) for run in runs]
    while heads:
        # Nothing that is still unread comes before this.
        last = min(block.places[-1] for block, _run in heads)
        behind = [int(np.searchsorted(block.places, last, side="right")) for block, _run in heads]
        yield Block.joined([block[:end] for (block, _run), end in zip(heads, behind, strict=True)])
        left = [(block[end:], run) for (block, run), end in zip(heads, behind, strict=True)]
        heads = [(head, run) for block, run in left if (head := block if len(block) else next(run, None))]


def _places(lines: np.ndarray, positions: np.ndarray) -> np.ndarray:
    return lines << _POSITION_BITS | positions.astype(np.uint64)
