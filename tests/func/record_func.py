"""Write down what real torch says: `python tests/func/record_func.py [func_cases_vmap ...]`."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "autograd")]

from func_registry import CASES  # noqa: E402
from recorded import record  # noqa: E402

ITS_OWN = ("There is a performance drop", "insert a get_attr Node")  # warnings of torch's insides


def main():
    import torch

    with torch.autograd.forward_ad.dual_level():  # torch loads more here, and warns of it once
        torch.autograd.forward_ad.make_dual(torch.ones(1), torch.ones(1)).sin()
    record(HERE, "func_cases_*.py", CASES, ITS_OWN)


if __name__ == "__main__":
    main()
