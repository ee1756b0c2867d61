"""CUDA kernels of our own: one launch where CuPy's functions would take several, or differ.

What they compute stands in `sources`; here they become kernels and take their places. Integers, and
complex numbers where a formula is not theirs, go to CuPy's own functions.
"""

from __future__ import annotations

import cupy as cp

from .kernels import BOOL, KERNELS, halves, int_zero_check, kernel
from .sources import ROWS, WIDE, body

CUDA = {
    row[0]: cp.ElementwiseKernel(row[1], row[2], body(row), f"tinytorch_{row[0]}", preamble=WIDE)
    for row in ROWS
}

BARE = (
    "relu erf erfc erfinv lgamma gelu gelu_tanh mish log_sigmoid leaky_relu elu celu softplus"
    " hardtanh hardsigmoid hardswish adam_moments adam_value"
)
for _name in BARE.split():
    KERNELS[_name] = CUDA[_name]
KERNELS["erf_single"], KERNELS["lgamma_single"] = CUDA["erf"], CUDA["lgamma"]


def _real_only(name, other):
    mine = CUDA[name]

    def run(x):
        return other(x) if x.dtype.kind == "c" else mine(x)

    KERNELS[name] = run


_real_only("sigmoid", lambda x: cp.reciprocal(cp.add(cp.exp(cp.negative(x)), 1)))
_real_only("silu", lambda x: cp.multiply(x, KERNELS["sigmoid"](x)))
_real_only("rsqrt", lambda x: cp.reciprocal(cp.sqrt(x)))
_select = CUDA["select"]


@kernel
def where(c, x, y):
    return _select(c if c.dtype is BOOL else cp.not_equal(c, 0), x, y)


@kernel
def mask(g, keep):
    """``g`` where ``keep``, else +0."""
    return _select(keep, g, 0)


@kernel
def masked_fill_value(x, m, value):
    return _select(m, value, x)


@kernel
def sign(x):
    if x.dtype.kind == "c":
        return cp.sign(x)
    return x.copy() if x.dtype is BOOL else CUDA["sign"](x)


@kernel
@halves
def clamp(x, lo, hi):
    if type(lo) in NUMBERS and type(hi) in NUMBERS:
        return CUDA["clamp"](x, lo, hi)
    if lo is not None:
        x = cp.maximum(x, lo)
    return x if hi is None else cp.minimum(x, hi)


NUMBERS = {int, float}


@kernel
def floor_divide(x, y):
    return (cp.floor_divide if int_zero_check(x, y) else CUDA["floor_divide"])(x, y)


@kernel
def remainder(x, y):
    return (cp.remainder if int_zero_check(x, y) else CUDA["remainder"])(x, y)


@kernel
def trunc_divide(x, y):
    if not int_zero_check(x, y):
        return CUDA["trunc_divide"](x, y)
    q = cp.floor_divide(x, y)
    inexact = cp.not_equal(cp.multiply(q, y), x)
    return cp.add(q, cp.logical_and(inexact, cp.not_equal(cp.less(x, 0), cp.less(y, 0))))


@kernel
def fmod(x, y):
    return (cp.fmod if int_zero_check(x, y) else CUDA["fmod"])(x, y)


@kernel
def logaddexp(x, y):
    return CUDA["log_add"](x, y)


__all__ = ["CUDA"]
