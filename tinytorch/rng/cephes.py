"""Single-precision logarithm, sine and cosine as torch's AVX kernels round them.

The polynomials are those of the Cephes library (S. Moshier); the kernels evaluate them with fused
multiply-adds, so every Horner step rounds once.  NumPy has no such operation: a step is computed in
float64, where the product of two float32 is exact, and rounded back.  Steps whose product is exact
in float32 anyway (the halves, and the leading parts of ln 2 and pi/4, which have few bits on
purpose) stay in float32.  Constants are 0-d arrays, which NumPy takes faster than floats.

    polar(u, v) = sqrt(-2 log(1 - u)), cos(2 pi v), sin(2 pi v)
"""

import numpy as np

from .kinds import F32, F64


def _f32(*xs):
    return [np.array(x, F32) for x in xs]


def _wide(*xs):
    return [np.array(x, F32).astype(F64) for x in xs]


_LOG = _wide(
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_SIN = _wide(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _wide(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_LN2_HI, _LN2_LO = _f32(0.693359375, -2.12194440e-4)
_DP1, _DP2 = _f32(0.78515625, 2.4187564849853515625e-4)
[_DP3] = _wide(-3.77489497744594108e-8)
_SQRT_HALF, _4_PI, _TAU = _f32(0.5**0.5, 1.27323954473516, 2.0 * np.pi)
_ONE, _MINUS_TWO, _HALF, _MINUS_HALF = _f32(1, -2, 0.5, -0.5)
_I1, _IM2, _I2, _I4, _I23, _I29, _I126, _MANT, _EXP_HALF = (
    np.array(i, np.int32) for i in (1, -2, 2, 4, 23, 29, 126, 0x7FFFFF, 0x3F000000)
)


def _fma(t, b, c, y):
    """y = t * b + c; t: float64, overwritten."""
    t *= b
    t += c
    y[...] = t


def _horner(x, coef, t, y):
    """Fused Horner scheme.  x: float64 holding float32; t, y: float64 and float32 to overwrite."""
    np.multiply(x, coef[0], out=t)
    for c in coef[1:-1]:
        t += c
        y[...] = t
        t[...] = y
        t *= x
    t += coef[-1]
    y[...] = t


def log(x):
    """Natural logarithm of float32[n] in (0, 1]."""
    bits = x.view(np.int32)
    e = bits >> _I23
    e -= _I126
    e = e.astype(F32)
    bits = bits & _MANT
    bits |= _EXP_HALF
    m = bits.view(F32)
    small = m < _SQRT_HALF
    e -= small
    m += m * small
    m -= _ONE
    w = m.astype(F64)
    t, y, z = np.empty_like(w), np.empty_like(m), m * m
    _horner(w, _LOG, t, y)
    y *= m
    t[...] = y
    _fma(t, z.astype(F64), e * _LN2_LO, y)
    z *= _HALF
    y -= z
    m += y
    e *= _LN2_HI
    m += e
    return m


def sincos(x):
    """(sin, cos) of float32[n], x >= 0."""
    j = (x * _4_PI).astype(np.int32)
    j += _I1
    j &= _IM2
    q = j.astype(F32)
    x = x - q * _DP1
    x -= q * _DP2
    t = q.astype(F64)
    _fma(t, _DP3, x, x)
    z = x * x
    w, s, c = z.astype(F64), np.empty_like(x), np.empty_like(x)
    _horner(w, _COS, t, c)
    c *= z
    t[...] = c
    z *= _MINUS_HALF
    _fma(t, w, z, c)
    c += _ONE
    _horner(w, _SIN, t, s)
    z[...] = w
    s *= z
    t[...] = s
    _fma(t, x, x, s)
    si, ci = s.view(np.int32), c.view(np.int32)
    d = si ^ ci
    d &= -((j >> _I1) & _I1)
    si ^= d
    ci ^= d
    si ^= (j & _I4) << _I29
    j -= _I2
    ci ^= (~j & _I4) << _I29
    return s, c


def polar(u, v):
    """Radius, cosine and sine of Box and Muller.  u, v: float32[n] in [0, 1)."""
    r = log(_ONE - u)
    r *= _MINUS_TWO
    np.sqrt(r, out=r)
    s, c = sincos(v * _TAU)
    return r, c, s
