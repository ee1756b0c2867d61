"""Emulated functions of the modules `cupy` and `cupyx`.

A function is written here where CuPy's answer, or what it takes, is not NumPy's. `PLAIN` are those
where they are the same: arguments are bound against CuPy's signature, host arrays refused, and
NumPy computes.
"""

from __future__ import annotations

import builtins
import functools

import numpy as np

from . import state
from .arrays import dtype_of, make, ndarray, seen, view, view_or_copy
from .surface import MODULES, signature
from .ufuncs import BF16, WHERE, ufunc

PLAIN = """
stack concatenate argwhere count_nonzero tril triu eye identity linspace array_equal allclose
diff roll repeat tile tensordot dot vdot inner outer einsum kron trace mean std var unique sort
bincount digitize cross round clip append atleast_1d isclose
""".split()
VIEWS = "flip swapaxes moveaxis expand_dims squeeze rollaxis transpose".split()


def unwrap(v):
    if isinstance(v, ndarray):
        state.need(v.block.device)
        return v._a
    if isinstance(v, np.ndarray):
        raise TypeError(f"Unsupported type {type(v)}")
    if isinstance(v, (list, tuple)):
        if (
            v
            and isinstance(v, list)
            and not builtins.any(isinstance(x, (ndarray, list)) for x in v)
        ):
            raise TypeError("Only cupy arrays can be concatenated")
        return type(v)(unwrap(x) for x in v)
    return v


def bound(name, args, kwargs):
    """The arguments in CuPy's own order and under its names; TypeError if it takes them not."""
    real = signature(MODULES["cupy"][name][1])
    if real is not None:
        found = real.bind(*args, **kwargs)
        args, kwargs = found.args, found.kwargs
    return [unwrap(v) for v in args], {k: unwrap(v) for k, v in kwargs.items()}


def plain(name):
    def run(*args, **kwargs):
        args, kwargs = bound(name, args, kwargs)
        state.launch()
        with np.errstate(all="ignore"):
            r = getattr(np, name)(*args, **kwargs)
        return tuple(make(x) for x in r) if isinstance(r, tuple) else make(r)

    run.__name__ = name
    return run


def viewing(name):
    def run(*args, **kwargs):
        x = args[0]
        args, kwargs = bound(name, args, kwargs)
        return view_or_copy(x, getattr(np, name)(*args, **kwargs))

    run.__name__ = name
    return run


# --- creation and transfer ------------------------------------------------------------------------


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    if isinstance(obj, ndarray):
        return obj.astype(obj.dtype if dtype is None else dtype)
    if isinstance(obj, (list, tuple)) and builtins.any(isinstance(x, ndarray) for x in obj):
        raise NotImplementedError("emulated: an array of a list of arrays")
    a = np.array(obj, dtype)
    dtype_of(a.dtype)
    state.TRANSFERS["to device"] += 1
    return make(np.array(a, order="C"))


def asarray(a, dtype=None, order=None, *, copy=None, blocking=False):
    if isinstance(a, ndarray) and dtype in (None, a.dtype):
        return a
    return array(a, dtype)


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    return a.get() if isinstance(a, ndarray) else np.asarray(a)


def ascontiguousarray(a, dtype=None):
    return a if a.flags.c_contiguous else a.copy()


def empty(shape, dtype=float, order="C"):
    return ndarray(shape, dtype)


def zeros(shape, dtype=float, order="C"):
    out = ndarray(shape, dtype)
    out._a[...] = 0
    state.launch()
    return out


def full(shape, fill_value, dtype=None, order="C"):
    if isinstance(fill_value, ndarray):
        raise TypeError("emulated: cupy.full of an array")
    out = ndarray(shape, np.asarray(fill_value).dtype if dtype is None else dtype)
    out.fill(fill_value)
    return out


def empty_like(prototype, dtype=None, order="K", subok=None, shape=None):
    return ndarray(prototype.shape if shape is None else shape, dtype or prototype.dtype)


def zeros_like(a, dtype=None, order="K", subok=None, shape=None):
    return zeros(a.shape if shape is None else shape, dtype or a.dtype)


def ones_like(a, dtype=None, order="K", subok=None, shape=None):
    return full(a.shape if shape is None else shape, 1, dtype or a.dtype)


def ones(shape, dtype=float, order="C"):
    return full(shape, 1, dtype)


def arange(start, stop=None, step=1, dtype=None):
    if builtins.any(isinstance(v, ndarray) for v in (start, stop, step)):
        raise TypeError("Unsupported type <class 'cupy.ndarray'>")
    state.launch()
    start, stop = (0, start) if stop is None else (start, stop)
    return make(np.arange(start, stop, step, dtype))


def copyto(dst, src, casting="same_kind", where=None):
    state.need(dst.block.device)
    state.launch()
    mask = True if where is None else unwrap(where)
    np.copyto(dst._a, np.asarray(unwrap(src), dst.dtype), where=mask)


# --- shape ----------------------------------------------------------------------------------------


def broadcast_to(array, shape):
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    a = np.broadcast_to(unwrap(array), shape)
    return seen(array, a.shape, a.dtype, a) if a.size else make(a)


def as_strided(x, shape=None, strides=None):
    shape = x.shape if shape is None else tuple(shape)
    a = np.lib.stride_tricks.as_strided(x._a, shape, strides)
    return seen(x, a.shape, a.dtype, a)


