"""The required kernels as plain functions of JAX arrays, where torch's meaning is kept.

Nothing here is jitted and nothing reads a value, so every function runs on tracers: `programs`
turns each into a cached XLA program, and compositions are traced through these whole.

XLA differs from torch where a float does not fit an integer (it saturates), in halves beside a
Python number (it rounds the number first), in the order of NaN, and in products of matrices on
accelerators (less than full precision by default).
"""

from __future__ import annotations

import functools

import jax.numpy as jnp
import ml_dtypes
import numpy as np
from jax import lax

from tinytorch import dtypes

F16, BF16 = np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
I32, I64 = np.dtype(np.int32), np.dtype(np.int64)
HALVES = frozenset((F16, BF16))
RAW = {d: np.dtype(BF16 if name == "bfloat16" else name) for name, d in dtypes.ALL.items()}
NUMBERS = (bool, int, float, complex)

KERNELS = {}  # name -> plain function
STATIC = {}  # name -> how many arguments after the arrays are part of the program


def kernel(fn=None, *, static=0):
    """Put a function into the table; its last ``static`` arguments are constants of the program."""
    if fn is None:
        return functools.partial(kernel, static=static)
    name = fn.__name__.rstrip("_")
    KERNELS[name], STATIC[name] = fn, static
    return fn


def kind(dtype):
    return "f" if dtype == BF16 else dtype.kind


def is_number(x):
    """A Python number, or the tracer of one."""
    return type(x) in NUMBERS or getattr(x, "weak_type", False)


def halves(fn):
    """A kernel that computes half-precision operands in float32 and rounds once."""

    @functools.wraps(fn)
    def run(*args):
        half = next((x.dtype for x in args if getattr(x, "dtype", None) in HALVES), None)
        if half is None:
            return fn(*args)
        out = fn(*(x.astype(F32) if getattr(x, "dtype", None) == half else x for x in args))
        return out.astype(half) if out.dtype == F32 else out

    return run


# --- elementwise ----------------------------------------------------------------------------------

UNARY = {
    "exp": jnp.exp, "expm1": jnp.expm1, "log": jnp.log, "log1p": jnp.log1p, "sqrt": jnp.sqrt,
    "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "asin": jnp.arcsin, "acos": jnp.arccos,
    "atan": jnp.arctan, "sinh": jnp.sinh, "cosh": jnp.cosh, "tanh": jnp.tanh,
}  # fmt: skip
BINARY = {
    "add": jnp.add, "subtract": jnp.subtract, "multiply": jnp.multiply, "divide": jnp.true_divide,
    "maximum": jnp.maximum, "minimum": jnp.minimum, "atan2": jnp.arctan2, "equal": jnp.equal,
    "not_equal": jnp.not_equal, "less": jnp.less, "less_equal": jnp.less_equal,
    "greater": jnp.greater, "greater_equal": jnp.greater_equal,
}  # fmt: skip
PLAIN = {
    "negative": jnp.negative, "logical_not": jnp.logical_not, "bitwise_invert": jnp.invert,
    "bitwise_and": jnp.bitwise_and, "bitwise_or": jnp.bitwise_or, "bitwise_xor": jnp.bitwise_xor,
    "bitwise_left_shift": jnp.left_shift, "bitwise_right_shift": jnp.right_shift,
    "where": jnp.where, "isnan": jnp.isnan, "isinf": jnp.isinf, "isfinite": jnp.isfinite,
    "logical_and": jnp.logical_and, "logical_or": jnp.logical_or, "logical_xor": jnp.logical_xor,
}  # fmt: skip
PLAIN_UNARY = {"negative", "logical_not", "bitwise_invert", "isnan", "isinf", "isfinite"}


def beside_number(fn):
    """A binary function that does not round a Python number to half precision first."""

    @functools.wraps(fn)
    def run(x, y):
        if is_number(y) and getattr(x, "dtype", None) in HALVES:
            out = fn(x.astype(F32), y)
        elif is_number(x) and getattr(y, "dtype", None) in HALVES:
            out = fn(x, y.astype(F32))
        else:
            return fn(x, y)
        return out.astype(y.dtype if is_number(x) else x.dtype) if out.dtype == F32 else out

    return run


for _name, _fn in UNARY.items():
    KERNELS[_name] = halves(_fn)
for _name, _fn in BINARY.items():
    KERNELS[_name] = beside_number(_fn)
KERNELS.update(PLAIN)


def _dtype(x, y):
    return y.dtype if is_number(x) else x.dtype


def _both(x, y):
    """Both operands as arrays of the dtype that the array among them has."""
    d = _dtype(x, y)
    return jnp.asarray(x, d), jnp.asarray(y, d)


@kernel
def floor_divide(x, y):
    x, y = _both(x, y)
    if kind(x.dtype) in "iu":
        return jnp.floor_divide(x, y)
    return _floor_quotient(x, y)


