"""Reading and writing by keys of integers, slices and integer arrays.

The standard reads by slices, or by integer arrays for every dimension at once, and cannot write by
integer arrays at all. So a key with arrays becomes one array of flat positions; a read takes them,
and a write sorts them and asks, for every element, whether it is among them.
"""

from __future__ import annotations

from math import prod

import array_api_strict as xp

ARRAY = type(xp.asarray(0))


def getitem(x, key):
    """``x[key]``: ints, slices, None and at most one Ellipsis, or integer arrays among them."""
    x, key = without_none(x, key)
    key = expand(x.shape, key)
    if not any(isinstance(k, ARRAY) for k in key):
        return x[key]
    at = positions(x.shape, key)
    flat = xp.take(xp.reshape(x, (-1,)), xp.reshape(at, (-1,)), axis=0)
    return xp.reshape(flat, at.shape)


def put(x, key, value):
    """A copy of ``x`` with ``value``, a number or an array, broadcast into ``x[key]``."""
    key = expand(x.shape, key)
    out = xp.asarray(x, copy=True)
    if not any(isinstance(k, ARRAY) for k in key):
        out[key] = value
        return out
    at = positions(x.shape, key)
    value = xp.broadcast_to(xp.asarray(value, dtype=x.dtype), at.shape)
    flat = scatter(xp.reshape(x, (-1,)), xp.reshape(at, (-1,)), xp.reshape(value, (-1,)))
    return xp.reshape(flat, x.shape)


def without_none(x, key):
    """The array with the dimensions of size 1 that None asks for, and a key with slices there."""
    key = key if isinstance(key, tuple) else (key,)
    if not any(k is None for k in key):
        return x, key
    dots = [i for i, k in enumerate(key) if k is Ellipsis] or [len(key)]
    for i, k in enumerate(key):
        if k is None:
            x = xp.expand_dims(x, axis=i if i < dots[0] else i - len(key))
    return x, tuple(slice(None) if k is None else k for k in key)


def expand(shape, key):
    """A key with one item a dimension, and slices that stay within bounds."""
    key = key if isinstance(key, tuple) else (key,)
    dots = [i for i, k in enumerate(key) if k is Ellipsis]
    i = dots[0] if dots else len(key)
    rest = (slice(None),) * (len(shape) - len(key) + len(dots))
    key = key[:i] + rest + key[i + len(dots) :]
    return tuple(
        within(k, n) if isinstance(k, slice) else k for k, n in zip(key, shape, strict=True)
    )


def within(k, n):
    start, stop, step = k.indices(n)
    return slice(start, stop, step) if start < stop else slice(0, 0, 1)


def positions(shape, key):
    """The flat positions that a key selects, in the shape of what it selects.

    Arrays (and integers beside them) broadcast together; the dimensions that they give come in the
    place of the first of them if they stand side by side, else before all others.
    """
    is_slice = [isinstance(k, slice) for k in key]
    arrays = [xp.asarray(k) for k, s in zip(key, is_slice, strict=True) if not s]
    common = xp.broadcast_arrays(*arrays)[0].shape
    where = [d for d, s in enumerate(is_slice) if not s]
    together = where[-1] - where[0] == len(where) - 1
    before = sum(is_slice[: where[0]]) if together else 0
    ndim = sum(is_slice) + len(common)
    at = xp.zeros((1,) * ndim, dtype=xp.int64)
    axis = 0
    for d, k in enumerate(key):
        if is_slice[d]:
            i = xp.arange(k.start, k.stop, k.step, dtype=xp.int64)
            place = axis if axis < before else axis + len(common)
            axis += 1
            view = [1] * ndim
            view[place] = i.shape[0]
        else:
            i = xp.astype(xp.asarray(k), xp.int64)
            i = xp.where(i < 0, i + shape[d], i)
            lead = len(common) - len(i.shape)
            view = [1] * (before + lead) + list(i.shape) + [1] * (ndim - before - len(common))
        at = at + xp.reshape(i, tuple(view)) * prod(shape[d + 1 :])
    return at


def scatter(flat, index, values):
    """``flat`` with ``values`` at ``index``, all 1-d; of several values for one place the last."""
    if index.shape[0] == 0:
        return flat
    order = xp.argsort(index, stable=True)
    index = xp.take(index, order, axis=0)
    every = xp.arange(flat.shape[0], dtype=xp.int64)
    last = xp.maximum(xp.searchsorted(index, every, side="right") - 1, 0)
    hit = xp.take(index, last, axis=0) == every
    return xp.where(hit, xp.take(values, xp.take(order, last, axis=0), axis=0), flat)
