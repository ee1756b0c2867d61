"""Write down what real torch says in every case, with torch installed.

`python tests/autograd/record.py [cases_hooks ...]`: the files named, or all and the programs that
a random search found.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

from programs import Machine  # noqa: E402
from recorded import record  # noqa: E402
from transcript import CASES  # noqa: E402


def programs():
    """What torch says to every program in found.json."""
    import torch

    found = json.loads(HERE.joinpath("found.json").read_text())
    said = {"torch": torch.__version__, "programs": [[p, Machine(torch).run(p)] for p in found]}
    HERE.joinpath("expected", "programs.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    record(HERE, "cases_*.py", CASES)
    if len(sys.argv) == 1 or "programs" in sys.argv:
        programs()
