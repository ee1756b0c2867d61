"""Nanoseconds per operation on the hot paths, and what they are spent on: a tool for tuning.

Each line is a statement on four elements. Beside its time without and with recording stand what
NumPy alone takes for the same arithmetic, which is the floor, and the number of Python functions
entered by one run, which on such small arrays is nearly the whole cost: a call is 50 to 100 ns.
The figure is the best of several repeats, as only the least disturbed one matters here; for
comparisons between libraries use `python -m benchmarks`.

    python -m benchmarks.profile_op                  every line
    python -m benchmarks.profile_op mul sum          the lines whose label has one of these words
    python -m benchmarks.profile_op --calls mul      also which functions were entered
    python -m benchmarks.profile_op --module torch   the same for another module
    python -m benchmarks.profile_op --code 'a * b'   a statement of one's own
"""

import argparse
import importlib
import os
import sys
import timeit
from collections import Counter
from types import FrameType
from typing import Any

from .machine import environment

if __name__ == "__main__" and environment() != os.environ:
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment())

import numpy as np

OPS = (
    ("add", "a + b", "u + v"),
    ("add function", "torch.add(a, b)", "np.add(u, v)"),
    ("sub", "a - b", "u - v"),
    ("mul", "a * b", "u * v"),
    ("mul broadcast", "a * s", "u * w"),
    ("scale float", "a * 2.5", "u * w"),
    ("scale int", "a * 2", "u * w"),
    ("scale reflected", "2.5 * a", "w * u"),
    ("div", "a / b", "u / v"),
    ("pow 2", "a ** 2", "u * u"),
    ("neg", "-a", "-u"),
    ("exp", "a.exp()", "np.exp(u)"),
    ("relu", "torch.relu(a)", "np.maximum(u, w)"),
    ("clamp", "a.clamp(min=0)", "np.maximum(u, w)"),
    ("sum", "a.sum()", "np.add.reduce(u)"),
    ("sum dim", "m.sum(0)", "np.add.reduce(p, 0)"),
    ("mean", "a.mean()", "np.add.reduce(u) / 4"),
    ("max dim", "m.max(1)", "(p.max(1), p.argmax(1))"),
    ("mm", "m.mm(m)", "p.dot(p)"),
    ("matmul", "m @ m", "p @ p"),
    ("compare", "a < b", "u < v"),
    ("item", "s.item()", "w.item()"),
    ("view", "a.view(2, 2)", "u.reshape(2, 2)"),
    ("t", "m.t()", "p.T"),
    ("index int", "a[1]", "u[1]"),
    ("index slice", "a[1:3]", "u[1:3]"),
    ("index mask", "a[k]", "u[q]"),
    ("detach", "a.detach()", "u.view()"),
    ("cat", "torch.cat((a, b))", "np.concatenate((u, v))"),
    ("stack", "torch.stack((a, b))", "np.stack((u, v))"),
)
PLAIN = (
    ("tensor", "torch.tensor([1.0, 2.0])", "np.array([1.0, 2.0], 'f')"),
    ("zeros", "torch.zeros(4)", "np.zeros(4, 'f')"),
    ("add_", "c.add_(b)", "np.add(x, v, out=x)"),
    ("sub_ scaled", "c.sub_(1e-6 * b)", "np.subtract(x, 1e-6 * v, out=x)"),
    ("mul_ float", "c.mul_(1.0)", "np.multiply(x, o, out=x)"),
    ("zero_", "c.zero_()", "x.fill(0)"),
    ("setitem slice", "c[1:3] = 0.0", "x[1:3] = 0.0"),
    ("setitem mask", "c[k] = 0", "x[q] = 0"),
    ("no_grad block", "with torch.no_grad(): pass", "pass"),
    ("shape", "a.shape", "u.shape"),
    ("backward call", "e.backward(); e.grad = None", "pass"),
    ("backward sum", "f.sum().backward(); f.grad = None", "np.add.reduce(u)"),
    ("backward mul sum", "(f * b).sum().backward(); f.grad = None", "np.add.reduce(u * v)"),
)


