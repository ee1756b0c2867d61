"""The cases of this folder, and how those of `tests/autograd` are told."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "autograd")]
