"""The kernels that are more than a NumPy function renamed, and the table of those that are not."""

from __future__ import annotations

from functools import lru_cache
from math import prod as _prod

import ml_dtypes
import numpy as np

from tinytorch import dtypes

F16, BF16 = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
HALVES = frozenset((F16, BF16))

RAW = {d: np.dtype(BF16 if name == "bfloat16" else name) for name, d in dtypes.ALL.items()}

SAME = {  # kernel -> NumPy's function, where the meaning is the same
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.true_divide,
    "maximum": np.maximum, "minimum": np.minimum, "atan2": np.arctan2,
    "equal": np.equal, "not_equal": np.not_equal, "less": np.less, "less_equal": np.less_equal,
    "greater": np.greater, "greater_equal": np.greater_equal,
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "bitwise_invert": np.invert, "logical_not": np.logical_not,
    "negative": np.negative, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p,
    "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "log2": np.log2,
    "exp2": np.exp2, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc,
    "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite,
    "hypot": np.hypot, "copysign": np.copysign, "nextafter": np.nextafter, "gcd": np.gcd,
    "lcm": np.lcm, "fmax": np.fmax, "fmin": np.fmin,
    "signbit": np.signbit, "frexp": np.frexp, "reciprocal": np.reciprocal,
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor,
    "square": np.square, "where": np.where, "broadcast_to": np.broadcast_to,
}  # fmt: skip


def install(P):
    from . import math_kernels, nn_kernels, shape_kernels, special_kernels  # noqa: F401 - fill KERNELS

    P.raw_dtype = dict(RAW)
    P.out_kernels = frozenset(n for n, fn in SAME.items() if isinstance(fn, np.ufunc))
    for name, fn in SAME.items():
        setattr(P, name, fn)
    for name, fn in KERNELS.items():
        setattr(P, name, fn)


KERNELS = {}


def kernel(fn):
    KERNELS[fn.__name__.rstrip("_")] = fn
    return fn


# --- transfer and creation ------------------------------------------------------------------------


@kernel
def from_host(x):
    return x


@kernel
def to_host(x):
    return np.asarray(x)


@kernel
def copy(x):
    return x.copy()


@kernel
def own(x):
    return x if type(x) is np.ndarray else np.asarray(x)


@kernel
def laid_as(x, old):
    if x.ndim < 2 or x.strides == old.strides:
        return x
    out = np.empty_like(old)
    out[...] = x
    return out


