"""A program for the tests: a supervisor over the children named on its command line.

`python -m tests.runtime.supervised FOLDER NAME=CODE ...` runs each CODE with `python -c`.
"""

import os
import sys
from pathlib import Path

from uploads.runtime.folder import StateFolder
from uploads.runtime.output import Log
from uploads.runtime.processes import Program
from uploads.runtime.supervisor import Supervisor

if __name__ == "__main__":
    folder = StateFolder(Path(sys.argv[1]))
    folder.take()
    log = Log(sys.stdout)
    with Supervisor(log, lambda children: folder.publish({"pid": os.getpid(), "children": children})) as boss:
        for argument in sys.argv[2:]:
            name, code = argument.split("=", 1)
            boss.start(Program(name, [sys.executable, "-uc", code]))
        boss.run()
        log.line("run", "stopping")
    folder.release()
