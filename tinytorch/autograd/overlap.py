"""Elements that share memory: which tensors have them, and torch's refusals to write these."""

from __future__ import annotations

from math import prod

from ..storage import contiguous_strides, geometry, turns
from ..tensor import Tensor, fresh

OVERLAP = (
    "unsupported operation: more than one element of the written-to tensor refers to a single "
    "memory location. Please clone() the tensor before performing the operation."
)


def repeats(t):
    """Whether several elements of a tensor are one memory location."""
    e = t._ext
    if e is None or not e.chain:
        return False
    return _stays(*geometry(t)[:2])


def _stays(shape, strides):
    return 0 not in shape and any(s == 0 and n > 1 for n, s in zip(shape, strides, strict=True))


def repeating(shape, chain):
    """Whether view steps from an array of a shape see an element several times."""
    if all(op.put is not None for op, _ in chain):
        return False
    place = shape, contiguous_strides(shape), 0
    for op, params in chain:
        place = op.geometry(*place, *params)
    return _stays(*place[:2])


def check_overlap(t, args=()):
    """Refuse a write to elements that share memory with each other, or in part with ``args``."""
    if repeats(t):
        raise RuntimeError(OVERLAP)
    for y in args:
        if shares(t, y) and not any(turns(t) + turns(y)):  # torch resolves those first
            check_partial_overlap(t, y)


def shares(t, y):
    """Whether two tensors are other elements of one memory, or the same."""
    return (
        isinstance(y, Tensor) and y is not t and y._st is not None and t._st is not None
        and y._st.memory is t._st.memory
    )  # fmt: skip


def _dense(shape, strides):
    """Whether elements fill a block of memory without gaps or repeats, in any order of dims."""
    step = 1
    for s, n in sorted((s, n) for s, n in zip(strides, shape, strict=True) if n != 1):
        if s != step:
            return False
        step *= n
    return True


def check_partial_overlap(t, y):
    """Refuse to read ``y`` while writing ``t`` where they share some elements but not all."""
    a, b = geometry(t), geometry(fresh(y))
    if a == b or 0 in a[0] or 0 in b[0] or not _dense(*a[:2]) or not _dense(*b[:2]):
        return
    m, n = prod(a[0]), prod(b[0])
    if a[2] < b[2] + n and b[2] < a[2] + m:
        raise RuntimeError(_SHARED)


_SHARED = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
    "single memory location. Please clone() the tensor before performing the operation."
)
APART = frozenset(
    "index_put index_copy index_add index_fill scatter scatter_add scatter_reduce put gather take"
    " index_select masked_select cat".split()
)  # ops that may not write what they read, not even the same elements


def check_apart(t, args):
    """Refuse to write ``t`` while reading any of its elements from ``args``."""
    for y in args:
        if isinstance(y, (tuple, list)):
            check_apart(t, y)
        elif isinstance(y, Tensor) and same_place(t, y) and 0 not in y._raw.shape:
            raise RuntimeError(_SHARED)
        elif shares(t, y):
            check_partial_overlap(t, y)


def same_place(t, y):
    """Whether two tensors are the same elements of one memory."""
    return y is t or (shares(t, y) and geometry(t) == geometry(fresh(y)) and turns(t) == turns(y))
