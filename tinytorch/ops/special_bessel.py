"""Bessel functions of both kinds, as torch.special has them: values only, no gradients.

Up to 8 a series in x squared; beyond, an amplitude and a phase that vary slowly. The functions that
are singular at 0 are a logarithm times a smooth one plus a smooth rest.
"""

from __future__ import annotations

import math

from . import special_tables as tables
from .rules import constant
from .special import _special, special
from .special_fns import _i0e, _i1e, _unscaled, choose, series


def _even(P, x, row):
    return series(P, P.subtract(P.multiply(P.multiply(x, x), 1 / 32), 1), row)


def _wave(P, x, n, shift):
    """cos (J) or sin (Y, shift a quarter turn) of the phase times the amplitude, for x > 8."""
    t = P.subtract(P.multiply(P.divide(64, P.multiply(x, x)), 2), 1)
    p = series(P, t, (tables.P0, tables.P1)[n])
    q = P.multiply(series(P, t, (tables.Q0, tables.Q1)[n]), P.divide(8, x))
    angle = P.subtract(x, (2 * n + 1 + 2 * shift) * math.pi / 4)
    both = P.subtract(P.multiply(p, P.cos(angle)), P.multiply(q, P.sin(angle)))
    out = P.multiply(both, P.sqrt(P.divide(2 / math.pi, x)))
    return P.where(P.equal(x, math.inf), constant(P, x, math.nan), out)


def _j0(P, x):
    size = P.abs(x)
    return choose(P, P.less_equal(size, 8), lambda v: _even(P, v, tables.J0), size, 0,
                  lambda v: _wave(P, v, 0, 0), size, 9)  # fmt: skip


def _j1(P, x):
    size = P.abs(x)
    out = choose(P, P.less_equal(size, 8), lambda v: P.multiply(v, _even(P, v, tables.J1)), size, 0,
                 lambda v: _wave(P, v, 1, 0), size, 9)  # fmt: skip
    return P.where(P.less(x, 0), P.negative(out), out)


def _positive(P, x, out, at_zero):
    out = P.where(P.less(x, 0), constant(P, x, math.nan), out)
    return P.where(P.equal(x, 0), constant(P, x, at_zero), out)


def _y0(P, x):
    def near(v):
        log = P.multiply(P.log(v), 2 / math.pi)
        return P.add(P.multiply(log, _j0(P, v)), _even(P, v, tables.Y0))

    size = P.abs(x)
    out = choose(P, P.less_equal(size, 8), near, size, 1, lambda v: _wave(P, v, 0, 1), size, 9)
    return _positive(P, x, out, -math.inf)


def _y1(P, x):
    def near(v):
        log = P.subtract(P.multiply(P.log(v), _j1(P, v)), P.divide(1, v))
        return P.add(P.multiply(log, 2 / math.pi), P.multiply(v, _even(P, v, tables.Y1)))

    size = P.abs(x)
    out = choose(P, P.less_equal(size, 8), near, size, 1, lambda v: _wave(P, v, 1, 1), size, 9)
    return _positive(P, x, out, -math.inf)


def _decay(n, scaled):
    near_row, far_row = ((tables.K0_NEAR, tables.K0_FAR), (tables.K1_NEAR, tables.K1_FAR))[n]

    def forward(P, x):
        def near(v):
            smooth = series(P, P.subtract(P.multiply(P.multiply(v, v), 0.5), 1), near_row)
            log = P.log(P.multiply(v, 0.5))
            if n == 0:
                k = P.subtract(smooth, P.multiply(log, _unscaled(_i0e)(P, v)))
            else:
                k = P.add(P.divide(smooth, v), P.multiply(log, _unscaled(_i1e)(P, v)))
            return P.multiply(k, P.exp(v)) if scaled else k

        def far(v):
            k = P.divide(series(P, P.subtract(P.divide(4, v), 1), far_row), P.sqrt(v))
            return k if scaled else P.multiply(k, P.exp(P.negative(v)))

        size = P.abs(x)
        out = choose(P, P.less_equal(size, 2), near, size, 1, far, size, 3)
        return _positive(P, x, out, math.inf)

    return forward


def _spherical(P, x):
    nil = P.equal(x, 0)
    safe = P.where(nil, constant(P, x, 1), x)
    out = P.where(nil, constant(P, x, 1), P.divide(P.sin(safe), safe))
    return P.where(P.isinf(x), constant(P, x, 0), out)


POSITIVE = (0.2, 12.0)
BELOW_5 = (-4.5, 4.5)  # from 5 on, real torch has nine digits only, and no recording serves
for _name, _forward, _domain in [
    ("bessel_j0", _j0, BELOW_5), ("bessel_j1", _j1, BELOW_5),
    ("bessel_y0", _y0, (0.2, 4.5)), ("bessel_y1", _y1, (0.2, 4.5)),
    ("modified_bessel_i0", _unscaled(_i0e), (-4.0, 4.0)),
    ("modified_bessel_i1", _unscaled(_i1e), (-4.0, 4.0)),
    ("modified_bessel_k0", _decay(0, False), POSITIVE),
    ("modified_bessel_k1", _decay(1, False), POSITIVE),
    ("scaled_modified_bessel_k0", _decay(0, True), POSITIVE),
    ("scaled_modified_bessel_k1", _decay(1, True), POSITIVE),
    ("spherical_bessel_j0", _spherical, (-12.0, 12.0)),
]:  # fmt: skip
    _special(_name, None, _forward, _domain, halves=False)

__all__ = ["special"]
