"""Reading and writing at keys where arrays, indices and values may each have a batch.

Indices that all examples share go below as they are. Otherwise the batch becomes an index of its
own, the numbers of the examples, in front of the key; NumPy then puts the indexed dimensions first,
and they are moved back to where they belong without the batch.
"""

from __future__ import annotations

from math import prod

from .batched_texts import TEXTS


def examples(*counts):
    """How many examples there are where some arrays have one for all, and all may be none."""
    return 0 if 0 in counts else max(counts)


def _spelled(key, ndim):
    """A key with one item a dimension, and one per None."""
    used = sum(k is not None and k is not Ellipsis for k in key)
    out = []
    for k in key:
        out += [slice(None)] * (ndim - used) if k is Ellipsis else [k]
    if Ellipsis not in [k for k in key if not hasattr(k, "dtype")]:
        out += [slice(None)] * (ndim - used)
    return out


class IndexRules:
    """The kernels of `Batched` that index."""

    def _place(self, key, ndim, batch):
        """How to index below: (key, order, rank, batch).

        batch: how many examples the array has; more if the key has. order: the dimensions of the
        indexed region below as they follow in the region above, None if they do so already.
        """
        key = _spelled(key, ndim)
        at = [i for i, k in enumerate(key) if hasattr(k, "dtype")]
        kept = sum(k is None or type(k) is slice for k in key)
        if not at:
            return (slice(None), *key), None, kept, batch
        fulls = {i: self.full_of(key[i]) for i in at}
        k = max(len(f.shape) for f in fulls.values()) - 1
        fancy = [i for i, item in enumerate(key) if item is not None and type(item) is not slice]
        together = fancy[-1] - fancy[0] == len(fancy) - 1
        before = sum(item is None or type(item) is slice for item in key[: fancy[0]])
        rank = kept + k
        shared = all(f.shape[0] == 1 for f in fulls.values())
        if shared:
            for i, f in fulls.items():
                key[i] = self.inner.reshape(f, f.shape[1:])
            order = None if together else (k, *range(k), *range(k + 1, rank + 1))
            return (slice(None), *key), order, rank, batch
        batch = examples(batch, *[f.shape[0] for f in fulls.values()])
        for i, f in fulls.items():
            key[i] = self.aligned(f, k)
        rows = self.inner.arange(0, batch, 1, self.inner.int64)
        rows = self.inner.reshape(rows, (batch, *(1,) * k))
        order = None
        if together and before and k:
            order = (0, *range(k + 1, k + 1 + before), *range(1, k + 1),
                     *range(k + 1 + before, rank + 1))  # fmt: skip
        return (rows, *key), order, rank, batch

    def getitem(self, x, key):
        full = self.full_of(x)
        key = key if type(key) is tuple else (key,)
        key, order, _, batch = self._place(key, len(full.shape) - 1, full.shape[0])
        if hasattr(key[0], "dtype"):
            full = self.sized(full, batch)
        out = self.inner.getitem(full, key)
        return self.up(out if order is None else self.inner.permute_dims(out, order))

    def _written(self, fn, x, key, v):
        full = self.full_of(x)
        many = full.shape[0]
        number = not hasattr(v, "dtype")
        if not number:
            v = self.full_of(v)
            many = examples(many, v.shape[0])
        key, order, rank, many = self._place(key, len(full.shape) - 1, many)
        if not number:
            v = self.aligned(v, rank)
            if order is not None:
                v = self.inner.permute_dims(v, _undone(order))
        return self.up(fn(self.sized(full, many), key, v))

    def put(self, x, key, v):
        return self._written(self.inner.put, x, key, v)

    def put_add(self, x, key, value):
        return self._written(self.inner.put_add, x, key, value)

    def put_flat(self, flat, index, values):
        return self.put(flat, (index,), values)

    def take(self, x, i, axis):
        at = self.full_of(i)
        if at.shape[0] == 1:
            at = self.inner.reshape(at, at.shape[1:])
            return self.up(self.inner.take(self.full_of(x), at, axis + 1))
        return self.getitem(x, ((slice(None),) * axis) + (i,))

    def take_along_axis(self, x, i, axis):
        full, at = self.full_of(x), self.full_of(i)
        n = examples(full.shape[0], at.shape[0])
        return self.up(self.inner.take_along_axis(self.sized(full, n), self.sized(at, n), axis + 1))

    def nonzero(self, x):
        full = self.full_of(x)
        if full.shape[0] != 1:
            raise RuntimeError(TEXTS["nonzero"])
        found = self.inner.nonzero(self.inner.reshape(full, x.shape))
        return tuple(self.up(self.inner.reshape(i, (1, *i.shape))) for i in found)

    def masked_scatter(self, x, m, v):
        """Values in order where a mask is true: without the positions, whose number may differ."""
        at = self._ranks(m)
        return self.where(m, self.reshape(self.take(self.reshape(v, (-1,)), at, 0), x.shape), x)

    def _ranks(self, m):
        """For each true element of a mask, flat, how many stand before it."""
        flat = self.reshape(self.astype(m, self.int64), (-1,))
        return self.maximum(self.subtract(self.cumulative_sum(flat, 0), 1), 0)

    def masked_gathered(self, x, m, shape):
        """The elements where a mask is true, in order, in a shape that has room for them all."""
        n = prod(shape)
        at = self.minimum(self._ranks(m), max(n - 1, 0))
        flat = self.reshape(self.where(m, x, self.full((), 0, x.dtype)), (-1,))
        if not n or not prod(x.shape):
            return self.full(shape, 0, x.dtype)
        return self.reshape(self.put_add(self.full((n,), 0, x.dtype), (at,), flat), shape)

    def check_index(self, index, size, dim):
        return self.up(self.inner.check_index(self.full_of(index), size, dim))

    def check_slice_index(self, index, size, name):
        full = self.full_of(index)
        self.inner.check_slice_index(self.inner.reshape(full, (-1,)), size, name)

    def check_flat_index(self, index, *rest):
        return self.up(self.inner.check_flat_index(self.full_of(index), *rest))

    def check_scatter_index(self, index, size, dim):
        self.inner.check_scatter_index(self.full_of(index), size, dim)


def _undone(order):
    out = [0] * len(order)
    for i, d in enumerate(order):
        out[d] = i
    return tuple(out)