def names(torch: Any, grad: bool) -> dict[str, Any]:
    """Operands: a, b, m, s and their arrays u, v, p, w; c to write to, e and f leaves, k a mask."""
    u, v = np.array([0.5, 0.6, 0.7, 0.8], "f"), np.array([0.7, 0.8, 0.9, 1.0], "f")
    p, w, q = u.reshape(2, 2).copy(), np.array(2.5, "f"), np.array([True, False, True, False])
    return {
        "torch": torch,
        "np": np,
        **{"u": u, "v": v, "p": p, "w": w, "q": q, "x": u.copy(), "o": np.array(1, "f")},
        "a": torch.tensor(u, requires_grad=grad),
        "b": torch.tensor(v, requires_grad=grad),
        "m": torch.tensor(p, requires_grad=grad),
        "s": torch.tensor(2.5, requires_grad=grad),
        "c": torch.tensor(u),
        "e": torch.tensor(2.5, requires_grad=True),
        "f": torch.tensor(u, requires_grad=True),
        "k": torch.tensor(q),
    }


def best(source: str, scope: dict[str, Any], seconds: float) -> float:
    """Least nanoseconds per run of seven repeats that take `seconds` in all."""
    timer = timeit.Timer(source, globals=scope)
    n, spent = 1, timer.timeit(1)
    while spent < seconds / 20:
        n *= 2
        spent = timer.timeit(n)
    n = max(1, round(n * seconds / 7 / spent))
    return min(timer.repeat(7, n)) / n * 1e9


def entered(source: str, scope: dict[str, Any]) -> Counter[str]:
    """Python functions entered by one run of the statement, by name."""
    code = compile(source, "statement", "exec")
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is not code:
            place = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_code.co_firstlineno}"
            found[f"{frame.f_code.co_qualname} ({place})"] += 1

    exec(code, scope)
    sys.setprofile(note)
    try:
        exec(code, scope)
    finally:
        sys.setprofile(None)
    return found


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile_op")
    parser.add_argument("word", nargs="*", help="show only lines whose label has one of these")
    parser.add_argument("--module", default="tinytorch")
    parser.add_argument("--calls", action="store_true", help="list the functions entered")
    parser.add_argument("--code", help="a statement of your own on a, b, c, e, f, m, s, k")
    parser.add_argument("--seconds", type=float, default=0.1, help="time for each figure")
    chosen = parser.parse_args(argv)
    torch = importlib.import_module(chosen.module)
    if hasattr(torch, "set_num_threads"):
        torch.set_num_threads(1)
    lines = [(*line, True) for line in OPS] + [(*line, False) for line in PLAIN]
    if chosen.code:
        lines = [("your own", chosen.code, "pass", True)]
    if chosen.word:
        lines = [line for line in lines if any(word in line[0] for word in chosen.word)]
    plain, recorded = names(torch, False), names(torch, True)
    print(f"{'ns per run':18}{'numpy':>8}{'plain':>8}{'grad':>8}{'calls':>6}{'grad':>6}  statement")
    for label, source, floor, both in lines:
        cells = [f"{best(floor, plain, chosen.seconds):8.0f}"] if floor != "pass" else [" " * 8]
        counts = []
        for scope in (plain, recorded) if both else (plain,):
            try:
                cells.append(f"{best(source, scope, chosen.seconds):8.0f}")
                counts.append(entered(source, scope))
            except Exception as error:
                cells.append(f"  {type(error).__name__}: {error}")
                break
        times = "".join(cells).ljust(24)
        calls = "".join(
            f"{n:>{w}}" for n, w in zip(map(Counter.total, counts), (7, 6), strict=False)
        )
        print(f"{label:18}{times}{calls:12}  {source}")
        if chosen.calls and counts:
            for name, n in counts[-1].items():
                print(f"{'':20}{n} x {name}")


if __name__ == "__main__":
    main()
