"""Reading and writing by keys of integers, slices and integer arrays.

The standard reads by slices, or by integer arrays for every dimension at once, and cannot write by
integer arrays at all. So a key with arrays becomes one array of flat positions; a read takes them,
and a write sorts them and asks, for every element, whether it is among them: no shape depends on a
value, and of several values for one place the last stays.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .arithmetic import is_array


class Indexing:
    """The kernels that read and write by keys."""

    def getitem(self, x, key):
        if self._index_arrays:
            return x[key]
        x, key = self._without_none(x, key)
        key = expand(x.shape, key)
        if not any(map(is_array, key)):
            return x[(*key, Ellipsis)]
        return self.take(self.reshape(x, (-1,)), self._positions(x.shape, key), 0)

    def put(self, x, key, value):
        shape = tuple(x.shape)
        x, key = self._without_none(x, key)
        key = expand(x.shape, key)
        if self._setitem and not any(map(is_array, key)):
            out = self.copy(x)
            out[(*key, Ellipsis)] = value
            return self.reshape(out, shape)
        at = self._positions(x.shape, key)
        if not is_array(value):
            value = self.full((), value, x.dtype)
        value = self.reshape(self.broadcast_to(value, tuple(at.shape)), (-1,))
        flat = self._scatter(self.reshape(x, (-1,)), self.reshape(at, (-1,)), value)
        return self.reshape(flat, shape)

    def take(self, x, i, axis):
        out = self.xp.take(x, self.reshape(i, (-1,)), axis=axis)
        return self.reshape(out, (*x.shape[:axis], *i.shape, *x.shape[axis + 1 :]))

    def take_along_axis(self, x, i, axis):
        if self._takes_along:
            return self.xp.take_along_axis(x, i, axis=axis)
        grid = (self.arange(0, n, 1, self.int64) for n in i.shape)
        after = range(len(i.shape) - 1, -1, -1)
        key = [self.reshape(g, (-1,) + (1,) * k) for g, k in zip(grid, after, strict=True)]
        key[axis] = i
        return self.take(self.reshape(x, (-1,)), self._positions(x.shape, key), 0)

    def nonzero(self, x):
        if self._native_nonzero:
            return tuple(map(self._index_of, self.xp.nonzero(x)))
        return tuple(map(self.from_host, np.nonzero(self.to_host(x))))

    def _without_none(self, x, key):
        """The array with the dimensions of size 1 that None asks for, and slices in their place."""
        key = key if isinstance(key, tuple) else (key,)
        if not any(k is None for k in key):
            return x, key
        dots = [i for i, k in enumerate(key) if k is Ellipsis] or [len(key)]
        for i, k in enumerate(key):
            if k is None:
                x = self.xp.expand_dims(x, axis=i if i < dots[0] else i - len(key))
        return x, tuple(slice(None) if k is None else k for k in key)

    def _positions(self, shape, key):
        """The flat positions that a key selects, in the shape of what it selects.

        Arrays (and integers beside them) broadcast together; the dimensions that they give come in
        the place of the first of them if they stand side by side, else before all others.
        """
        is_slice = [isinstance(k, slice) for k in key]
        arrays = [k for k, s in zip(key, is_slice, strict=True) if not s]
        common = np.broadcast_shapes(*(tuple(k.shape) if is_array(k) else () for k in arrays))
        where = [d for d, s in enumerate(is_slice) if not s]
        together = not where or where[-1] - where[0] == len(where) - 1
        before = sum(is_slice[: where[0]]) if where and together else 0
        ndim = sum(is_slice) + len(common)
        at = self.full((1,) * ndim, 0, self.int64)
        axis = 0
        for d, k in enumerate(key):
            view = [1] * ndim
            if is_slice[d]:
                i = self.arange(k.start, k.stop, k.step, self.int64)
                view[axis if axis < before else axis + len(common)] = i.shape[0]
                axis += 1
            elif is_array(k):
                i = self._index_of(k)
                i = self.xp.where(i < 0, i + shape[d], i)
                lead = before + len(common) - len(i.shape)
                view[lead : lead + len(i.shape)] = i.shape
            else:
                at = at + (k + shape[d] if k < 0 else k) * prod(shape[d + 1 :])
                continue
            at = at + self.reshape(i, tuple(view)) * prod(shape[d + 1 :])
        return at

    def _scatter(self, flat, index, values):
        """``flat`` with ``values`` at ``index``, all 1-d; of several for one place the last."""
        xp = self.xp
        if index.shape[0] == 0:
            return flat
        order = xp.argsort(index, stable=True)
        index = xp.take(index, order, axis=0)
        every = self.arange(0, flat.shape[0], 1, self.int64)
        last = xp.searchsorted(index, every, side="right") - 1
        last = xp.where(last < 0, last - last, last)
        hit = xp.take(index, last, axis=0) == every
        return xp.where(hit, xp.take(values, xp.take(order, last, axis=0), axis=0), flat)


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
