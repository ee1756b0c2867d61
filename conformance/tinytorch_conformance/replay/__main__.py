"""`python -m tinytorch_conformance.replay FILE...`: the replayer without the rest of the CLI.

`--real-torch` is for making and checking reference outputs: documents run on installed torch.
"""

import argparse
import json

from .model import MissingParser
from .record import record_document
from .report import replay_command
from .worlds import real_torch, tinytorch


def main(argv=None):
    """Parse the arguments, replay (or record), return the exit code."""
    p = argparse.ArgumentParser(prog="python -m tinytorch_conformance.replay")
    p.add_argument("files", nargs="+", help="documents or directories of documents")
    p.add_argument("--backend", help="tinytorch backend to use")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--timeout", type=float, help="seconds that one document may take")
    p.add_argument("--json", help="write the full report there")
    p.add_argument("--junit", help="write a JUnit report there")
    p.add_argument("--real-torch", action="store_true", help="run on the installed torch")
    p.add_argument("--record", action="store_true", help="print recordings, compare nothing")
    a = p.parse_args(argv)
    alias = real_torch if a.real_torch else tinytorch
    if a.record:
        args = {"backend": a.backend, "alias": alias, "timeout": a.timeout}
        print(json.dumps([record_document(f, a.seed, **args) for f in a.files], indent=1))
        return 0
    try:
        return replay_command(
            a.files, a.backend, a.seed, a.json, a.junit, alias=alias, timeout=a.timeout
        )
    except MissingParser as e:
        p.exit(2, f"{e}\n")


if __name__ == "__main__":
    raise SystemExit(main())