@halves
def _floor_quotient(x, y):
    m = lax.rem(*jnp.broadcast_arrays(x, y))
    q = (x - m) / y
    q = jnp.where((m != 0) & ((y < 0) != (m < 0)), q - 1, q)
    down = jnp.floor(q)
    down = jnp.where(q - down > 0.5, down + 1, down)
    down = jnp.where(q == 0, jnp.copysign(jnp.zeros((), x.dtype), x / y), down)
    return jnp.where(y == 0, x / y, down)


@kernel
def remainder(x, y):
    x, y = _both(x, y)
    return _remainder(x, y)


@halves
def _remainder(x, y):
    if kind(x.dtype) in "iu":
        return jnp.remainder(x, y)
    m = lax.rem(*jnp.broadcast_arrays(x, y))
    return jnp.where((m != 0) & ((y < 0) != (m < 0)), m + y, m)


@kernel
def trunc_divide(x, y):
    x, y = _both(x, y)
    if kind(x.dtype) in "iu":
        return lax.div(*jnp.broadcast_arrays(x, y))
    return jnp.trunc(x / y)


@kernel
def fmod(x, y):
    return _fmod(*_both(x, y))


@halves
def _fmod(x, y):
    return lax.rem(*jnp.broadcast_arrays(x, y))


@kernel
def pow(x, y):
    d = _dtype(x, y)
    if kind(d) == "b":
        return jnp.logical_or(x, jnp.logical_not(y))
    if kind(d) in "iu":
        return _int_pow(*_both(x, y))
    return _float_pow(x, y)


@halves
def _float_pow(x, y):
    fn = power(x, y)
    return jnp.power(*_both(x, y)) if fn is None else fn(x)


def power(x, y):
    """The function for a power that torch computes by another, which differs at infinity."""
    if type(y) not in (int, float) or kind(x.dtype) not in "fc":
        return None
    return POWERS.get(y) if kind(x.dtype) == "f" or y in (1, 2, 3) else None


POWERS = {
    0.5: jnp.sqrt, -0.5: lambda x: 1 / jnp.sqrt(x), 1: lambda x: x, 2: lambda x: x * x,
    3: lambda x: x * x * x, -1: lambda x: 1 / x, -2: lambda x: 1 / (x * x),
}  # fmt: skip


def _int_pow(x, y):
    """Integer powers, which wrap around; a negative exponent gives torch's 0, 1 or -1."""
    out = jnp.power(x, jnp.maximum(y, 0))
    if kind(x.dtype) == "i":
        odd = jnp.where((y & 1) == 1, -1, 1)
        negative = jnp.where(x == 1, 1, jnp.where(x == -1, odd, 0))
        out = jnp.where(y < 0, negative, out)
    return out.astype(x.dtype)


@kernel
def abs(x):
    return x if kind(x.dtype) in "ub" else jnp.abs(x)


@kernel
def floor(x):
    return jnp.floor(x) if kind(x.dtype) == "f" else x


@kernel
def ceil(x):
    return jnp.ceil(x) if kind(x.dtype) == "f" else x


@kernel
def trunc(x):
    return jnp.trunc(x) if kind(x.dtype) == "f" else x


@kernel
def round(x):
    return lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN) if kind(x.dtype) == "f" else x


@kernel
def sign(x):
    if kind(x.dtype) == "b":
        return x
    return jnp.where(x == x, jnp.sign(x), jnp.zeros((), x.dtype))


@kernel
def conj(x):
    return jnp.conj(x) if kind(x.dtype) == "c" else x


@kernel
def real(x):
    return jnp.real(x) if kind(x.dtype) == "c" else x


@kernel
def imag(x):
    return jnp.imag(x)


@kernel
def square(x):
    return jnp.multiply(x, x)


@kernel
def rsubtract(x, y):
    return KERNELS["subtract"](y, x)


# --- compositions whose numbers are operands ------------------------------------------------------


@kernel
@halves
def addcmul(x, y, z, value):
    return x + y * value * z


@kernel
@halves
def addcdiv(x, y, z, value):
    return x + y * value / z


@kernel
@halves
def lerp(x, y, w):
    gap = y - x
    return jnp.where(jnp.abs(w) < 0.5, x + gap * w, y - gap * (1 - w))


@kernel
@halves
def clamp(x, lo, hi):
    x = x if lo is None else jnp.maximum(x, lo)
    return x if hi is None else jnp.minimum(x, hi)


# --- casts and creation ---------------------------------------------------------------------------


@kernel(static=1)
def astype(x, dtype):
    have, want = kind(x.dtype), kind(dtype)
    if have == "c" and want != "c":
        x = jnp.real(x)
    elif want in "iu" and have == "f":
        return _float_to_int(x, dtype)
    if dtype in HALVES and x.dtype == F64:
        x = x.astype(F32)
    return x.astype(dtype)


