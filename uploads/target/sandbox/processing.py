"""The queue behind the answers: one thread that consumes accepted batches, the oldest first.

It works in small steps, each committed with the position reached, so that status calls are answered
meanwhile and a restart goes on with exactly the next row.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .batchrules import BadRow, read_lines, read_row
from .records import Batch, Step
from .store import Store

ROWS_A_STEP = 5_000
RETRY_SECONDS = 2.0
log = logging.getLogger(__name__)


def milliseconds() -> int:
    """The time now, in milliseconds since 1970."""
    return int(time.time() * 1000)


class Processor:
    """Consumes what `store` has queued, reading bodies from `bodies`, until `close`."""

    def __init__(self, store: Store, bodies: Path, now: Callable[[], int] = milliseconds):
        self._store = store
        self._bodies = bodies
        self._now = now
        self._closing = threading.Event()
        self._something_new = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-processor", daemon=True)

    def start(self) -> None:
        """Begin with whatever an earlier run left unfinished; bodies that no batch waits for go."""
        needed = self._store.bodies_waiting()
        for body in self._bodies.iterdir():
            if body.name not in needed:
                body.unlink()
        self._thread.start()

    def ring(self) -> None:
        """Say that a batch was queued."""
        self._something_new.set()

    def close(self) -> None:
        """Stop after the present step and wait for it."""
        self._closing.set()
        self._something_new.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._work()
            except sqlite3.Error as exc:  # a full disk, say: nothing of the step was kept
                log.error("The sandbox cannot write its memory: %s", type(exc).__name__)
                self._closing.wait(RETRY_SECONDS)

    def _work(self) -> None:
        self._something_new.clear()
        batch = self._store.next_batch()
        if batch is None:
            self._something_new.wait()
            return
        try:
            self._step(batch)
        except OSError as exc:
            log.error("Batch %d gets stuck: its body cannot be read (%s)", batch.number, type(exc).__name__)
            self._store.give_up(batch.number)

    def _step(self, batch: Batch) -> None:
        body = self._bodies / batch.body
        step = Step(batch.position)
        lines = read_lines(body, batch.position, ROWS_A_STEP)
        for number, line in enumerate(lines, start=batch.consumed + 1):
            step.position += len(line)
            step.consumed += 1
            try:
                identifier, values = read_row(line[:-1], batch.header)
            except BadRow as bad:
                step.faulty.append((bad.identifier, "error"))
                continue
            step.with_values += bool(values)
            if _is_struck(number, batch.treatment.fails_every, batch.rows):
                step.faulty.append((identifier, "failed"))
            elif _is_struck(number, batch.treatment.loses_every, batch.rows):  # T12
                step.claimed += not batch.treatment.admits_loss
            else:
                step.updates.append((identifier, values))
        if step.consumed:
            self._store.apply(batch, step, self._now())
        else:
            self._store.finish(batch.number, self._now())
            body.unlink(missing_ok=True)


def _is_struck(number: int, every: int, rows: int) -> bool:
    """Whether a fault for one row in `every` strikes this one; of fewer rows it strikes the last."""
    return bool(every) and (number % every == 0 or (rows < every and number == rows))
