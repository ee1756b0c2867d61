"""Runs small programs against a module that is torch or claims to be, and notes all they show.

A case is a function `case(torch, say)`. What it says becomes lines of text: tensors by dtype,
shape, values, history; errors and warnings by type and full text; addresses masked. The lines that
real torch gave are recorded by `record.py`; tinytorch must give the same lines.
"""

import re
import sys
import warnings

CASES = {}


def case(fn):
    assert fn.__name__ not in CASES, fn.__name__
    CASES[fn.__name__] = fn
    return fn


def short_number(m):
    """Four digits of a number in a text; nine places, so that no rounding error is shown."""
    return f"{round(float(m[0]), 9) + 0.0:.4g}"


class Say:
    def __init__(self, torch):
        self.torch = torch
        self.lines = []

    def __call__(self, *values):
        self.lines.append(self.mask(" ".join(self.text(v) for v in values)))

    def text(self, v):
        if isinstance(v, str):
            return v
        if isinstance(v, self.torch.Tensor):
            return self.tensor(v)
        if isinstance(v, (tuple, list)):
            inner = ", ".join(self.text(x) for x in v)
            return f"{type(v).__name__}[{inner}]"
        if isinstance(v, float):
            return f"{v:.6g}"
        if isinstance(v, type):
            return v.__name__
        if isinstance(v, BaseException):
            return self.error(v)
        return repr(v)

    def tensor(self, t):
        d = t.detach()
        d = d.to(self.torch.float64) if d.dtype.is_floating_point else d
        values = re.sub(r"-?\d+\.\d+(e[-+]?\d+)?", short_number, str(d.tolist()))
        kind = str(t.dtype).removeprefix("torch.")
        node = t.grad_fn
        tail = f" {node.name()}" if node is not None else " leaf" if t.requires_grad else ""
        return f"{kind}{list(t.shape)} {values}{tail}"

    @staticmethod
    def mask(text):
        text = re.sub(r"0x[0-9a-f]+", "0x", text)
        return text.replace("tinytorch", "torch")

    def error(self, e):
        return f"{type(e).__name__}: {e}"

    def fails(self, fn, *args, **kwargs):
        """Say the error that a call raises, or what it returns."""
        try:
            out = fn(*args, **kwargs)
        except Exception as e:
            self("!", e)
        else:
            self("no error", out)


def transcript(fn, torch):
    """The lines a case gives on a module."""
    say = Say(torch)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", RuntimeWarning)
        for category in (UserWarning, FutureWarning, DeprecationWarning):
            warnings.simplefilter("always", category)
        try:
            with torch.enable_grad():  # a case that leaves the mode switched spoils no other
                fn(torch, say)
        except Exception as e:
            say("stopped by", e)
            if "-v" in sys.argv:
                raise
    seen = []
    for w in caught:
        line = say.mask(f"warned {w.category.__name__}: {w.message}")
        line = line.split(" (Triggered internally at")[0]
        line = line.split("Traceback of forward call")[0]
        if line not in seen and "backward() with create_graph=True" not in line:
            seen.append(line)
    return say.lines + seen
