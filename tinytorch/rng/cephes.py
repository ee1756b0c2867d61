"""Single-precision logarithm, sine and cosine as torch's AVX kernels round them.

The polynomials are those of the Cephes library (S. Moshier); the kernels evaluate them with fused
multiply-adds, so every Horner step rounds once.  NumPy has no such operation: a step is computed in
float64, where the product of two float32 is exact, and rounded back.  Steps whose product is exact
in float32 anyway (the halves, and the leading parts of ln 2 and pi/4, which have few bits on
purpose) stay in float32.

    polar(u, v) = sqrt(-2 log(1 - u)), cos(2 pi v), sin(2 pi v)
"""

import numpy as np

from .kinds import F32, F64


def _f32(*xs):
    return [float(F32.type(x)) for x in xs]


_LOG = _f32(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
            -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)
_SIN = _f32(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _f32(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_LN2_HI, _LN2_LO = F32.type(0.693359375), F32.type(-2.12194440e-4)
_DP1, _DP2 = F32.type(0.78515625), F32.type(2.4187564849853515625e-4)
_DP3 = float(F32.type(3.77489497744594108e-8))
_SQRT_HALF, _4_PI, _TAU = F32.type(0.5**0.5), F32.type(1.27323954473516), F32.type(2.0 * np.pi)
_ONE, _TWO, _HALF = F32.type(1), F32.type(2), F32.type(0.5)


def _horner(x, coef, t, y):
    """Fused Horner scheme.  x: float64 holding float32; t, y: scratch and float32 result."""
    np.multiply(x, coef[0], out=t)
    for c in coef[1:-1]:
        t += c
        np.copyto(y, t, "same_kind")
        np.multiply(y, x, out=t)
    t += coef[-1]
    np.copyto(y, t, "same_kind")
    return y


def _fma(a, b, c, t, y):
    """y = a * b + c for a float64 b; t: float64 scratch."""
    np.multiply(a, b, out=t)
    t += c
    np.copyto(y, t, "same_kind")
    return y


def log(x):
    """Natural logarithm of float32[n] in (0, 1]."""
    bits = x.view(np.int32)
    e = ((bits >> 23) - 126).astype(F32)
    m = ((bits & 0x7FFFFF) | 0x3F000000).view(F32)
    small = m < _SQRT_HALF
    e -= small
    m += m * small
    m -= _ONE
    w, t, y = m.astype(F64), np.empty(x.size, F64), np.empty(x.size, F32)
    _horner(w, _LOG, t, y)
    y *= m
    z = m * m
    _fma(y, z.astype(F64), e * _LN2_LO, t, y)
    z *= _HALF
    y -= z
    m += y
    e *= _LN2_HI
    m += e
    return m


def sincos(x):
    """(sin, cos) of float32[n], x >= 0."""
    j = (x * _4_PI).astype(np.int32)
    j += 1
    j &= -2
    q = j.astype(F32)
    x = x - q * _DP1
    x -= q * _DP2
    t = np.multiply(q, -_DP3, dtype=F64)
    t += x
    x = t.astype(F32)
    z = x * x
    w, s, c = z.astype(F64), np.empty_like(x), np.empty_like(x)
    _horner(w, _COS, t, c)
    c *= z
    _fma(c, w, z * -_HALF, t, c)
    c += _ONE
    _horner(w, _SIN, t, s)
    s *= z
    _fma(s, x.astype(F64), x, t, s)
    si, ci = s.view(np.int32), c.view(np.int32)
    d = (si ^ ci) & -((j >> 1) & 1)
    si ^= d
    ci ^= d
    si ^= (j & 4) << 29
    j -= 2
    ci ^= (~j & 4) << 29
    return s, c


def polar(u, v):
    """Radius, cosine and sine of Box and Muller.  u, v: float32[n] in [0, 1)."""
    r = log(_ONE - u)
    r *= -_TWO
    np.sqrt(r, out=r)
    s, c = sincos(v * _TAU)
    return r, c, s
