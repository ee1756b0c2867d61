"""Runs the programs of `sessions/` one statement at a time, as a person at a prompt would.

Each statement is answered by what it prints, the value it has, the warnings it gives and the error
it ends in; an error does not end the program. The programs say ``import torch``: the recorder runs
them on real torch, the tests under ``tinytorch run``.
"""

import ast
import contextlib
import io
import json
import random
import re
import warnings
from pathlib import Path

SESSIONS = Path(__file__).parent / "sessions"


def names():
    return sorted(p.stem for p in SESSIONS.glob("*.txt"))


def run(source):
    """[statement, answer] for each statement of a program."""
    space = {"__name__": "__program__"}
    rows = []
    for node in ast.parse(source).body:
        text = ast.get_source_segment(source, node)
        rows.append([text, answer(node, space)])
    return rows


def answer(node, space):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, of torch's own protocols
        warnings.showwarning = lambda w, kind, *rest: print(f"[{kind.__name__}] {told(w)}")
        try:
            if isinstance(node, ast.Expr):
                value = eval(compile(ast.Expression(node.value), "<program>", "eval"), space)
                if value is not None:
                    print(repr(value))
            else:
                exec(compile(ast.Module([node], []), "<program>", "exec"), space)
        except Exception as e:
            print(f"{type(e).__name__}: {e}")
    return re.sub(r"0x[0-9a-f]+", "0x...", out.getvalue())


def told(warning):
    """A warning without the place in torch's sources that it names."""
    return re.sub(r" ?\(Triggered internally at [^)]*\)", "", str(warning)).strip()


def run_all():
    import numpy
    import torch

    out = {}
    for name in names():
        torch.manual_seed(0)
        random.seed(0)
        numpy.random.seed(0)
        torch.set_printoptions(profile="default")
        torch.set_default_dtype(torch.float32)
        out[name] = run((SESSIONS / f"{name}.txt").read_text(encoding="utf-8"))
    return out


if __name__ == "__main__":
    print(json.dumps(run_all()))
