"""Random numbers inside vmap: refused, the same for all examples, or different for each.

Different numbers are drawn for all examples at once, so that they are those that a program which
has the batch as a dimension would draw.
"""

from __future__ import annotations

from math import prod

from ..tensor import Tensor, fresh
from .batched import Raw, base, carried
from .batching import enter, leave
from .modes import LOCAL

RANDOM = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
    "'different' randomness flags on vmap or perform the randomness operation out of vmap"
)
SAME = (
    "Vmap does not currently support same randomness with a batched tensor input. Please file an "
    "issue with functorch"
)
UNBATCHED = (
    "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear "
    "like same randomness. If this is necessary for your usage, please file an issue with "
    "functorch."
)


def _different():
    """The running vmaps that want different numbers; RuntimeError if one wants none."""
    if any(v.randomness == "error" for v in LOCAL.vmaps):
        raise RuntimeError(RANDOM)
    return [v for v in LOCAL.vmaps if v.randomness == "different"]


def draw(P, order, sample):
    """(namespace, array) of numbers in an order, with the batches that want their own."""
    levels = _different()
    P = base(P)
    whole = type(order)(
        (*[v.size for v in levels], *order.shape),
        None if order.axes is None else
        (*range(len(levels)), *[a + len(levels) for a in order.axes]),
        order.contiguous,
    )  # fmt: skip
    raw = P.draw(lambda: _filled(P.host, whole, sample))
    for v in levels:
        raw, P = Raw(raw, v.id), v.over(P)
    return P, raw


def _filled(host, order, sample):
    """Numbers in a shape, from a sampler that may know one shape only."""
    first = order.draw(sample)
    if first.shape == order.shape:
        return first
    count = prod(order.shape[: len(order.shape) - first.ndim])
    rows = [first, *[order.draw(sample) for _ in range(count - 1)]]
    rows = [host.reshape(r, (1, *r.shape)) for r in rows]
    return host.reshape(host.concat(rows, 0), order.shape)


def draw_into(P, order, sample):
    """An array of ``P`` of numbers to overwrite a tensor with."""
    if any(v.id not in P.levels for v in _different()):
        raise RuntimeError(UNBATCHED)
    Q, raw = draw(P, order, sample)
    return carried(raw, Q, P)


def from_tensors(again, fn, args, kwargs):
    """``fn``, which draws from the values of tensors, for all examples of the innermost vmap."""
    _different()
    level = LOCAL.vmaps[-1]
    there = [isinstance(a, Tensor) and level.id in fresh(a)._p.levels for a in args]
    if level.randomness == "same" and any(there):
        raise RuntimeError(SAME)
    before = LOCAL.vmaps
    LOCAL.vmaps = before[:-1]
    try:
        if level.randomness == "same" or not any(isinstance(a, Tensor) for a in args):
            return again(*args, **kwargs) if before[:-1] else fn(*args, **kwargs)
        args = [leave(a, level, 0) if isinstance(a, Tensor) else a for a in args]
        return enter(again(*args, **kwargs), level, 0)
    finally:
        LOCAL.vmaps = before
