"""Write down what real torch says in every case: `python tests/func/record_func.py`, with torch."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "autograd")]

from func_cases import CASES  # noqa: E402
from transcript import transcript  # noqa: E402

ITS_OWN = ("There is a performance drop", "insert a get_attr Node")  # warnings of torch's insides


def main():
    import torch

    with torch.autograd.forward_ad.dual_level():  # torch loads more here, and warns of it once
        torch.autograd.forward_ad.make_dual(torch.ones(1), torch.ones(1)).sin()
    said = {name: transcript(fn, torch) for name, fn in CASES.items()}
    for name, lines in said.items():
        said[name] = [line for line in lines if not any(t in line for t in ITS_OWN)]
    record = {"torch": torch.__version__, "cases": said}
    HERE.joinpath("func.json").write_text(json.dumps(record, indent=1) + "\n")
    for name, lines in said.items():
        for line in lines:
            if line.startswith("stopped by"):
                print(name, line)


if __name__ == "__main__":
    main()
