"""The kernels that are CuPy's own functions renamed, and those that need a line or two.

CuPy differs from NumPy where it matters here: integer arrays out of bounds wrap around, of several
values for one place any may stay, an integer over zero is zero, and nothing warns. Positions are
therefore looked at before they are used, and writes to repeated places are put in order first.
"""

from __future__ import annotations

from math import prod as _prod

import cupy as cp
import ml_dtypes
import numpy as np

from tinytorch import dtypes

from .runtime import is_pinned

F16, BF16 = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
I64, I32, BOOL = np.dtype(np.int64), np.dtype(np.int32), np.dtype(np.bool_)
HALVES = frozenset((F16, BF16))
CUDA = 2  # a GPU, in DLPack's list of device types

RAW = {d: np.dtype(BF16 if name == "bfloat16" else name) for name, d in dtypes.ALL.items()}

SAME = {  # kernel -> CuPy's function, where the meaning is the same
    "add": cp.add, "subtract": cp.subtract, "multiply": cp.multiply, "divide": cp.true_divide,
    "maximum": cp.maximum, "minimum": cp.minimum, "atan2": cp.arctan2,
    "equal": cp.equal, "not_equal": cp.not_equal, "less": cp.less, "less_equal": cp.less_equal,
    "greater": cp.greater, "greater_equal": cp.greater_equal,
    "bitwise_and": cp.bitwise_and, "bitwise_or": cp.bitwise_or, "bitwise_xor": cp.bitwise_xor,
    "bitwise_invert": cp.invert,
    "negative": cp.negative, "exp": cp.exp, "expm1": cp.expm1, "log": cp.log, "log1p": cp.log1p,
    "sqrt": cp.sqrt, "sin": cp.sin, "cos": cp.cos, "tan": cp.tan, "asin": cp.arcsin,
    "acos": cp.arccos, "atan": cp.arctan, "sinh": cp.sinh, "cosh": cp.cosh, "tanh": cp.tanh,
    "asinh": cp.arcsinh, "acosh": cp.arccosh, "atanh": cp.arctanh, "log2": cp.log2,
    "log10": cp.log10, "exp2": cp.exp2, "floor": cp.floor, "ceil": cp.ceil, "trunc": cp.trunc,
    "isnan": cp.isnan, "isinf": cp.isinf, "isfinite": cp.isfinite,
    "hypot": cp.hypot, "copysign": cp.copysign, "nextafter": cp.nextafter, "gcd": cp.gcd,
    "lcm": cp.lcm, "fmax": cp.fmax, "fmin": cp.fmin, "signbit": cp.signbit,
    "reciprocal": cp.reciprocal, "square": cp.square, "i0": cp.i0, "sinc": cp.sinc,
    "deg2rad": cp.deg2rad, "rad2deg": cp.rad2deg,
    "broadcast_to": cp.broadcast_to, "concat": cp.concatenate, "stack": cp.stack,
}  # fmt: skip


def install(P):
    from . import fused, index_kernels, nn_kernels, view_kernels  # noqa: F401 - fill KERNELS

    P.raw_dtype = dict(RAW)
    P.out_kernels = frozenset(n for n, fn in SAME.items() if isinstance(fn, cp.ufunc))
    for name, fn in {**SAME, **KERNELS}.items():
        setattr(P, name, fn)


KERNELS = {}


def kernel(fn):
    KERNELS[fn.__name__.rstrip("_")] = fn
    return fn


# --- numbers beside half precision ----------------------------------------------------------------


class HalfNumber(float):
    """A Python number beside arrays of half precision: it keeps its own precision.

    CuPy asks such an operand what to do: compute in float32 and round once, as torch does.
    """

    __slots__ = ()

    def __cupy_override_elementwise_kernel__(self, kernel, *args, **kwargs):
        half = next((x.dtype for x in args if getattr(x, "dtype", None) in HALVES), None)
        args = [float(x) if type(x) is HalfNumber else x for x in args]
        if half is None:
            return kernel(*args, **kwargs)
        args = [x.astype(F32) if getattr(x, "dtype", None) == half else x for x in args]
        out = kernel(*args, **kwargs)
        return out.astype(half) if out.dtype == F32 else out

    def conjugate(self):
        return self


@kernel
def weak(value, dtype):
    return HalfNumber(value) if dtype.itemsize == 2 else value


