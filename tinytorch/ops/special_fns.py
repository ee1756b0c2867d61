"""Special functions as compositions, computed in double precision and rounded once.

Smooth parts are Chebyshev series (`special_tables`); the gamma family is Stirling's series after a
shift to where it converges, and zeta Euler and Maclaurin's sum. A backend whose library has such a
function overrides the kernel of that name.
"""

from __future__ import annotations

import math

from . import special_tables as tables
from .rules import constant

ROOT_PI, ROOT_2 = math.sqrt(math.pi), math.sqrt(2)


def double(forward):
    """A composition that runs in the widest float whatever the floating dtype of its operands."""

    def run(P, *args):
        d = next(x.dtype for x in args if hasattr(x, "dtype"))
        wide = [P.astype(x, P.widest) if hasattr(x, "dtype") and x.dtype != P.widest else x
                for x in args]  # fmt: skip
        out = forward(P, *wide)
        return out if d == P.widest else P.astype(out, d)

    return run


def series(P, t, coefficients):
    """A Chebyshev series at ``t`` by Clenshaw's recurrence."""
    twice = P.multiply(t, 2)
    b, c = constant(P, t, coefficients[-1]), constant(P, t, 0)
    for a in coefficients[-2:0:-1]:
        b, c = P.add(P.subtract(P.multiply(twice, b), c), a), b
    return P.add(P.subtract(P.multiply(t, b), c), coefficients[0])


def choose(P, cond, f, x, safe, g, y, safe_y):
    """``f(x)`` where ``cond`` else ``g(y)``, each evaluated only on values that it is meant for."""
    inside = f(P.where(cond, x, constant(P, x, safe)))
    return P.where(cond, inside, g(P.where(cond, constant(P, y, safe_y), y)))


# --- error functions ------------------------------------------------------------------------------


def _erfcx_half(P, x):
    """exp(x^2) erfc(x) for x >= 0."""
    t = P.divide(P.subtract(x, 3.75), P.add(x, 3.75))
    t = P.where(P.greater(x, 1e300), constant(P, x, 1), t)
    return P.divide(series(P, t, tables.ERFC), P.add(P.multiply(x, 2), 1))


def _gauss(P, x):
    return P.exp(P.negative(P.multiply(x, x)))


def _erf(P, x):
    size = P.abs(x)
    return choose(
        P, P.less(size, 1),
        lambda v: P.multiply(v, series(P, P.subtract(P.multiply(P.multiply(v, v), 2), 1),
                                       tables.ERF)), x, 0,
        lambda v: P.multiply(P.sign(v), P.subtract(1, P.multiply(
            _gauss(P, v), _erfcx_half(P, P.abs(v))))), x, 1,
    )  # fmt: skip


def _erfc(P, x):
    tail = P.multiply(_gauss(P, x), _erfcx_half(P, P.abs(x)))
    out = P.where(P.less(x, 0), P.subtract(2, tail), tail)
    return P.where(P.less(P.abs(x), 0.5), P.subtract(1, P.erf(x)), out)


def _erfcx(P, x):
    up = _erfcx_half(P, P.abs(x))
    low = P.subtract(P.multiply(P.exp(P.multiply(x, x)), 2), up)
    return P.where(P.less(x, 0), low, up)


_CENTRE = (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
           -0.00125372503, -0.00417768164, 0.246640727, 1.50140941)  # fmt: skip
_TAIL = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
         -0.0076224613, 0.00943887047, 1.00167406, 2.83297682)  # fmt: skip


def _horner(P, x, coefficients):
    out = constant(P, x, coefficients[0])
    for c in coefficients[1:]:
        out = P.add(P.multiply(out, x), c)
    return out


def _inverse_erfc(P, q):
    """y >= 0 with erfc(y) = q for q in (0, 1]: Giles's single-precision start, then Halley."""
    w = P.negative(P.log(P.multiply(q, P.subtract(2, q))))
    near = P.less(w, 5)
    centre = _horner(P, P.subtract(P.where(near, w, constant(P, w, 1)), 2.5), _CENTRE)
    tail = _horner(P, P.subtract(P.sqrt(P.where(near, constant(P, w, 9), w)), 3), _TAIL)
    y = P.multiply(P.where(near, centre, tail), P.subtract(1, q))
    log_q = P.log(q)
    far = P.sqrt(P.negative(log_q))
    for _ in range(2):
        far = P.sqrt(P.negative(P.add(log_q, P.log(P.multiply(far, ROOT_PI)))))
    y = P.where(P.greater(w, 14), far, y)
    for _ in range(3):
        slope = P.multiply(_gauss(P, y), -2 / ROOT_PI)
        step = P.divide(P.subtract(P.erfc(y), q), slope)
        better = P.subtract(y, P.divide(step, P.add(P.multiply(y, step), 1)))
        y = P.where(P.isfinite(better), better, y)
    return P.where(P.equal(q, 0), constant(P, q, math.inf), y)


