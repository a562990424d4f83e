"""What the harness plans for a process, and the process reads: one small file a blow.

A plan is made for one run of one verb, `deliver` of part 17 for instance. A blow that was dealt takes its
file away, so that the next process that does the same work is spared.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

WAITING, DEALT = ".waiting", ".dealt-"


@dataclass(frozen=True)
class Blow:
    """Where a process is hit, and how.

    where: "package.module:Class.function", any Python function.
    when: before or after the call; `uncommitted`, `committed`: before or after the COMMIT that follows it.
    given: what its arguments must be, by name; a row of the database counts as its primary key. A list: what
    the argument must begin with, one of them.
    nth: which such call of this run.
    how: kill (SIGKILL), or freeze (SIGSTOP), after which the harness wakes it up again.
    """

    where: str
    when: Literal["before", "after", "uncommitted", "committed"] = "before"
    given: dict[str, str | int | list[str]] = field(default_factory=dict)
    nth: int = 1
    how: Literal["kill", "freeze"] = "kill"


@dataclass(frozen=True)
class Plan:
    """A blow that was planned, as the harness and the process know it: a file."""

    path: Path
    blow: Blow

    @property
    def dealt_to(self) -> int | None:
        """The id of the process that was hit, None as long as none was."""
        dealt = next(self.path.parent.glob(f"{self.path.stem}{DEALT}*"), None)
        return int(dealt.suffix.removeprefix(DEALT)) if dealt else None

    def take(self) -> bool:
        """Claim the blow for this process; False where another has had it."""
        try:
            self.path.rename(self.path.with_suffix(f"{DEALT}{os.getpid()}"))
        except FileNotFoundError:
            return False
        return True


def plan(folder: Path, verb: str, pk: int | str, blow: Blow) -> Plan:
    """Plan a blow for the next process that runs the verb on that id."""
    folder.mkdir(exist_ok=True)
    number = sum(1 for _ in folder.iterdir())
    draft = folder / f"{verb}-{pk}~{number}.draft"
    draft.write_text(json.dumps(asdict(blow)))
    return Plan(draft.rename(draft.with_suffix(WAITING)), blow)


def planned(folder: Path, verb: str, pk: int | str) -> list[Plan]:
    """The blows that still wait for whoever runs the verb on that id."""
    found = []
    for path in sorted(folder.glob(f"{verb}-{pk}~*{WAITING}")):
        try:
            found.append(Plan(path, Blow(**json.loads(path.read_text()))))
        except FileNotFoundError:
            continue  # Somebody else was hit this very moment.
    return found