def halves(fn):
    """A kernel that computes half-precision arrays in float32 and rounds once."""

    def run(x, *rest):
        half = x.dtype
        if half not in HALVES:
            return fn(x, *rest)
        rest = [a.astype(F32) if getattr(a, "dtype", None) == half else a for a in rest]
        out = fn(x.astype(F32), *rest)
        return out.astype(half) if out.dtype == F32 else out

    run.__name__, run.__doc__ = fn.__name__, fn.__doc__
    return run


def dtype_of(x, y):
    return x.dtype if hasattr(x, "dtype") else y.dtype


# --- transfer and creation ------------------------------------------------------------------------


@kernel
def from_host(x):
    """A device array of a host array; from page-locked memory the copy is waited for."""
    return cp.asarray(x, blocking=x.base is not None and is_pinned(x))


@kernel
def to_host(x):
    return cp.asnumpy(x)


@kernel
def receive(source, x):
    """A copy of an array of another namespace; between two GPUs it does not touch the host."""
    return x.copy() if isinstance(x, cp.ndarray) else from_host(source.to_host(x))


@kernel
def receive_later(source, x):
    return x.copy() if isinstance(x, cp.ndarray) else cp.asarray(source.to_host(x))


@kernel
def accept(x):
    """An array of CuPy's as it is; None for anything else."""
    return x if isinstance(x, cp.ndarray) else None


@kernel
def from_dlpack(x):
    """An array over the memory of another library's on a GPU; a copy of one on the host."""
    on_gpu = x.__dlpack_device__()[0] == CUDA
    return cp.from_dlpack(x) if on_gpu else from_host(np.from_dlpack(x))


@kernel
def copy(x):
    return x.copy()


@kernel
def clone(x):
    """A copy whose memory is laid out as that of ``x``, without its gaps."""
    return x.copy("K")


