"""Record the number that each benchmark case gives under real torch, into values.json.

Run as `python tests/benchmarks/record_values.py` from the root of the repository, where torch is
installed. The tests then need no torch.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OUT = Path(__file__).with_name("values.json")
SKIP = {"million.backward", "million.drop", "chain.1e5"}


def main():
    sys.path.insert(0, str(ROOT))
    import torch

    from benchmarks.cases import CASES

    torch.set_num_threads(1)
    values = {name: case.build(torch).value() for name, case in CASES.items() if name not in SKIP}
    record = {"torch": torch.__version__, "values": values}
    OUT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