def _float_to_int(x, dtype):
    """C's conversion as x86 does it: what does not fit, NaN too, is the least number, and wraps."""
    wide = I32 if dtype.itemsize < 4 else dtype
    if wide.kind == "u":
        wide = I64
    x = x.astype(F32) if x.dtype in HALVES else x
    low = float(np.iinfo(wide).min)
    fits = (x >= low) & (x < -low) if x.dtype == F32 else (x > low - 1) & (x < -low)
    return jnp.where(fits, x, low).astype(wide).astype(dtype)


def full(shape, value, dtype):
    if kind(dtype) in "iu" and isinstance(value, float):
        value = int(value)
    if kind(dtype) == "b" and type(value) in NUMBERS:
        value = bool(value)
    return jnp.full(shape, value, dtype)


def arange(start, stop, step, dtype):
    return jnp.asarray(np.arange(start, stop, step).astype(dtype))


def zeros(shape, dtype):
    return jnp.zeros(shape, dtype)


@kernel
def copy(x):
    return jnp.copy(x)


# --- shape ----------------------------------------------------------------------------------------


@kernel(static=1)
def reshape(x, shape):
    return jnp.reshape(x, shape)


@kernel(static=1)
def permute_dims(x, axes):
    return jnp.transpose(x, axes)


@kernel(static=1)
def broadcast_to(x, shape):
    return jnp.broadcast_to(x, shape)


@kernel(static=1)
def spread(x, shape):
    return jnp.broadcast_to(x, shape)


@kernel(static=1)
def concat(xs, axis):
    return jnp.concatenate(xs, axis)


@kernel(static=1)
def stack(xs, axis):
    return jnp.stack(xs, axis)


@kernel(static=1)
def flip(x, axes):
    return jnp.flip(x, axes)


@kernel
def mask(g, keep):
    return jnp.where(keep, g, jnp.zeros((), g.dtype))


# --- order ----------------------------------------------------------------------------------------


@kernel(static=1)
def take(x, i, axis):
    return jnp.take(x, i, axis, mode="clip")


@kernel(static=1)
def take_along_axis(x, i, axis):
    return jnp.take_along_axis(x, i, axis, mode="clip")


@kernel(static=3)
def argsort(x, axis, descending, stable):
    """Stable order; NaN counts as the greatest value."""
    if not x.ndim:
        return jnp.zeros((), I64)
    if not descending:
        return jnp.argsort(x, axis, stable=True)
    n = x.shape[axis]
    return jnp.flip(n - 1 - jnp.argsort(jnp.flip(x, axis), axis, stable=True), axis)


@kernel(static=2)
def argmax(x, axis, keepdims):
    return jnp.argmax(_ordered(x), axis, keepdims=keepdims)


@kernel(static=2)
def argmin(x, axis, keepdims):
    return jnp.argmin(_ordered(x), axis, keepdims=keepdims)


def _ordered(x):
    return x.astype(np.uint8) if kind(x.dtype) == "b" else x


@kernel(static=2)
def max(x, axes, keepdims):
    return jnp.max(x, axes, keepdims=keepdims)


@kernel(static=2)
def min(x, axes, keepdims):
    return jnp.min(x, axes, keepdims=keepdims)


# --- sums and products ----------------------------------------------------------------------------


@kernel(static=2)
def sum(x, axes, keepdims):
    if kind(x.dtype) == "b":
        return jnp.any(x, axes, keepdims=keepdims)
    wide = F32 if x.dtype in HALVES else x.dtype
    return jnp.sum(x, axes, dtype=wide, keepdims=keepdims).astype(x.dtype)


@kernel(static=2)
def prod(x, axes, keepdims):
    if kind(x.dtype) == "b":
        return jnp.all(x, axes, keepdims=keepdims)
    wide = F32 if x.dtype in HALVES else x.dtype
    return jnp.prod(x, axes, dtype=wide, keepdims=keepdims).astype(x.dtype)


@kernel(static=2)
def any(x, axes, keepdims):
    return jnp.any(x, axes, keepdims=keepdims)


@kernel(static=2)
def all(x, axes, keepdims):
    return jnp.all(x, axes, keepdims=keepdims)


@kernel(static=1)
def cumulative_sum(x, axis):
    if kind(x.dtype) == "b":
        return lax.cummax(x.astype(np.uint8), axis).astype(bool)
    wide = F32 if x.dtype in HALVES else x.dtype
    return jnp.cumsum(x, axis, dtype=wide).astype(x.dtype)


@kernel
def matmul(x, y):
    if x.dtype != y.dtype or x.dtype == bool and x.size and y.size:
        raise TypeError("matmul takes operands of one numeric dtype")
    if x.dtype == bool:
        return jnp.matmul(x.astype(np.uint8), y.astype(np.uint8)).astype(bool)
    return _matmul(x, y)


@halves
def _matmul(x, y):
    return jnp.matmul(x, y, precision=lax.Precision.HIGHEST)
