"""The straight-line CUDA C that the backend's kernels are written in, run over NumPy arrays.

Statements are ``type name = expression;`` and ``name = expression;``. An expression has numbers,
names, casts ``T(x)``, calls, arithmetic, comparisons, ``&& || !`` and ``?:``. Anything else is
refused, so what is tested is what was written.
"""

from __future__ import annotations

import functools
import math
import re
import statistics

import numpy as np

TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:e[-+]?\d+)?)|([A-Za-z_]\w*)|(&&|\|\||[<>=!]=|[-+*/%<>!?:()=,;&|^~]))", re.A
)
LEVELS = [("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/")]
BINARY = {
    "||": np.logical_or, "&&": np.logical_and, "==": np.equal, "!=": np.not_equal, "<": np.less,
    ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal, "+": np.add, "-": np.subtract,
    "*": np.multiply,
}  # fmt: skip


def tokens(text):
    out, at, text = [], 0, text.strip()
    while at < len(text):
        m = TOKEN.match(text, at)
        if m is None:
            raise SyntaxError(f"not in the emulated CUDA C: {text[at:]!r}")
        out.append(m[1] or m[2] or m[3])
        at = m.end()
    return [*out, None]


class Parser:
    """Source to nested tuples: ("num", v), ("name", n), ("call", f, args), (op, a, b), ..."""

    def __init__(self, text):
        self.t, self.i = tokens(text), 0

    def take(self, want=None):
        t = self.t[self.i]
        if want is not None and t != want:
            raise SyntaxError(f"expected {want!r}, found {t!r}")
        self.i += 1
        return t

    def program(self):
        out = []
        while self.t[self.i] is not None:
            if self.t[self.i + 1] == "=":
                kind = None
            else:
                kind = self.take()
            name = self.take()
            self.take("=")
            out.append((kind, name, self.ternary()))
            if self.t[self.i] is not None:
                self.take(";")
        return out

    def ternary(self):
        c = self.binary(0)
        if self.t[self.i] != "?":
            return c
        self.take("?")
        a = self.ternary()
        self.take(":")
        return ("?", c, a, self.ternary())

    def binary(self, level):
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.t[self.i] in LEVELS[level]:
            left = (self.take(), left, self.binary(level + 1))
        return left

    def unary(self):
        t = self.take()
        if t == "-":
            return ("neg", self.unary())
        if t == "!":
            return ("not", self.unary())
        if t == "(":
            inner = self.ternary()
            self.take(")")
            return inner
        if t[0].isdigit():
            return ("num", float(t) if not t.isdigit() else int(t))
        if self.t[self.i] != "(":
            return ("name", t)
        self.take("(")
        args = [self.ternary()]
        while self.t[self.i] == ",":
            self.take()
            args.append(self.ternary())
        self.take(")")
        return ("call", t, args)


@functools.cache
def parse(text):
    return Parser(text).program()


def by_element(fn):
    """A function of the standard library over arrays, in double precision."""
    many = np.vectorize(fn, otypes=[np.float64])
    return lambda x: many(np.asarray(x, np.float64)).astype(x.dtype) if np.size(x) else x


def lgamma(v):
    if math.isinf(v) or v <= 0 and v == math.floor(v):
        return math.inf
    return math.lgamma(v)


def erfinv(y):
    if not -1 < y < 1:
        return math.copysign(math.inf, y) if abs(y) == 1 else math.nan
    x = statistics.NormalDist().inv_cdf((y + 1) / 2) / math.sqrt(2)
    for _ in range(2):
        x -= (math.erf(x) - y) * math.sqrt(math.pi) / 2 * math.exp(x * x)
    return x


FUNCTIONS = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "expm1": np.expm1, "sqrt": np.sqrt,
    "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "fabs": np.abs, "tanh": np.tanh,
    "fmod": np.fmod, "copysign": np.copysign, "pow": np.power,
    "erf": by_element(math.erf), "erfc": by_element(math.erfc), "lgamma": by_element(lgamma),
    "erfinv": by_element(erfinv),
}  # fmt: skip


def evaluate(e, names, types):
    kind = e[0]
    if kind == "num":
        return e[1]
    if kind == "name":
        return names[e[1]]
    if kind == "neg":
        return np.negative(evaluate(e[1], names, types))
    if kind == "not":
        return np.logical_not(evaluate(e[1], names, types))
    if kind == "?":
        c, a, b = (evaluate(x, names, types) for x in e[1:])
        return np.where(c, a, b)
    if kind == "call":
        args = [evaluate(x, names, types) for x in e[2]]
        if e[1] in types:
            (x,) = args
            return np.asarray(x).astype(types[e[1]])
        return FUNCTIONS[e[1]](*args)
    a, b = (evaluate(x, names, types) for x in e[1:])
    if kind == "/":
        whole = all(np.result_type(x).kind in "iu" for x in (a, b))
        return np.trunc(np.true_divide(a, b)) if whole else np.true_divide(a, b)
    return BINARY[kind](a, b)


def run(text, names, types):
    """Execute statements; ``names`` are the arrays that go in, and what was assigned comes out."""
    names = dict(names)
    with np.errstate(all="ignore"):
        for kind, name, e in parse(text):
            value = np.asarray(evaluate(e, names, types))
            names[name] = value if kind is None else value.astype(types[kind])
    return names
