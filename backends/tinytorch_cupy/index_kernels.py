"""Reading, writing and adding at positions, and putting things in order.

CuPy takes any index modulo the size, so bounds are checked here, on the device: one flag comes back
to the host, the positions only for the text of an error. Additions go through atomics in the dtypes
that have them, half precision in float32; several values for one place are settled by an atomic
maximum of their turns, so that the last one stays.
"""

from __future__ import annotations

import cupy as cp

from .kernels import BF16, BOOL, F16, F32, F64, HALVES, I32, I64, kernel

ADDED_AS = {F32: F32, F64: F64, F16: F32, BF16: F32, I32: I32, I64: I64}


def is_array(k):
    return isinstance(k, cp.ndarray)


# --- checks ---------------------------------------------------------------------------------------


def first_outside(index, low, high, ignore=None):
    """The first index that is not from ``low`` to below ``high`` nor ignored, or None."""
    if not index.size:
        return None
    outside = cp.logical_or(cp.less(index, low), cp.greater_equal(index, high))
    if ignore is not None:
        outside = cp.logical_and(outside, cp.not_equal(index, ignore))
    return int(index[outside].reshape(-1)[0]) if bool(outside.any()) else None


@kernel
def check_index(index, size, dim):
    """Integer indices made non-negative; torch's IndexError if one is out of bounds."""
    bad = first_outside(index, -size, size)
    if bad is not None and not size:
        raise IndexError("index is out of bounds for dimension with size 0")
    if bad is not None:
        raise IndexError(f"index {bad} is out of bounds for dimension {dim} with size {size}")
    return cp.where(cp.less(index, 0), cp.add(index, size), index)


@kernel
def check_target(target, classes, ignore):
    bad = first_outside(target, 0, classes, ignore)
    if bad is not None:
        raise IndexError(f"Target {bad} is out of bounds.")


@kernel
def check_scatter_index(index, size, dim):
    bad = first_outside(index, 0, size)
    if bad is not None:
        raise RuntimeError(f"index {bad} is out of bounds for dimension {dim} with size {size}")


@kernel
def check_flat_index(index, size):
    bad = first_outside(index, -size, size)
    if bad is not None:
        text = f"out of range: tried to access index {bad} on a tensor of {size} elements."
        raise IndexError(text)
    return cp.where(cp.less(index, 0), cp.add(index, size), index)


@kernel
def check_slice_index(index, size, name):
    bad = first_outside(index, 0, size)
    if bad is None:
        return
    if name == "index_select":
        raise IndexError("index out of range in self")
    error = IndexError if name == "index_copy" else RuntimeError
    head = "index_copy_(): " if name == "index_copy" else ""
    raise error(f"{head}index {bad} is out of bounds for dimension 0 with size {size}")


# --- reading --------------------------------------------------------------------------------------


@kernel
def getitem(x, key):
    return x[key]


@kernel
def take(x, index, axis):
    return x.take(index, axis)


@kernel
def take_along_axis(x, index, axis):
    return cp.take_along_axis(x, index, axis)


@kernel
def nonzero(x):
    return cp.nonzero(x)


# --- writing --------------------------------------------------------------------------------------


@kernel
def assign(x, value):
    x[...] = value


@kernel
def put(x, key, value):
    out = x.copy()
    arrays = [k for k in key if is_array(k)]
    if not arrays or not is_array(value) or value.size < 2:
        out[key] = value
    elif len(key) == 1 and arrays[0].ndim == 1:
        settled(out, arrays[0], value)
    else:
        at = cp.arange(out.size).reshape(out.shape)[key]
        settled(out.reshape(-1), at.reshape(-1), cp.broadcast_to(value, at.shape).reshape(-1))
    return out


def settled(out, rows, value):
    """Put values at rows; of several for one row the last stays."""
    n = rows.size
    value = cp.broadcast_to(value, (n, *out.shape[1:]))
    turn = cp.zeros(len(out), I64)
    cp.maximum.at(turn, rows, cp.arange(n))
    out[rows] = value[turn[rows]]


@kernel
def fill_where(x, mask, value):
    cp.copyto(x, value, where=mask)


@kernel
def unslice(g, shape, key):
    """Zeros of a shape with ``g`` put at ``key``, which selects nothing twice."""
    out = cp.zeros(shape, g.dtype)
    out[key] = g
    return out


# --- adding ---------------------------------------------------------------------------------------


@kernel
def put_add(x, key, value):
    """``x`` with ``value`` added at ``key``; repeated positions add up, in any order."""
    return add_at(x.copy(), key, value)


@kernel
def index_add_at(g, shape, key):
    """Zeros of a shape with ``g`` added at ``key``."""
    return add_at(cp.zeros(shape, g.dtype), key, g)


def add_at(out, key, value):
    dtype = out.dtype
    if dtype.kind == "c":
        v = value if is_array(value) else cp.asarray(value, dtype)
        cp.add.at(out.real, key, v.real)
        cp.add.at(out.imag, key, v.imag)
        return out
    wide = ADDED_AS.get(dtype, I32)
    if wide is not dtype:
        value = value.astype(wide) if is_array(value) else value
        return add_at(out.astype(wide), key, value).astype(dtype)
    cp.add.at(out, key, value)
    return out


# --- order ----------------------------------------------------------------------------------------


def sortable(x):
    """Values as a dtype that CuPy sorts everywhere: neither of half precision nor bool."""
    if x.dtype in HALVES:
        return x.astype(F32)
    return x.astype(cp.uint8) if x.dtype is BOOL else x


@kernel
def argsort(x, axis, descending, stable):
    """Stable order; NaN counts as the greatest value."""
    if not x.size:
        return cp.zeros(x.shape, I64)
    x = sortable(x)
    if not descending:
        return cp.argsort(x, axis)
    if x.dtype.kind in "iu":
        return cp.argsort(cp.invert(x), axis)
    back = (slice(None),) * axis + (slice(None, None, -1),)
    return (x.shape[axis] - 1 - cp.argsort(x[back], axis))[back]


@kernel
def searchsorted(sorted_row, values, right):
    """Insertion positions of values into one sorted row."""
    return cp.searchsorted(sortable(sorted_row), sortable(values), "right" if right else "left")
