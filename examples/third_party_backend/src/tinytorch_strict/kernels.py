"""The required kernels: the standard's functions, and a few lines where they do not reach.

The standard keeps booleans, integers and floats apart more strictly than torch does: most of what
is here lets booleans be compared, ordered and searched, by way of uint8.
"""

from __future__ import annotations

import array_api_strict as xp
import numpy as np

from tinytorch import dtypes

from .indexing import getitem, put

RAW = {
    d: getattr(xp, name) for name, d in dtypes.ALL.items() if name not in ("float16", "bfloat16")
}
UNSIGNED = (xp.bool, xp.uint8)
COMPLEX = (xp.complex64, xp.complex128)
INTEGER = (xp.uint8, xp.int8, xp.int16, xp.int32, xp.int64)
FLOATING = (xp.float32, xp.float64)


def install(P):
    """Give the namespace ``P`` its dtypes and kernels."""
    P.raw_dtype = dict(RAW)
    for name in SAME:
        setattr(P, name, getattr(xp, name))
    for name in BY_UINT8:
        setattr(P, name, by_uint8(getattr(xp, name)))
    for name in MIXED:
        setattr(P, name, mixed(getattr(xp, name)))
    for fn in OWN:
        setattr(P, fn.__name__.rstrip("_"), fn)


SAME = (
    "permute_dims broadcast_to exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh"
    " floor ceil round negative bitwise_invert bitwise_left_shift bitwise_right_shift"
).split()
BY_UINT8 = "maximum minimum less less_equal greater greater_equal add multiply subtract".split()
MIXED = "divide atan2 equal not_equal bitwise_and bitwise_or bitwise_xor".split()


ARRAY = type(xp.asarray(0))


def _number(v, like):
    """A Python number in the category that the standard wants beside an array of ``like``."""
    if isinstance(v, ARRAY):
        return v
    return bool(v) if like == xp.bool else int(v) if isinstance(v, bool) else v


def _dtype(x, y):
    return x.dtype if isinstance(x, ARRAY) else y.dtype


def mixed(fn):
    """A binary function in which a Python bool may meet numbers, and 0 or 1 booleans."""

    def kernel(x, y):
        d = _dtype(x, y)
        return fn(_number(x, d), _number(y, d))

    return kernel


def by_uint8(fn):
    """The same, computed in uint8 for booleans; a boolean result where they give one."""

    def kernel(x, y):
        d = _dtype(x, y)
        if d != xp.bool:
            return fn(_number(x, d), _number(y, d))
        x, y = (xp.astype(v, xp.uint8) if isinstance(v, ARRAY) else int(v) for v in (x, y))
        return xp.astype(fn(x, y), xp.bool)

    return kernel


def _uint8(x):
    return xp.astype(x, xp.uint8) if x.dtype == xp.bool else x


# --- transfer and creation ------------------------------------------------------------------------


def from_host(x):
    return xp.asarray(np.array(x, order="C"))


def to_host(x):
    return np.from_dlpack(x).copy()


def copy(x):
    return xp.asarray(x, copy=True)


def full(shape, value, dtype):
    kind = bool if dtype == xp.bool else int if dtype in INTEGER else None
    return xp.full(shape, value if kind is None else kind(value), dtype=dtype)


def arange(start, stop, step, dtype):
    return xp.arange(start, stop, step, dtype=dtype)


def astype(x, dtype):
    if x.dtype in COMPLEX and dtype not in COMPLEX:
        if dtype == xp.bool:
            return xp.not_equal(x, 0)
        x = xp.real(x)
    return xp.astype(x, dtype)


# --- shape ----------------------------------------------------------------------------------------


def reshape(x, shape):
    return xp.reshape(x, shape)


def concat(xs, axis):
    return xp.concat(xs, axis=axis)


def flip(x, axes):
    return xp.flip(x, axis=axes)


# --- searching ------------------------------------------------------------------------------------


