"""Write down what real torch says in every case: `python tests/autograd/record.py`, with torch."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import cases
from programs import Machine
from transcript import transcript

PATH = pathlib.Path(__file__).with_name("expected.json")
FOUND = PATH.with_name("found.json")


def main():
    import torch

    found = json.loads(FOUND.read_text())
    programs = [[p, Machine(torch).run(p)] for p in found]
    said = {name: transcript(fn, torch) for name, fn in cases.CASES.items()}
    record = {"torch": torch.__version__, "cases": said, "programs": programs}
    PATH.write_text(json.dumps(record, indent=1) + "\n")
    for name, lines in said.items():
        for line in lines:
            if line.startswith("stopped by"):
                print(name, line)


if __name__ == "__main__":
    main()
