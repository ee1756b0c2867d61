"""Indexing, ordering and scans where NumPy is faster than the front end's composition."""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from .kernels import F32, HALVES, kernel, rows

I64 = np.dtype(np.int64)


def _wide(x):
    """Half-precision values as float32: NumPy orders and searches those reliably."""
    return x.astype(F32) if x.dtype in HALVES else x


# --- indexing -------------------------------------------------------------------------------------


@kernel
def check_index(index, size, dim):
    """Integer indices made non-negative; torch's IndexError if one is out of bounds."""
    if not index.size:
        return index
    if index.dtype is not I64 or np.maximum.reduce(index.view(np.uint64), None) >= size:
        low, high = index.min(), index.max()
        if not size:
            raise IndexError("index is out of bounds for dimension with size 0")
        if low < -size or high >= size:
            bad = index[(index < -size) | (index >= size)].reshape(-1)[0]
            raise IndexError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
        if low < 0:
            return np.where(index < 0, index + size, index)
    return index


@kernel
def check_target(target, classes, ignore):
    other = target.dtype is not I64
    if other or np.maximum.reduce(target.view(np.uint64), None, initial=0) >= classes:
        bad = target[(target != ignore) & ((target < 0) | (target >= classes))]
        if bad.size:
            raise IndexError(f"Target {bad.reshape(-1)[0]} is out of bounds.")


@kernel
def put_add(x, key, value):
    """``x`` with ``value`` added at ``key``; repeated positions add up in order."""
    return _add_at(np.array(x, order="C"), key, value)


@kernel
def index_add_at(g, shape, key):
    """Zeros of a shape with ``g`` added at ``key``."""
    return _add_at(np.zeros(shape, g.dtype), key, g)


@kernel
def unslice(g, shape, key):
    """Zeros of a shape with ``g`` put at ``key``, which selects nothing twice."""
    out = np.zeros(shape, g.dtype)
    out[key] = g
    return out


def _add_at(out, key, value):
    """Add in place, by flat positions: NumPy's unbuffered add is fast only in one dimension."""
    if type(key) is slice or (type(key) is tuple and all(type(k) is slice for k in key)):
        out[key] += value
        return out
    if out.dtype.kind == "b":
        np.logical_or.at(out, key, value)
        return out
    rows = key[0] if type(key) is tuple and len(key) == 1 else key
    if type(rows) is np.ndarray and rows.ndim == 1 and rows.dtype.kind == "i":
        size = out[0].size if len(out) else 0
        at = rows if out.ndim == 1 else np.add.outer(rows * size, np.arange(size)).reshape(-1)
        value = np.broadcast_to(value, (rows.size, *out.shape[1:]))
    else:
        at = np.arange(out.size).reshape(out.shape)[key]
        value = np.broadcast_to(value, at.shape)
    np.add.at(out.reshape(-1), at.reshape(-1), value.reshape(-1))
    return out