@kernel
def strides(x):
    size = x.dtype.itemsize
    return tuple(s // size for s in x.strides)


@kernel
def full(shape, value, dtype):
    if isinstance(value, float) and dtype.kind in "iu":
        value = int(value)
    return filled(shape, value, dtype)


def filled(shape, value, dtype):
    """`np.full`, with fewer Python frames where the value fits the dtype."""
    out = np.empty(shape, dtype)
    try:
        out.fill(value)
    except (OverflowError, TypeError):
        return np.full(shape, value, dtype)
    return out


@kernel
def zeros(shape, dtype):
    return np.zeros(shape, dtype)


@kernel
def arange(start, stop, step, dtype):
    return np.arange(start, stop, step).astype(dtype, copy=False)


@kernel
def astype(x, dtype):
    kind = x.dtype.kind
    if kind == "c" and dtype.kind != "c":
        x = x.real
    elif dtype.kind in "iu" and kind in "fV":
        return _float_to_int(x, dtype)
    if dtype in HALVES and x.dtype.itemsize > 4:
        x = x.astype(F32)
    return x.astype(dtype)


def _float_to_int(x, dtype):
    """C's conversion as x86 does it: through int64 and then a wrap to the narrow type."""
    if dtype.itemsize < 4:
        return x.astype(np.int32).astype(dtype)
    return x.astype(dtype)


# --- shape ----------------------------------------------------------------------------------------


@kernel
def reshape(x, shape):
    return x.reshape(shape)


@kernel
def permute_dims(x, axes):
    return x.transpose(axes)


def rows(r):
    """A result row by row in memory, whatever the order of what it was made of, as torch has it."""
    return r if r.flags.c_contiguous else np.ascontiguousarray(r)


@kernel
def concat(xs, axis):
    r = np.concatenate(xs, axis)
    if r.flags.c_contiguous or r.ndim in (4, 5) and np.moveaxis(r, 1, -1).flags.c_contiguous:
        return r
    return np.ascontiguousarray(r)


@kernel
def flip(x, axes):
    return np.array(np.flip(x, axes), order="K")


# --- indexing -------------------------------------------------------------------------------------


@kernel
def getitem(x, key):
    return x[key]


@kernel
def put(x, key, value):
    x = np.array(x)
    x[key] = value
    return x


@kernel
def assign(x, value):
    if type(value) is int or type(value) is float:
        x.fill(value)
    else:
        x[...] = value


@kernel
def fill_where(x, mask, value):
    np.copyto(x, value, where=mask)


@kernel
def take(x, index, axis):
    return np.take(x, index, axis)


@kernel
def take_along_axis(x, index, axis):
    return np.take_along_axis(x, index, axis)


@kernel
def nonzero(x):
    return np.nonzero(x)


@kernel
def argsort(x, axis, descending, stable):
    if not descending:
        return np.argsort(x, axis, kind="stable")
    n = x.shape[axis]
    flipped = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.flip(n - 1 - flipped, axis)


# --- reductions -----------------------------------------------------------------------------------


SMALL, LARGE = 512, 1 << 20  # elements: below, a call of BLAS costs more; above, order matters


@lru_cache(256)
def _ones(n, dtype):
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def sum_matrix(x, axis, keepdims):
    """Rows or columns of a float matrix summed by BLAS, several times faster than a reduction."""
    if axis:
        out = x.dot(_ones(x.shape[1], x.dtype))
        return out.reshape(-1, 1) if keepdims else out
    out = _ones(x.shape[0], x.dtype).dot(x)
    return out.reshape(1, -1) if keepdims else out


@kernel
def sum(x, axes, keepdims):
    dtype = x.dtype
    if (
        SMALL < x.size <= LARGE
        and x.ndim == 2
        and (dtype is F32 or dtype is F64)
        and (axes and len(axes) == 1 and x.flags.forc)
    ):
        return sum_matrix(x, axes[0], keepdims)
    if dtype in HALVES:
        return np.add.reduce(x, axes, F32, None, keepdims).astype(dtype)
    r = np.add.reduce(x, axes, dtype, None, keepdims)
    return r if r.ndim < 2 else rows(r)


@kernel
def prod(x, axes, keepdims):
    if x.dtype in HALVES:
        return np.multiply.reduce(x, axes, F32, None, keepdims).astype(x.dtype)
    return np.multiply.reduce(x, axes, x.dtype, None, keepdims)


@kernel
def mean(x, axes, keepdims):
    dtype = x.dtype
    if axes is None:
        n = x.size
    else:
        n = _prod([x.shape[a] for a in axes])
    if dtype in HALVES:
        return (np.add.reduce(x, axes, F32, None, keepdims) / np.float32(n)).astype(dtype)
    total = sum(x, axes, keepdims)
    return np.true_divide(total, n if n else np.nan)


@kernel
def max(x, axes, keepdims):
    return np.maximum.reduce(x, axes, None, None, keepdims)


@kernel
def min(x, axes, keepdims):
    return np.minimum.reduce(x, axes, None, None, keepdims)


@kernel
def argmax(x, axis, keepdims):
    return np.argmax(x, axis, keepdims=keepdims)


@kernel
def argmin(x, axis, keepdims):
    return np.argmin(x, axis, keepdims=keepdims)


@kernel
def any(x, axes, keepdims):
    return np.logical_or.reduce(x, axes, None, None, keepdims)


@kernel
def all(x, axes, keepdims):
    return np.logical_and.reduce(x, axes, None, None, keepdims)


@kernel
def cumulative_sum(x, axis):
    if x.dtype in HALVES:
        return rows(np.cumsum(x, axis, F32).astype(x.dtype))
    return rows(np.cumsum(x, axis, x.dtype))


# --- contraction ----------------------------------------------------------------------------------


@kernel
def matmul(x, y):
    dtype = x.dtype
    if dtype != y.dtype or dtype.kind == "b" and x.size and y.size:
        raise TypeError("matmul takes operands of one numeric dtype")
    if dtype in HALVES:
        return np.matmul(x.astype(F32), y.astype(F32)).astype(dtype)
    return x.dot(y) if 0 < x.ndim < 3 and 0 < y.ndim < 3 else np.matmul(x, y)


# --- arithmetic that differs ----------------------------------------------------------------------


def _dtype(x, y):
    return x.dtype if hasattr(x, "dtype") else y.dtype


def int_zero_check(x, y):
    """Whether the operands are integers; torch's error if something is divided by zero."""
    if _dtype(x, y).kind not in "iu":
        return False
    if (not y if type(y) is int else np.any(np.equal(y, 0))) and np.size(x):
        raise RuntimeError("ZeroDivisionError")
    return True


@kernel
def floor_divide(x, y):
    if int_zero_check(x, y):
        return np.floor_divide(x, y)
    q = np.floor_divide(x, y)
    nil = np.equal(y, 0)
    return np.where(nil, np.true_divide(x, y), q).astype(q.dtype) if np.any(nil) else q


@kernel
def remainder(x, y):
    if int_zero_check(x, y):
        return np.remainder(x, y)
    r = np.fmod(x, y)
    if (type(y) is float or type(y) is int) and type(r) is np.ndarray:
        return np.add(r, y, r, where=np.less(r, 0) if y > 0 else np.greater(r, 0))
    wrong = np.logical_and(np.not_equal(r, 0), np.not_equal(np.less(y, 0), np.less(r, 0)))
    return np.where(wrong, np.add(r, y), r)


@kernel
def abs(x):
    return x.copy() if x.dtype.kind in "ub" else np.abs(x)


@kernel
def round(x):
    return x.copy() if x.dtype.kind in "iu" else np.rint(x)


@kernel
def sign(x):
    kind = x.dtype.kind
    if kind == "b":
        return x.copy()
    out = np.sign(x)
    if kind in "fV":
        bad = np.isnan(x)
        if bad.any():
            return np.where(bad, np.zeros((), x.dtype), out)
    return out


@kernel
def conj(x):
    return np.conjugate(x) if x.dtype.kind == "c" else x


@kernel
def real(x):
    return x.real


@kernel
def imag(x):
    return x.imag


@kernel
def pow(x, y):
    dtype = _dtype(x, y)
    kind = dtype.kind
    if isinstance(y, (float, int)):
        if dtype in HALVES:
            return pow(x.astype(F32), float(y)).astype(dtype)
        if kind == "b":
            return np.logical_or(x, not y)
        if y == 2:
            return np.multiply(x, x)
        if y == 1:
            return np.positive(x)
        if y == 3:
            return np.multiply(np.multiply(x, x), x)
        if kind == "f":
            if y == 0.5:
                return np.sqrt(x)
            if y == -0.5:
                return np.reciprocal(np.sqrt(x))
            if y == -1:
                return np.reciprocal(x)
            if y == -2:
                return np.reciprocal(np.multiply(x, x))
    if kind in "iu":
        return _int_pow(x, y)
    return _no_bool(np.power, dtype)(x, y)


def _int_pow(x, y):
    """Integer powers; a negative exponent gives torch's 0, 1 or -1."""
    dtype = _dtype(x, y)
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    out = np.power(x, np.maximum(y, 0), dtype=dtype)
    if dtype.kind == "i" and np.any(np.less(y, 0)):
        odd = np.where(np.bitwise_and(y, 1) == 1, -1, 1)
        negative = np.where(x == 1, 1, np.where(x == -1, odd, 0))
        out = np.where(np.less(y, 0), negative, out).astype(dtype)
    return out


def _no_bool(fn, dtype):
    """NumPy computes these on bools, as small integers; torch does not."""
    if dtype.kind == "b":
        raise TypeError("not defined for bool")
    return fn


@kernel
def bitwise_left_shift(x, y):
    return _no_bool(np.left_shift, _dtype(x, y))(x, y)


@kernel
def bitwise_right_shift(x, y):
    return _no_bool(np.right_shift, _dtype(x, y))(x, y)


@kernel
def add_into(buffer, g):
    if type(buffer) is np.ndarray:
        return np.add(buffer, g, buffer)
    return np.add(buffer, g)


@kernel
def own_grad(g, alone):
    if alone and type(g) is np.ndarray and g.flags.owndata and g.flags.c_contiguous:
        return g
    return np.array(g, order="C")


# --- pieces of gradient rules ---------------------------------------------------------------------

_INT_OF = {F16: np.int16, BF16: np.int16, F32: np.int32, np.dtype(np.float64): np.int64}


@kernel
def mask(g, keep):
    """``g`` where ``keep``, else +0: on the bits, so that no -0.0 and no NaN comes of a product."""
    bits = _INT_OF.get(g.dtype)
    if bits is None or type(g) is not np.ndarray:
        return np.where(keep, g, np.zeros((), g.dtype))
    return np.multiply(g.view(bits), keep).view(g.dtype)


@kernel
def tied(g, x):
    return g


@kernel
def spread(g, shape):
    """``g`` broadcast to ``shape`` as an array of its own."""
    out = np.empty(shape, g.dtype)
    if g.shape:
        out[...] = g
    else:
        out.fill(g)
    return out


@kernel
def full_as(x, shape, value):
    """A constant array of a shape, in the dtype of ``x``."""
    return filled(shape, value, x.dtype)