@kernel
def strides(x):
    size = x.dtype.itemsize
    return tuple([s // size for s in x.strides])


@kernel
def full(shape, value, dtype):
    if isinstance(value, float) and dtype.kind in "iu":
        value = int(value)
    out = cp.empty(shape, dtype)
    out.fill(value)
    return out


@kernel
def zeros(shape, dtype):
    return cp.zeros(shape, dtype)


@kernel
def full_as(x, shape, value):
    """A constant array of a shape, in the dtype of ``x``."""
    return full(shape, value, x.dtype)


@kernel
def spread(g, shape):
    """``g`` broadcast to ``shape`` as an array of its own."""
    out = cp.empty(shape, g.dtype)
    out[...] = g
    return out


@kernel
def arange(start, stop, step, dtype):
    return cp.arange(start, stop, step).astype(dtype, copy=False)


@kernel
def astype(x, dtype):
    if x.dtype.kind == "c" and dtype.kind != "c":
        x = x.real
    if dtype in HALVES and x.dtype.itemsize > 4:
        x = x.astype(F32)
    return x.astype(dtype)


# --- shape ----------------------------------------------------------------------------------------


@kernel
def reshape(x, shape):
    return x.reshape(shape)


@kernel
def permute_dims(x, axes):
    return x.transpose(axes)


@kernel
def flip(x, axes):
    return cp.flip(x, axes)


@kernel
def real(x):
    return x.real


@kernel
def imag(x):
    return x.imag


@kernel
def conj(x):
    return cp.conjugate(x) if x.dtype.kind == "c" else x


# --- reductions -----------------------------------------------------------------------------------


@kernel
def sum(x, axes, keepdims):
    dtype = x.dtype
    if dtype is BOOL:
        return x.any(axes, None, keepdims)
    return x.sum(axes, dtype, None, keepdims)


@kernel
def prod(x, axes, keepdims):
    dtype = x.dtype
    if dtype is BOOL:
        return x.all(axes, None, keepdims)
    return x.prod(axes, dtype, None, keepdims)


@kernel
@halves
def mean(x, axes, keepdims):
    n = x.size if axes is None else _prod([x.shape[a] for a in axes])
    return cp.true_divide(sum(x, axes, keepdims), n if n else np.nan)


@kernel
def var(x, axes, correction, keepdims):
    n = x.size if axes is None else _prod([x.shape[a] for a in axes])
    d = x - x.sum(axes, x.dtype, None, True) / (n or 1)
    d = cp.square(d.real) + cp.square(d.imag) if d.dtype.kind == "c" else cp.square(d)
    return d.sum(axes, d.dtype, None, keepdims) / (0.0 if n < correction else n - correction)


@kernel
def max(x, axes, keepdims):
    return _extremum(cp.amax, x, axes, keepdims)


@kernel
def min(x, axes, keepdims):
    return _extremum(cp.amin, x, axes, keepdims)


def _extremum(fn, x, axes, keepdims):
    return fn(x, axes, None, keepdims)


@kernel
def argmax(x, axis, keepdims):
    return _first(cp.argmax, x, axis, keepdims)


@kernel
def argmin(x, axis, keepdims):
    return _first(cp.argmin, x, axis, keepdims)


def _first(fn, x, axis, keepdims):
    """The position of an extremum; CuPy gives any of several NaN, torch the first."""
    at = fn(_ordered(x), axis, keepdims=keepdims)
    if x.dtype.kind in "biu":
        return at
    nan = cp.isnan(x)
    found = nan.any(axis, None, keepdims)
    return cp.where(found, cp.argmax(nan, axis, keepdims=keepdims), at)


def _ordered(x):
    """Values as a dtype that CuPy orders and sorts."""
    return x.astype(F32) if x.dtype is BF16 else x


def _truth(x):
    return x if x.dtype is BOOL else cp.not_equal(x, 0)


@kernel
def any(x, axes, keepdims):
    return _truth(x).any(axes, None, keepdims)


@kernel
def all(x, axes, keepdims):
    return _truth(x).all(axes, None, keepdims)


@kernel
@halves
def cumulative_sum(x, axis):
    return cp.cumsum(x, axis, x.dtype)


@kernel
@halves
def cumulative_prod(x, axis):
    return cp.cumprod(x, axis, x.dtype)


# --- contraction ----------------------------------------------------------------------------------


@kernel
def matmul(x, y):
    dtype = x.dtype
    if dtype != y.dtype or dtype is BOOL and x.size and y.size:
        raise TypeError("matmul takes operands of one numeric dtype")
    if dtype is BF16 and x.ndim + y.ndim > 4:
        return cp.matmul(x.astype(F32), y.astype(F32)).astype(BF16)
    return cp.matmul(x, y)


# --- arithmetic that differs ----------------------------------------------------------------------


def int_zero_check(x, y):
    """Whether the operands are integers; torch's error if something is divided by zero.

    An array of divisors is looked at: one flag comes back to the host.
    """
    if dtype_of(x, y).kind not in "iu":
        return False
    if (not y if type(y) is int else bool(cp.equal(y, 0).any())) and 0 not in np.shape(x):
        raise RuntimeError("ZeroDivisionError")
    return True


@kernel
def rsubtract(x, y):
    return cp.subtract(y, x)


@kernel
def abs(x):
    return x.copy() if x.dtype.kind in "ub" else cp.abs(x)


@kernel
def round(x):
    return x.copy() if x.dtype.kind in "iu" else cp.rint(x)


@kernel
def logical_not(x):
    return cp.equal(x, 0) if x.dtype.kind in "cV" else cp.logical_not(x)


@kernel
def logical_and(x, y):
    return cp.logical_and(_truth(x), _truth(y))


@kernel
def logical_or(x, y):
    return cp.logical_or(_truth(x), _truth(y))


@kernel
def logical_xor(x, y):
    return cp.not_equal(_truth(x), _truth(y))


@kernel
def frexp(x):
    return cp.frexp(x)


@kernel
def pow(x, y):
    dtype = dtype_of(x, y)
    kind = dtype.kind
    if isinstance(y, (float, int)):
        if dtype in HALVES:
            return pow(x.astype(F32), float(y)).astype(dtype)
        if kind == "b":
            return cp.logical_or(x, not y)
        if y == 2:
            return cp.multiply(x, x)
        if y == 1:
            return x.copy()
        if kind == "f":
            if y == 0.5:
                return cp.sqrt(x)
            if y == -1:
                return cp.reciprocal(x)
    if kind == "b":
        raise TypeError("not defined for bool")
    return cp.power(x, y)


def _integers(fn):
    """CuPy computes this on bools, as small integers; torch does not."""

    def run(x, y):
        if dtype_of(x, y).kind == "b":
            raise TypeError("not defined for bool")
        return fn(x, y)

    return run


KERNELS["bitwise_left_shift"] = _integers(cp.left_shift)
KERNELS["bitwise_right_shift"] = _integers(cp.right_shift)


@kernel
def add_into(buffer, g):
    return cp.add(buffer, g, buffer)


@kernel
def own_grad(g, alone):
    return g if alone and g.base is None and g.flags.c_contiguous else g.copy()