def _erfinv(P, x):
    size = P.abs(x)
    y = _inverse_erfc(P, P.subtract(1, size))
    y = P.where(P.less(x, 0), P.negative(y), y)
    for _ in range(2):
        small = P.less(size, 0.5)
        gap = P.where(small, P.subtract(P.erf(y), x), constant(P, x, 0))
        y = P.subtract(y, P.divide(gap, P.multiply(_gauss(P, P.where(small, y, gap)), 2 / ROOT_PI)))
    y = P.where(P.equal(x, 0), x, y)
    return P.where(P.greater(size, 1), constant(P, x, math.nan), y)


def _ndtri(P, p):
    low = P.less_equal(p, 0.5)
    q = P.multiply(P.where(low, p, P.subtract(1, p)), 2)
    y = P.multiply(_inverse_erfc(P, q), ROOT_2)
    out = P.where(low, P.subtract(0, y), y)
    return P.where(P.logical_or(P.less(p, 0), P.greater(p, 1)), constant(P, p, math.nan), out)


def _log_ndtr(P, x):
    low = P.less(x, -1)
    far = P.where(low, x, constant(P, x, -1))
    tail = P.subtract(P.log(P.multiply(_erfcx_half(P, P.divide(P.negative(far), ROOT_2)), 0.5)),
                      P.multiply(P.multiply(far, far), 0.5))  # fmt: skip
    rest = P.log1p(P.multiply(P.erfc(P.divide(x, ROOT_2)), -0.5))
    return P.where(low, tail, rest)


# --- Bessel functions of an imaginary argument ----------------------------------------------------


def _scaled_bessel(n, near, far):
    def forward(P, x):
        size = P.abs(x)
        out = choose(
            P, P.less_equal(size, 8),
            lambda v: series(P, P.subtract(P.multiply(v, 0.25), 1), near), size, 0,
            lambda v: P.divide(series(P, P.subtract(P.divide(16, v), 1), far), P.sqrt(v)), size, 8,
        )  # fmt: skip
        if n == 1:
            small = P.less_equal(size, 8)
            out = P.multiply(out, P.where(small, x, P.sign(x)))
            out = P.where(P.equal(x, 0), constant(P, x, 0), out)
        return out

    return forward


_i0e = _scaled_bessel(0, tables.I0_NEAR, tables.I0_FAR)
_i1e = _scaled_bessel(1, tables.I1_NEAR, tables.I1_FAR)


def _unscaled(scaled):
    return lambda P, x: P.multiply(scaled(P, x), P.exp(P.abs(x)))


# --- the gamma family -----------------------------------------------------------------------------

_STIRLING = (
    1 / 12,
    -1 / 360,
    1 / 1260,
    -1 / 1680,
    1 / 1188,
    -691 / 360360,
    1 / 156,
    -3617 / 122400,
)
_DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)
SHIFT = 10


def _inverse_squares(P, x, coefficients):
    square = P.divide(1, P.multiply(x, x))
    out = constant(P, x, coefficients[-1])
    for c in coefficients[-2::-1]:
        out = P.add(P.multiply(out, square), c)
    return out, square


def _lgamma_positive(P, x):
    product = constant(P, x, 1)
    y = x
    for _ in range(SHIFT):
        low = P.less(y, SHIFT)
        product = P.where(low, P.multiply(product, y), product)
        y = P.where(low, P.add(y, 1), y)
    tail, _ = _inverse_squares(P, y, _STIRLING)
    main = P.subtract(P.multiply(P.subtract(y, 0.5), P.subtract(P.log(y), 1)),
                      0.5 - 0.5 * math.log(2 * math.pi))  # fmt: skip
    return P.subtract(P.add(main, P.divide(tail, y)), P.log(product))


def _lgamma(P, x):
    low = P.less(x, 0.5)
    up = _lgamma_positive(P, P.where(low, P.subtract(1, x), x))
    turn = P.abs(P.sin(P.multiply(P.subtract(x, P.floor(x)), math.pi)))
    mirrored = P.subtract(P.subtract(math.log(math.pi), P.log(turn)), up)
    out = P.where(low, mirrored, up)
    nil = P.logical_or(P.equal(x, 1), P.equal(x, 2))
    out = P.where(nil, constant(P, x, 0), out)
    return P.where(P.isinf(x), constant(P, x, math.inf), out)