_AT = {"sum": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


@kernel
def put_combine(flat, index, value, how):
    """A 1-d array with values combined into positions: ``sum``, ``prod``, ``amax`` or ``amin``."""
    out = np.array(flat)
    _AT[how].at(out, index, value)
    return out


@kernel
def check_scatter_index(index, size, dim):
    if index.size and np.maximum.reduce(index.view(np.uint64), None) >= size:
        bad = index[(index < 0) | (index >= size)].reshape(-1)[0]
        raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


@lru_cache(256)
def _steps(n, step, after):
    """0, step, 2 step, .. along a dimension that ``after`` others follow."""
    out = (np.arange(n) * step).reshape((-1,) + (1,) * after)
    out.flags.writeable = False
    return out


@kernel
def positions(index, shape, axis):
    """Flat positions in an array of ``shape`` that indices along ``axis`` point at."""
    step = prod(shape[axis + 1 :])
    out = index if step == 1 else index * step
    step = 1
    for d in range(len(shape) - 1, -1, -1):
        if d != axis:
            out = out + _steps(index.shape[d], step, len(shape) - 1 - d)
        step *= shape[d]
    return out


@kernel
def take_along_axis(x, index, axis):
    if (
        x.flags.c_contiguous
        and x.ndim > 1
        and all(index.shape[d] <= x.shape[d] for d in range(x.ndim) if d != axis)
    ):
        return x.reshape(-1)[positions(index, x.shape, axis)]
    return np.take_along_axis(x, index, axis)


# --- joining --------------------------------------------------------------------------------------


@kernel
def stack(xs, axis):
    if axis or not xs[0].shape:
        return rows(np.stack(xs, axis))
    return rows(np.concatenate(xs).reshape(len(xs), *xs[0].shape))


# --- order ----------------------------------------------------------------------------------------


@kernel
def argsort(x, axis, descending, stable):
    """Stable order; NaN counts as the greatest value."""
    x = _wide(x)
    if not descending:
        return x.argsort(axis, "stable")
    if x.dtype.kind == "b":
        x = x.view(np.uint8)
    if x.dtype.kind == "u":
        return np.argsort(np.invert(x), axis, kind="stable")
    if x.dtype.kind == "i":
        return np.argsort(np.invert(x), axis, kind="stable")
    n = x.shape[axis]
    back = (slice(None),) * axis + (slice(None, None, -1),)
    return (n - 1 - x[back].argsort(axis, "stable"))[back]


@kernel
def argmax(x, axis, keepdims):
    return np.argmax(_wide(x), axis, keepdims=keepdims)


@kernel
def argmin(x, axis, keepdims):
    return np.argmin(_wide(x), axis, keepdims=keepdims)


@kernel
def top_index(x, k, axis, largest):
    """Positions of the ``k`` greatest or smallest along an axis, in order."""
    n = x.shape[axis]
    x = _wide(x)
    if n < 32 or k * 8 > n or x.dtype.kind not in "f":
        order = argsort(x, axis, largest, True)
        return order[(slice(None),) * axis + (slice(0, k),)]
    score = np.negative(x) if largest else x
    if largest:
        score = np.where(np.isnan(x), -np.inf, score)
    part = np.argpartition(score, k - 1, axis)[(slice(None),) * axis + (slice(0, k),)]
    part = np.sort(part, axis)
    order = argsort(np.take_along_axis(x, part, axis), axis, largest, True)
    return np.take_along_axis(part, order, axis)


@kernel
def searchsorted(sorted_row, values, right):
    """Insertion positions of values into one sorted row."""
    side = "right" if right else "left"
    return np.asarray(np.searchsorted(_wide(sorted_row), _wide(values), side))


# --- masks and triangles --------------------------------------------------------------------------


_BITS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


@kernel
def masked_fill_value(x, mask, value):
    """On large arrays by bits, which does not branch on every element."""
    value = np.asarray(value).astype(x.dtype)
    bits = _BITS.get(x.dtype)
    if bits is None or type(x) is not np.ndarray or type(mask) is not np.ndarray or x.size < 512:
        r = np.where(mask, value, x)
        return rows(r) if r.shape else r
    m = np.negative(mask.astype(bits))
    out = np.bitwise_and(x.view(bits), np.invert(m))
    return np.bitwise_or(out, np.bitwise_and(m, value.view(bits))).view(x.dtype)


@kernel
def tril(x, k):
    return np.tril(x, k)


@kernel
def triu(x, k):
    return np.triu(x, k)


# --- spread ---------------------------------------------------------------------------------------


@kernel
def var(x, axes, correction, keepdims):
    n = x.size if axes is None else 1
    for a in axes or ():
        n *= x.shape[a]
    d = x - np.true_divide(np.add.reduce(x, axes, x.dtype, None, True), max(n, 1))
    d = np.square(d.real) + np.square(d.imag) if d.dtype.kind == "c" else np.square(d)
    total = np.add.reduce(d, axes, d.dtype, None, keepdims)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.true_divide(total, total.dtype.type(max(n - correction, 0)))


# --- scans ----------------------------------------------------------------------------------------


@kernel
def cumulative_prod(x, axis):
    if x.dtype in HALVES:
        return rows(np.cumprod(x, axis, F32).astype(x.dtype))
    return rows(np.cumprod(x, axis, x.dtype))


@kernel
def cumulative_index(x, axis, greatest):
    """For each position the index of the latest extremum up to it; a NaN wins and stays."""
    x = _wide(x)
    best = (np.maximum if greatest else np.minimum).accumulate(x, axis)
    hit = (x == best) | (x != x)
    shape = [1] * x.ndim
    shape[axis] = -1
    at = np.arange(x.shape[axis]).reshape(shape)
    return rows(np.maximum.accumulate(np.where(hit, at, 0), axis))


@kernel
def cumulative_logsumexp(x, axis):
    return rows(np.logaddexp.accumulate(_wide(x), axis).astype(x.dtype))


@kernel
def cumulative_prod_grad(g, x, out, axis):
    """The gradient of a cumulative product: by division where no element is zero."""
    if np.all(x):
        part = np.flip(np.cumsum(np.flip(g * np.conj(out), axis), axis), axis)
        return np.true_divide(part, np.conj(x)).astype(x.dtype, copy=False)
    n = x.shape[axis]
    rows = np.where(np.eye(n, dtype=bool), 1, np.moveaxis(_wide(x), axis, -1)[..., None, :])
    terms = np.triu(np.conj(np.cumprod(rows, -1))) * np.moveaxis(g, axis, -1)[..., None, :]
    return np.moveaxis(np.sum(terms, -1), -1, axis).astype(x.dtype, copy=False)


# --- views ----------------------------------------------------------------------------------------


def _stepped(x, shape, strides, offset):
    """A view of a part of ``x``: shape, and strides and offset in elements from its first one."""
    size = x.dtype.itemsize
    if 0 in shape:
        return np.empty(shape, x.dtype)
    return np.ndarray(shape, x.dtype, x, offset * size, tuple(s * size for s in strides))


@kernel
def diagonal(x, k, i, j):
    out = np.diagonal(x, k, i, j)
    if x.flags.writeable:
        out.flags.writeable = True
    return out


@kernel
def unfold(x, dim, size, step):
    if not x.shape:
        return np.asarray(x).reshape(1)[:size]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dim, writeable=x.flags.writeable)
    return windows[(slice(None),) * dim + (slice(None, None, step),)]


@kernel
def as_strided(x, shape, strides, offset):
    if not x.flags.c_contiguous:
        x = np.ascontiguousarray(x)
    return _stepped(x, shape, strides, offset)


@kernel
def clone(x):
    """A copy whose memory is laid out as that of ``x``, without its gaps."""
    return x.copy("K") if x.ndim else x.copy()


@kernel
def view_dtype(x, dtype):
    return x.view(dtype)
