"""Elementwise functions that NumPy lacks or defines differently.

Half types are the reason for `HalfNumber` and `halves`: torch computes them in float32 and rounds
once, a Python number beside them included, where NumPy would round the number to half first.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from .kernels import BF16, F32, HALVES, int_zero_check, kernel


class HalfNumber(float):
    """A Python number beside arrays of half precision: it keeps its own precision."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        half = next((x.dtype for x in inputs if getattr(x, "dtype", None) in HALVES), None)
        wide = [x if hasattr(x, "dtype") else float(x) for x in inputs]
        if half is not None:
            wide = [x.astype(F32) if getattr(x, "dtype", None) == half else x for x in wide]
        result = getattr(ufunc, method)(*wide, **kwargs)
        if half is not None and result.dtype == F32:
            result = result.astype(half)
        if out is None:
            return result
        out[0][...] = result
        return out[0]

    def conjugate(self):
        return self


@kernel
def weak(value, dtype):
    return HalfNumber(value) if dtype.itemsize == 2 else value


def halves(fn):
    """A kernel that computes half-precision arrays in float32 and rounds once."""

    @functools.wraps(fn)
    def run(x, *rest):
        half = x.dtype
        if half not in HALVES:
            return fn(x, *rest)
        rest = [a.astype(F32) if hasattr(a, "dtype") and a.dtype == half else a for a in rest]
        out = fn(x.astype(F32), *rest)
        return out.astype(half) if out.dtype == F32 else out

    return run


# --- differences and quotients --------------------------------------------------------------------


@kernel
@halves
def log10(x):
    """NumPy's in single precision misses powers of ten by a rounding."""
    return np.log10(x, dtype=np.float64).astype(F32) if x.dtype == F32 else np.log10(x)


@kernel
def rsubtract(x, y):
    return np.subtract(y, x)


@kernel
def trunc_divide(x, y):
    if not int_zero_check(x, y):
        return np.trunc(np.true_divide(x, y))
    q = np.floor_divide(x, y)
    inexact = np.not_equal(np.multiply(q, y), x)
    return np.where(np.logical_and(inexact, np.not_equal(np.less(x, 0), np.less(y, 0))),
                    np.add(q, 1), q)  # fmt: skip


@kernel
def fmod(x, y):
    int_zero_check(x, y)
    return np.fmod(x, y)


# --- exponentials ---------------------------------------------------------------------------------


@kernel
@halves
def rsqrt(x):
    return np.reciprocal(np.sqrt(x))


SIGMOID = {d: (np.array(40, d), np.array(1, d)) for d in (F32, np.dtype(np.float64))}


@kernel
def sigmoid(x):
    """exp(x) over one more than it: right to the smallest result; beyond 40 it is 1 anyway."""
    dtype = x.dtype
    if dtype.kind == "c":
        return np.reciprocal(np.add(np.exp(np.negative(x)), 1))
    if dtype in HALVES:
        return sigmoid(x.astype(F32)).astype(dtype)
    forty, one = SIGMOID[dtype]
    e = np.exp(np.minimum(x, forty))
    below = np.add(e, one)
    return np.true_divide(e, below, below) if x.shape else np.true_divide(e, below)


def _logaddexp(x, y, exp, scale):
    if x.dtype.kind == "c":
        swap = (x.real < y.real) | (y != y)
        top, low = np.where(swap, y, x), np.where(swap, x, y)
        gap = np.where(x == y, 0, low - top)
        return np.where(top.real == -np.inf, low, top + np.log1p(np.exp(gap)))
    gap = np.abs(np.subtract(x, y))
    gap = np.where(np.equal(x, y), np.zeros((), gap.dtype), gap)
    tail = np.log1p(exp(np.negative(gap)))
    return np.add(np.maximum(x, y), tail if scale == 1 else np.multiply(tail, scale))


@kernel
@halves
def logaddexp(x, y):
    return _logaddexp(x, y, np.exp, 1)


@kernel
@halves
def logaddexp2(x, y):
    return _logaddexp(x, y, np.exp2, 1 / math.log(2))


# --- limits ---------------------------------------------------------------------------------------


NUMBERS = {int, float}
CLIP = 4096  # elements from which one pass of `clip` pays for its Python frames


@kernel
def clamp(x, lo, hi):
    dtype = x.dtype
    if dtype in HALVES and not (hasattr(lo, "dtype") or hasattr(hi, "dtype")):
        return clamp(x.astype(F32), lo, hi).astype(dtype)
    if lo is None:
        return x if hi is None else np.minimum(x, hi)
    if x.size > CLIP and type(lo) in NUMBERS and type(hi) in NUMBERS:
        return x.clip(lo, hi)
    y = np.maximum(x, lo)
    return y if hi is None else np.minimum(y, hi)


ZERO = {np.dtype(d): np.zeros((), d) for d in (
    np.float16, np.float32, np.float64, np.uint8, np.int8, np.int16, np.int32, np.int64, BF16
)}  # fmt: skip


@kernel
def relu(x):
    """Zero first: NumPy then gives torch's -0.0 for -0.0."""
    return np.maximum(ZERO[x.dtype], x)


# --- complex numbers ------------------------------------------------------------------------------

_COMPLEX = {4: np.complex64, 8: np.complex128}
_REAL = {8: np.float32, 16: np.float64}


@kernel
def complex_(x, y):
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), _COMPLEX[x.dtype.itemsize])
    out.real, out.imag = x, y
    return out


@kernel
def view_as_real(x):
    x = np.asarray(x)
    return x[..., None].view(_REAL[x.dtype.itemsize])


@kernel
def view_as_complex(x):
    if x.strides[-1] != x.itemsize:
        x = np.ascontiguousarray(x)
    return x.view(_COMPLEX[x.dtype.itemsize])[..., 0]
