"""Circular and hyperbolic functions and their inverses."""

from __future__ import annotations

import math

from .. import dtypes
from .rules import constant, every, over, refuse, refuse_complex, single, unless
from .table import alias, binary, check_broadcast, unary

BOOL, INT, CPLX = dtypes.BOOL, dtypes.INT, dtypes.COMPLEX
COMPLEX = {"also": ("complex128",)}
INSIDE = {"domain": (-0.9, 0.9), **COMPLEX}


def _one_minus_square(P, a):
    return P.subtract(1, P.multiply(a, a))


def _square_plus_one(P, a):
    return P.add(P.multiply(a, a), 1)


def _is_complex(P, x):
    return P.torch_dtype[x.dtype].is_complex


def _asinh(P, x):
    if _is_complex(P, x):
        return P.log(P.add(x, P.sqrt(_square_plus_one(P, x))))
    size = P.abs(x)
    square = P.multiply(x, x)
    tail = P.divide(square, P.add(P.sqrt(P.add(square, 1)), 1))
    out = P.log1p(P.add(size, tail))
    big = P.add(P.log(P.maximum(size, 1)), math.log(2))
    return P.multiply(P.sign(x), P.where(P.greater(size, 1e9), big, out))


def _acosh(P, x):
    root = P.multiply(P.sqrt(P.add(x, 1)), P.sqrt(P.subtract(x, 1)))
    return P.log(P.add(x, root))


def _atanh(P, x):
    if _is_complex(P, x):
        return P.multiply(P.subtract(P.log(P.add(x, 1)), P.log(P.subtract(1, x))), 0.5)
    return P.multiply(P.subtract(P.log1p(x), P.log1p(P.negative(x))), 0.5)


def _away_from(P, a, nil):
    return P.where(nil, constant(P, a, 1), a)


def _sinc(P, x):
    nil = P.equal(x, 0)
    t = P.multiply(_away_from(P, x, nil), math.pi)
    return P.where(nil, constant(P, x, 1), P.divide(P.sin(t), t))


def _sinc_grad(P, g, a):
    nil = P.equal(a, 0)
    safe = _away_from(P, a, nil)
    t = P.multiply(safe, math.pi)
    slope = P.divide(P.subtract(P.cos(t), P.divide(P.sin(t), t)), safe)
    return unless(P, P.times(g, slope), nil)


sin = unary("sin", lambda P, g, a: P.times(g, P.cos(a)), **COMPLEX)
cos = unary("cos", lambda P, g, a: P.times(g, P.negative(P.sin(a))), **COMPLEX)
tan = unary("tan", lambda P, g, out: P.times(g, _square_plus_one(P, out)), **COMPLEX)
sinh = unary("sinh", lambda P, g, a: P.times(g, P.cosh(a)), **COMPLEX)
cosh = unary("cosh", lambda P, g, a: P.times(g, P.sinh(a)), **COMPLEX)
tanh = unary("tanh", lambda P, g, out: P.times(g, _one_minus_square(P, out)), **COMPLEX)
asin = unary("asin", lambda P, g, a: P.over(g, P.sqrt(_one_minus_square(P, a))), **INSIDE)
acos = unary(
    "acos", lambda P, g, a: P.negative(P.over(g, P.sqrt(_one_minus_square(P, a)))), **INSIDE
)
atan = unary("atan", lambda P, g, a: P.over(g, _square_plus_one(P, a)), **INSIDE)
asinh = unary(
    "asinh", lambda P, g, a: P.over(g, P.sqrt(_square_plus_one(P, a))), forward=single(_asinh),
    **COMPLEX,
)  # fmt: skip
acosh = unary(
    "acosh", lambda P, g, a: over(
        P, g, P.multiply(P.sqrt(P.add(a, 1)), P.sqrt(P.subtract(a, 1)))),
    forward=single(_acosh), domain=(1.1, 4.0), also=("complex128",),
)  # fmt: skip
atanh = unary(
    "atanh", lambda P, g, a: P.over(g, _one_minus_square(P, a)), forward=single(_atanh), **INSIDE
)
sinc = unary("sinc", _sinc_grad, forward=single(_sinc), **COMPLEX)
deg2rad = unary(
    "deg2rad", lambda P, g: P.multiply(g, math.pi / 180), node="Deg2RadBackward0",
    check=refuse_complex("deg2rad is not supported for complex tensors.", RuntimeError),
    forward=single(lambda P, x: P.multiply(x, math.pi / 180)),
)  # fmt: skip
rad2deg = unary(
    "rad2deg", lambda P, g: P.multiply(g, 180 / math.pi), node="Rad2DegBackward0",
    check=refuse_complex("rad2deg is not supported for complex tensors.", RuntimeError),
    forward=single(lambda P, x: P.multiply(x, 180 / math.pi)),
)  # fmt: skip


def _atan2_part(P, g, part, a, b):
    square = P.add(P.multiply(a, a), P.multiply(b, b))
    nil = P.equal(square, 0)
    return unless(P, P.divide(P.multiply(g, part), _away_from(P, square, nil)), nil)


def _hypot(P, x, y):
    x, y = P.abs(x), P.abs(y)
    big, small = P.maximum(x, y), P.minimum(x, y)
    ratio = P.divide(small, _away_from(P, big, P.logical_or(P.equal(big, 0), P.isinf(big))))
    return P.multiply(big, P.sqrt(_square_plus_one(P, ratio)))


atan2 = binary(
    "atan2", lambda P, g, a, b: _atan2_part(P, g, b, a, b),
    lambda P, g, a, b: _atan2_part(P, g, P.negative(a), a, b), promote="float", scalars=False,
    check=every(check_broadcast, refuse("atan2_cpu", CPLX)),
)  # fmt: skip
hypot = binary(
    "hypot", lambda P, g, a, out: P.multiply(g, P.divide(a, out)),
    lambda P, g, b, out: P.multiply(g, P.divide(b, out)), scalars=False, meta={"floats": True},
    check=every(check_broadcast, refuse("hypot_cpu", BOOL, INT, CPLX)), forward=single(_hypot),
)  # fmt: skip

alias({
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "arctan2": "atan2",
})  # fmt: skip
