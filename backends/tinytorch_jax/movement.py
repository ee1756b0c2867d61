"""Kernels that only move elements: over the host until they are asked for often.

A program costs tens of milliseconds to make and microseconds to run. What moves elements without
computing can as well be done by NumPy on memory that the host sees: the same bits, no program, tens
of microseconds. So on the CPU a shape that comes by once, as in a script that looks at its data,
compiles nothing; one that comes by often (a training loop) runs as a program like the rest.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from . import indexing
from .programs import ArrayImpl, Keyed

OFTEN = 3  # calls of one signature after which a program is made
FEW = 256  # positions that are kept as arrays
SMALL = 1 << 16  # elements above which a copy on the host costs too much

ON_HOST = {
    "reshape": np.reshape, "permute_dims": np.transpose, "broadcast_to": np.broadcast_to,
    "spread": np.broadcast_to, "flip": np.flip, "copy": np.copy,
}  # fmt: skip
OF_SEVERAL = {"concat": np.concatenate, "stack": np.stack}


def visible(x):
    """Whether the host sees the elements of ``x``: few of them, in one place."""
    return type(x) is ArrayImpl and x.size <= SMALL and len(x.devices()) == 1


def moving(program, on_host, from_host):
    """A kernel of one array, as a program once its signature has come by often."""
    seen = {}

    def run(x, *args):
        key = x.shape, x.dtype, args
        n = seen.get(key, 0)
        if n < OFTEN and visible(x):
            seen[key] = n + 1
            return from_host(on_host(np.asarray(x), *args))
        return program(x, *args)

    return run


def moving_several(program, on_host, from_host):
    """The same for a kernel of a list of arrays."""
    seen = {}

    def run(xs, axis):
        key = (*[x.shape for x in xs], xs[0].dtype, axis)
        n = seen.get(key, 0)
        if n < OFTEN and all(map(visible, xs)):
            seen[key] = n + 1
            return from_host(on_host([np.asarray(x) for x in xs], axis))
        return program(xs, axis)

    return run


def splitting(from_host):
    """`indexing.split` that remembers: the last keys, and small positions as arrays of JAX.

    An array of JAX is a cheaper operand than a Python number.
    """
    position = lru_cache(FEW)(lambda i: from_host(np.asarray(i)))

    @lru_cache(4096)
    def remembered(shape, key):
        spec, operands = indexing.split(shape, key)
        return spec, tuple(position(i) if type(i) is int and i < FEW else i for i in operands)

    def split(shape, key):
        try:
            return remembered(shape, key)
        except TypeError:
            return indexing.split(shape, key)

    return split


def reading(from_host, split):
    """The kernel that reads by a key."""
    read, seen = Keyed(indexing.read), {}

    def getitem(x, key):
        spec, operands = split(x.shape, key)
        sig = x.shape, x.dtype, spec
        n = seen.get(sig, 0)
        if n < OFTEN and visible(x) and not indexing.is_advanced(spec):
            seen[sig] = n + 1
            return from_host(np.asarray(x)[key])
        return read.run(spec, (), x, *operands)

    return getitem


def writing(from_host, split):
    """The kernel that puts by a key."""
    write, seen = Keyed(indexing.write), {}

    def put(x, key, v):
        spec, operands = split(x.shape, key)
        sig = x.shape, x.dtype, spec
        n = seen.get(sig, 0)
        plain = type(v) is ArrayImpl and v.dtype == x.dtype and not indexing.is_advanced(spec)
        if n < OFTEN and plain and visible(x):
            seen[sig] = n + 1
            out = np.array(x)
            out[key] = np.asarray(v)
            return from_host(out)
        return write.run(spec, (), x, v, *operands)

    return put


def install(P):
    """Where arrays lie on the CPU, let what moves elements begin on the host."""
    for table, make in ((ON_HOST, moving), (OF_SEVERAL, moving_several)):
        for name, on_host in table.items():
            setattr(P, name, make(getattr(P, name), on_host, P.from_host))
    split = splitting(P.from_host)
    P.getitem = P.getitem_at = P.narrow_copy = reading(P.from_host, split)
    P.put = put = writing(P.from_host, split)
    P.put_region = lambda x, v, key: put(x, key, v)
    P.clone = P.copy