def _digamma(P, x):
    low = P.less(x, 0.5)
    y = P.where(low, P.subtract(1, x), x)
    total = constant(P, x, 0)
    for _ in range(SHIFT):
        small = P.less(y, SHIFT)
        total = P.where(small, P.subtract(total, P.divide(1, y)), total)
        y = P.where(small, P.add(y, 1), y)
    tail, square = _inverse_squares(P, y, _DIGAMMA)
    up = P.subtract(P.subtract(P.add(total, P.log(y)), P.divide(0.5, y)), P.multiply(tail, square))
    up = P.where(P.equal(y, math.inf), y, up)
    part = P.subtract(x, P.floor(x))
    mirrored = P.subtract(up, P.divide(math.pi, P.tan(P.multiply(part, math.pi))))
    out = P.where(low, mirrored, up)
    pole = P.logical_and(P.less(x, 0), P.equal(part, 0))
    out = P.where(pole, constant(P, x, math.nan), out)
    return P.where(P.equal(x, 0), P.negative(P.divide(1, x)), out)


_EULER = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000,
          1 / 74724249600, -3617 / 10670622842880000, 43867 / 5109094217170944000,
          -174611 / 802857662698291200000)  # fmt: skip


def _zeta(P, s, q, terms=SHIFT):
    """Hurwitz's zeta for s > 1: some terms, the integral of the rest, its corrections.

    Where q + terms is large enough, that is; for whole s the terms may begin below 0.
    """
    if not hasattr(s, "dtype"):
        s = constant(P, q, s)
    if not hasattr(q, "dtype"):
        q = constant(P, s, q)
    minus = P.negative(s)
    total = P.pow(q, minus)
    for k in range(1, terms):
        total = P.add(total, P.pow(P.add(q, k), minus))
    y = P.add(q, terms)
    last = P.pow(y, minus)
    total = P.add(total, P.add(P.divide(P.multiply(last, y), P.subtract(s, 1)),
                               P.multiply(last, 0.5)))  # fmt: skip
    factor, power = s, P.divide(last, y)
    for j, c in enumerate(_EULER):
        total = P.add(total, P.multiply(P.multiply(factor, power), c))
        factor = P.multiply(factor, P.multiply(P.add(s, 2 * j + 1), P.add(s, 2 * j + 2)))
        power = P.divide(power, P.multiply(y, y))
    whole = P.equal(q, P.floor(q))
    pole = P.where(whole, constant(P, total, math.inf), constant(P, total, math.nan))
    bad = P.logical_and(P.less_equal(q, 0), P.logical_or(whole, P.not_equal(s, P.floor(s))))
    out = P.where(bad, pole, total)
    out = P.where(P.less(s, 1), constant(P, out, math.nan), out)
    return P.where(P.equal(s, 1), constant(P, out, math.inf), out)


def _polygamma(P, x, n):
    if n == 0:
        return _digamma(P, x)
    sign = 1.0 if n % 2 else -1.0
    if n > 1:
        return P.multiply(_zeta(P, float(n + 1), x, 2 * SHIFT), sign * math.factorial(n))
    low = P.less(x, 0.5)
    up = _zeta(P, 2.0, P.where(low, P.subtract(1, x), x))
    turn = P.divide(math.pi, P.sin(P.multiply(P.subtract(x, P.floor(x)), math.pi)))
    return P.where(low, P.subtract(P.multiply(turn, turn), up), up)


def _igamma_pair(P, a, x):
    """(P(a, x), Q(a, x)): a power series below a + 1, Lentz's continued fraction above."""
    scale = P.exp(P.subtract(P.subtract(P.multiply(a, P.log(x)), x), _lgamma(P, a)))
    low = P.less(x, P.add(a, 1))
    xs = P.where(low, x, a)
    term = total = P.divide(1, a)
    n = a
    for _ in range(400):
        n = P.add(n, 1)
        term = P.divide(P.multiply(term, xs), n)
        total = P.add(total, term)
    xc = P.where(low, P.add(a, 2), x)
    b = P.subtract(P.add(xc, 1), a)
    c, d = constant(P, x, 1e300), P.divide(1, b)
    h = d
    for i in range(1, 200):
        an = P.multiply(P.subtract(a, i), i)
        b = P.add(b, 2)
        d = P.divide(1, P.add(P.multiply(an, d), b))
        c = P.add(b, P.divide(an, c))
        h = P.multiply(h, P.multiply(c, d))
    below, above = P.multiply(scale, total), P.multiply(scale, h)
    lower = P.where(low, below, P.subtract(1, above))
    upper = P.where(low, P.subtract(1, below), above)
    return _edges(P, a, x, lower, 0, 1), _edges(P, a, x, upper, 1, 0)


def _edges(P, a, x, out, at_zero, at_infinity):
    out = P.where(P.equal(x, 0), constant(P, x, at_zero), out)
    out = P.where(P.equal(x, math.inf), constant(P, x, at_infinity), out)
    out = P.where(P.equal(a, 0), constant(P, x, at_infinity), out)
    bad = P.logical_or(P.less(x, 0), P.less(a, 0))
    return P.where(bad, constant(P, x, math.nan), out)
