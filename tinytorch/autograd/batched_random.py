"""Random numbers inside vmap: refused, the same for all examples, or different for each.

Different numbers are drawn for all examples at once, so that they are those that a program which
has the batch as a dimension would draw.
"""

from __future__ import annotations

from math import prod

from ..factories import zeros
from ..tensor import Tensor, fresh
from .batched import Raw, base, carried
from .batched_texts import write_text
from .batched_views import home_of, seen_outside
from .batching import enter, leave
from .modes import LOCAL

RANDOM = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
    "'different' randomness flags on vmap or perform the randomness operation out of vmap"
)
NEVER = (
    "vmap: We do not yet support calling random operations inside of vmap. Please perform random "
    "operations outside of vmap as a workaround"
)
SAME = (
    "Vmap does not currently support same randomness with a batched tensor input. Please file an "
    "issue with functorch"
)
OUT = (
    "vmap: We do not support calling out variants of random operations inside of vmap. Please use "
    "non-out variants as a workaround"
)
UNBATCHED = (
    "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear "
    "like same randomness. If this is necessary for your usage, please file an issue with "
    "functorch."
)


def _different():
    """The running vmaps that want different numbers; RuntimeError if one wants none.

    "never" is the mode of torch's older vmap, with a text of its own.
    """
    if any(v.randomness == "never" for v in LOCAL.vmaps):
        raise RuntimeError(NEVER)
    if any(v.randomness == "error" for v in LOCAL.vmaps):
        raise RuntimeError(RANDOM)
    return [v for v in LOCAL.vmaps if v.randomness == "different"]


def draw(P, order, sample):
    """(namespace, array) of numbers in an order, with the batches that want their own.

    sample: ``f(shape, contiguous)``.
    """
    levels = _different()
    P = base(P)
    whole = _along_memory(order, levels) or type(order)(
        (*[v.size for v in levels], *order.shape),
        None if order.axes is None else
        (*range(len(levels)), *[a + len(levels) for a in order.axes]),
        order.contiguous,
    )  # fmt: skip
    raw = P.draw(lambda: _filled(P.host, whole, lambda n: sample(n, whole.contiguous)))
    for v in levels:
        raw, P = Raw(raw, v.id), v.over(P)
    return P, raw


def _along_memory(order, levels):
    """The order of the memory outside, where all running vmaps hide dimensions of it."""
    if len(levels) != len(LOCAL.vmaps):
        return None
    for _ in levels:
        order = None if order is None else order.outer
    return order


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
    if P.levels and all(v.randomness == "same" for v in LOCAL.vmaps):
        order = type(order)(order.shape)
    Q, raw = draw(P, order, sample)
    return carried(raw, Q, P)


def whole_of(t, level):
    """What a tensor is an example of: the tensor outside ``level``, or its repetition; None if
    that has no memory of its own, or tangents that are examples apart."""
    t = fresh(t)
    if t._duals is not None:
        return None
    if level.id in t._p.levels:
        home = home_of(t) if t._p.of is level else None
        if home is None:
            return None
        home.write_back(level)
        return seen_outside(t)
    return t.expand((level.size, *t.shape))


def bernoulli_given(t, p, generator):
    """`bernoulli_` with a tensor of probabilities, for all examples of the innermost vmap."""
    level, own = LOCAL.vmaps[-1], _different()
    ours, given = (level.id in fresh(x)._p.levels for x in (t, p))
    if level.randomness == "same" and given:
        raise RuntimeError(SAME)
    if level not in own:
        return t.copy_(_outside(lambda: _values(t.shape, t).bernoulli_(p, generator=generator)))
    if not ours:
        raise RuntimeError(write_text("bernoulli", 1) if given else UNBATCHED)
    whole = whole_of(t, level)
    p = leave(p.expand(t.shape), level, 0)

    def drawn():
        shape = (level.size, *t.shape)
        axes = range(len(shape))
        if whole is not None:
            axes = sorted(axes, key=lambda d: -whole.stride(d))
        like = _values([shape[a] for a in axes], t)
        like = like.permute([axes.index(d) for d in range(len(shape))])
        return like.bernoulli_(p, generator=generator)

    return t.copy_(enter(_outside(drawn), level, 0))


def _values(shape, like):
    return zeros(tuple(shape), dtype=like.dtype)


def _outside(fn):
    """``fn()`` as if the innermost vmap did not run."""
    before = LOCAL.vmaps
    LOCAL.vmaps = before[:-1]
    try:
        return fn()
    finally:
        LOCAL.vmaps = before


def from_tensors(again, fn, args, kwargs):
    """``fn``, which draws from the values of tensors, for all examples of the innermost vmap."""
    _different()
    level, given = LOCAL.vmaps[-1], [*args, *kwargs.values()]
    if not any(isinstance(a, Tensor) for a in given):
        return fn(*args, **kwargs)
    there = [isinstance(a, Tensor) and level.id in fresh(a)._p.levels for a in given]
    if level.randomness == "same":
        if any(there):
            raise RuntimeError(SAME)
        return _outside(lambda: again(*args, **kwargs))

    def whole(a):
        if not isinstance(a, Tensor):
            return a
        u = whole_of(a, level)
        return leave(a, level, 0) if u is None else u

    args, kwargs = [whole(a) for a in args], {k: whole(a) for k, a in kwargs.items()}
    return enter(_outside(lambda: again(*args, **kwargs)), level, 0)