def flip(a, axis=None):
    return view(a, np.flip(a._a, axis))


# --- choosing and ordering ------------------------------------------------------------------------

_where = ufunc("where", WHERE, 3, 1)


def where(condition, x=None, y=None):
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("Must provide both 'x' and 'y' or neither.")
    return _where(condition.astype(bool, copy=False), x, y)


def nonzero(a):
    if not a.ndim:
        raise ValueError(
            "Calling nonzero on 0d arrays is not allowed. "
            "Use cp.atleast_1d(scalar).nonzero() instead."
        )
    state.TRANSFERS["scalar"] += 1
    found = make(np.argwhere(unwrap(a)))
    return tuple(found[:, i] for i in range(a.ndim))


def take(a, indices, axis=None, out=None):
    return a.take(indices, axis)


def take_along_axis(a, indices, axis):
    state.launch()
    i = unwrap(indices)
    if i.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    x = a.ravel() if axis is None else a
    n = x.shape[0 if axis is None else axis]
    return make(np.take_along_axis(x._a, i % max(n, 1), 0 if axis is None else axis))


def argsort(a, axis=-1, kind=None):
    if a.dtype == BF16:
        raise TypeError("Sorting arrays with dtype 'bfloat16' is not supported")
    state.launch()
    return make(np.argsort(unwrap(a), axis, kind="stable"))


def searchsorted(a, v, side="left", sorter=None):
    state.launch()
    return make(np.searchsorted(unwrap(a), unwrap(v), side))


def amax(a, axis=None, out=None, keepdims=False):
    return a.max(axis, out, keepdims)


def amin(a, axis=None, out=None, keepdims=False):
    return a.min(axis, out, keepdims)


def sum(a, axis=None, dtype=None, out=None, keepdims=False):
    return a.sum(axis, dtype, out, keepdims)


def prod(a, axis=None, dtype=None, out=None, keepdims=False):
    return a.prod(axis, dtype, out, keepdims)


def all(a, axis=None, out=None, keepdims=False):
    return a.all(axis, out, keepdims)


def any(a, axis=None, out=None, keepdims=False):
    return a.any(axis, out, keepdims)


def _extremum_index(fn, a, axis, keepdims):
    state.launch()
    if a.dtype == BF16:
        raise TypeError("emulated: the place of an extremum of bfloat16")
    x = unwrap(a)
    at = fn(x, axis, keepdims=keepdims)
    if x.dtype.kind not in "fc":
        return make(at)
    nan = np.isnan(x)  # any of several may be found: here the last one is
    last = (x.size if axis is None else x.shape[axis]) - 1
    end = last - np.argmax(np.flip(nan, axis), axis, keepdims=keepdims)
    return make(np.where(nan.any(axis, keepdims=keepdims), end, at))


def argmax(a, axis=None, dtype=None, out=None, keepdims=False):
    return _extremum_index(np.argmax, a, axis, keepdims)


def argmin(a, axis=None, dtype=None, out=None, keepdims=False):
    return _extremum_index(np.argmin, a, axis, keepdims)


def _scan(fn, a, axis, dtype):
    state.launch()
    if a.dtype.itemsize == 2 and a.dtype.kind in "fV":
        raise TypeError("emulated: a scan of half precision rounds at every step")
    return make(fn(unwrap(a), axis, dtype))


def cumsum(a, axis=None, dtype=None, out=None):
    return _scan(np.cumsum, a, axis, dtype)


def cumprod(a, axis=None, dtype=None, out=None):
    return _scan(np.cumprod, a, axis, dtype)


# --- contraction ----------------------------------------------------------------------------------


def _matmul(x1, x2, /, out=None, **kwargs):
    state.launch()
    a, b = unwrap(x1), unwrap(x2)
    dtype = np.result_type(a, b)
    if dtype == BF16 and a.ndim + b.ndim > 4:
        raise TypeError("dtype is not supported: bfloat16")
    if dtype.itemsize == 2 and dtype.kind in "fV":
        return make(np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(dtype))
    with np.errstate(all="ignore"):
        return make(np.matmul(a, b))


matmul = _matmul


class broadcast:
    """The common shape of arrays."""

    def __init__(self, *arrays):
        self.shape = np.broadcast_shapes(*(x.shape for x in arrays))
        self.nd, self.size = len(self.shape), int(np.prod(self.shape))


# --- the pools ------------------------------------------------------------------------------------


@functools.cache
def get_default_memory_pool():
    from .memory import MemoryPool

    return MemoryPool()


@functools.cache
def get_default_pinned_memory_pool():
    from .memory import PinnedMemoryPool

    return PinnedMemoryPool()


def get_array_module(*args):
    import sys

    device = builtins.any(isinstance(a, ndarray) for a in args)
    return sys.modules["cupy"] if device else np


def is_available():
    return True


WRITTEN = [
    array, asarray, asnumpy, ascontiguousarray, empty, zeros, full, empty_like, zeros_like,
    ones_like, ones, arange, copyto, broadcast_to, flip, where, nonzero, take, take_along_axis,
    argsort, searchsorted, amax, amin, sum, prod, all, any, argmax, argmin, cumsum, cumprod,
    get_default_memory_pool, get_default_pinned_memory_pool, get_array_module, is_available,
]  # fmt: skip
