"""Draws docs/settings.md from the settings: `python -m tests.support.setting_docs` (`make docs`)."""

import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
INTRODUCTION = """# Settings

Every variable of the environment that the product reads. Drawn from where it is read (`bulkprofile/`); do not
edit this page: `make docs` writes it anew, and a test compares it with the code.

- An empty variable is the same as none. Lists are separated by commas.
- Settings are read when a process starts: after a change, start all of them anew.
- All processes on all machines need the same values, but for those marked *own*: each may have another.
- *secret*: keep it out of command lines, logs and backups of the database. [deploy.md](deploy.md) puts them
  into a file that only the service's account can read.

Beside these, single commands read `DEMO_PASSWORD` (`make run`: of the demo accounts), and
`DJANGO_SUPERUSER_USERNAME`, `DJANGO_SUPERUSER_EMAIL` and `DJANGO_SUPERUSER_PASSWORD`
(`manage.py createsuperuser --noinput`). `NO_COLOR` keeps colours out of the output of `make run`.
"""


def page() -> str:
    """The whole page, as it should stand in docs/, with the defaults of an environment that sets nothing."""
    # A process of its own: the tests have settings of theirs.
    ours = {name: value for name, value in os.environ.items() if name in ("PATH", "BULKPROFILE_VAR")}
    drawn = subprocess.run(
        [sys.executable, "-m", "tests.support.setting_docs", "--print"],
        cwd=ROOT,
        env=ours,
        capture_output=True,
        text=True,
        check=True,
    )
    return drawn.stdout


def _drawn() -> str:
    from bulkprofile.settings import VARIABLES

    sections = [
        f"## {topic}\n\n| variable | about | form | default | |\n|---|---|---|---|---|\n"
        + "".join(map(_row, variables))
        for topic, variables in groupby(VARIABLES, key=lambda variable: variable.topic)
    ]
    return "\n".join([INTRODUCTION, *sections])


def _row(variable) -> str:
    marks = ", ".join(mark for mark in ("secret", "own") if getattr(variable, mark))
    cells = (f"`{variable.name}`", variable.about, variable.form, variable.default, marks)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(_drawn())
    else:
        PAGE.write_text(page(), encoding="utf-8")