def take(x, i, axis):
    out = xp.take(x, xp.reshape(i, (-1,)), axis=axis)
    return xp.reshape(out, (*x.shape[:axis], *i.shape, *x.shape[axis + 1 :]))


def take_along_axis(x, i, axis):
    return xp.take_along_axis(x, i, axis=axis)


def nonzero(x):
    return xp.nonzero(x)


def argsort(x, axis, descending, stable):
    return xp.argsort(_uint8(x), axis=axis, descending=descending, stable=True)


def where(c, x, y):
    d = _dtype(x, y)
    return xp.where(c, _number(x, d), _number(y, d))


# --- reductions -----------------------------------------------------------------------------------


def sum_(x, axes, keepdims):
    return xp.sum(x, axis=axes, dtype=x.dtype, keepdims=keepdims)


def prod(x, axes, keepdims):
    return xp.prod(x, axis=axes, dtype=x.dtype, keepdims=keepdims)


def max_(x, axes, keepdims):
    return xp.astype(xp.max(_uint8(x), axis=axes, keepdims=keepdims), x.dtype)


def min_(x, axes, keepdims):
    return xp.astype(xp.min(_uint8(x), axis=axes, keepdims=keepdims), x.dtype)


def argmax(x, axis, keepdims):
    return xp.argmax(_uint8(x), axis=axis, keepdims=keepdims)


def argmin(x, axis, keepdims):
    return xp.argmin(_uint8(x), axis=axis, keepdims=keepdims)


def cumulative_sum(x, axis):
    return xp.cumulative_sum(x, axis=axis, dtype=x.dtype)


# --- arithmetic that differs ----------------------------------------------------------------------


def _arrays(x, y):
    d = _dtype(x, y)
    return xp.asarray(x, dtype=d), xp.asarray(y, dtype=d)


def _refuse_zero(y):
    if y.dtype in INTEGER and bool(xp.any(y == 0)):
        raise RuntimeError("ZeroDivisionError")


def floor_divide(x, y):
    x, y = _arrays(x, y)
    _refuse_zero(y)
    q = xp.floor_divide(x, y)
    return xp.where(y == 0, xp.divide(x, y), q) if x.dtype in FLOATING else q


def remainder(x, y):
    x, y = _arrays(x, y)
    _refuse_zero(y)
    return xp.remainder(x, y)


def pow_(x, y):
    x, y = _arrays(x, y)
    if x.dtype not in INTEGER or x.dtype in UNSIGNED:
        return xp.pow(x, y)
    power = xp.pow(x, xp.where(y < 0, 0, y))
    one = xp.ones((), dtype=x.dtype)
    reciprocal = xp.where(x == 1, one, xp.where(x == -1, xp.where(y % 2 == 0, one, -one), 0))
    return xp.where(y < 0, reciprocal, power)


def matmul(x, y):
    if x.dtype != y.dtype or (x.dtype == xp.bool and x.size and y.size):
        raise TypeError("matmul takes operands of one numeric dtype")
    return xp.astype(xp.matmul(_uint8(x), _uint8(y)), x.dtype)


def abs_(x):
    return x if x.dtype in UNSIGNED else xp.abs(x)


def sign(x):
    if x.dtype == xp.bool:
        return x
    return xp.where(x == x, xp.sign(x), xp.zeros_like(x))


def conj(x):
    return xp.conj(x) if x.dtype in COMPLEX else x


def real(x):
    return xp.real(x) if x.dtype in COMPLEX else x


def imag(x):
    return xp.imag(x)


def logical_not(x):
    return xp.equal(x, False) if x.dtype == xp.bool else xp.equal(x, 0)


OWN = (
    from_host, to_host, copy, full, arange, astype, reshape, concat, flip, getitem, put, take,
    take_along_axis, nonzero, argsort, where, sum_, prod, max_, min_, argmax, argmin,
    cumulative_sum, floor_divide, remainder, pow_, matmul, abs_, sign, conj, real,
    imag, logical_not,
)  # fmt: skip
