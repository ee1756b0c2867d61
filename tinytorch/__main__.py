"""``python -m tinytorch`` and the ``tinytorch`` command.

A program to run is started from here directly; the command line proper, with its table
printer and option parser, is imported only for the other commands.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

COMMANDS = ("run", "replay", "conformance", "conformance-report", "new-backend", "backends")
RUN_OPTIONS = ("-", "-c", "-m", "--backend")


def main(argv: Sequence[str] | None = None) -> None:
    """The entry point: a known command, or else a script (or ``-c``, ``-m``, ``-``) to run.

    A script that is named like a command is run by ``tinytorch run NAME``.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    head = argv[0] if argv else "--help"
    if head == "run" and argv[1:2] not in (["--help"], ["-h"]):
        from ._run import main as run

        run(argv[1:])
    elif head in COMMANDS or (head.startswith("-") and head.split("=")[0] not in RUN_OPTIONS):
        from .cli import app

        app(args=argv or ["--help"], prog_name="tinytorch")
    else:
        from ._run import main as run

        run(argv)


if __name__ == "__main__":
    main()
