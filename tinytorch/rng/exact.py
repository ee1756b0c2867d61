"""Arithmetic that NumPy does not have: fused multiply-add and the C library's own functions.

torch's kernels contract a*b + c to one rounding, and call libm where NumPy has vector code that
may differ in the last bit.  Products of float32 are exact in float64, so there a sum and one
rounding do; for float64 the product and the sum are split into value and error, and the errors
are added with a rounding to odd, which makes the last addition round as if it were the only one.
Python's `math` is libm.  A result that is narrowed afterwards rarely depends on the last bit:
`narrowed` computes by NumPy, and asks libm only where two neighbours would narrow differently.
"""

import math

import numpy as np

from .kinds import F32, F64, narrow

_SPLIT = 2.0**27 + 1.0
_NEAR = 2.0**-49


def fma32(a, b, c):
    """float32 a*b + c, rounded once.  a: float32 array; b, c: floats, rounded to float32 first."""
    b, c = F32.type(b), F32.type(c)
    with np.errstate(over="ignore"):
        if b == 1 or c == 0:
            return a * b + c
        t = a.astype(F64)
        t *= F64.type(b)
        t += F64.type(c)
        return t.astype(F32)


def _two_sum(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _two_prod(a, b):
    p, ta, tb = a * b, _SPLIT * a, _SPLIT * b
    ah, bh = ta - (ta - a), tb - (tb - b)
    al, bl = a - ah, b - bh
    return p, al * bl - (((p - ah * bh) - al * bh) - ah * bl)


def fma64(a, b, c):
    """float64 a*b + c, rounded once.  a: float64 array; b, c: floats."""
    with np.errstate(all="ignore"):
        if b == 1.0 or c == 0.0:
            return a * b + c
        p, e = _two_prod(a, b)
        h, lo = _two_sum(c, e)
        s, hi = _two_sum(p, h)
        odd, err = _two_sum(lo, hi)
        even = (odd.view(np.int64) & 1) == 0
        odd = np.where((err != 0) & even, np.nextafter(odd, np.copysign(np.inf, err)), odd)
        out = s + odd
        return np.where(np.isfinite(out), out, a * b + c)


def exp(x):
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def log(x):
    return math.log(x) if x else -math.inf


def libm(fn, x):
    """fn: float -> float over a float64 array."""
    return np.fromiter(map(fn, x.ravel().tolist()), F64, x.size).reshape(x.shape)


def narrowed(fast, slow, finish, x, dtype, coarse=False):
    """finish(f(x)) in `dtype` as if f were libm's.

    fast: NumPy's f over arrays; slow: libm's over floats; finish: monotone, over float64 arrays;
    coarse: whether `finish` hides the last bits even of float64.
    """
    with np.errstate(all="ignore"):
        if dtype == F64 and not coarse:
            return finish(libm(slow, x))
        y = fast(x)
        out = narrow(finish(y), dtype)
        lo, hi = (narrow(finish(y * k), dtype) for k in (1.0 - _NEAR, 1.0 + _NEAR))
        doubt = np.flatnonzero(lo != hi)
        if doubt.size:
            out[doubt] = narrow(finish(libm(slow, x[doubt])), dtype)
        return out
