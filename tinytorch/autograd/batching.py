"""Tensors into a vmap, out of it, and between its levels, recorded so that gradients come back.

    carry   to a namespace of more levels        its gradient is the sum over what was added
    drop    summed over the examples of a level  its gradient is carried
    enter   a dimension becomes a hidden batch   its gradient leaves
    leave   a hidden batch becomes a dimension   its gradient enters

Each is linear, so its tangent is itself of the tangent. The nodes are not shown in the graph.
"""

from __future__ import annotations

from ..tensor import Tensor, edge, fresh, wrap
from . import batched, captured
from .batched_texts import NO_EXAMPLES, write_text
from .graph import SEQ, node_class
from .modes import LOCAL, STATE


def _relay_vjp(P, n, g, graph):
    (back,) = n.params
    if graph:
        return (back(g),)
    return (back(wrap(n.P, g))._raw,)


Relay = node_class("RelayBackward0", vjp=staticmethod(_relay_vjp), transparent=True)


def _recorded(t, raw, P, forward, back):
    """The result of a linear step, with the history and the tangents that follow."""
    out = wrap(P, raw)
    if t._node is not None and LOCAL.grad:
        n = object.__new__(Relay)
        n.seq, n.P, n.edges, n.params = next(SEQ), P, (edge(t),), (back,)
        n.saved, n.versions = (), None
        n.out = n.out_st = n.hooks = None
        n.shape, n.dtype = raw.shape, raw.dtype
        out._node = n
    if STATE.exotic:
        if t._tracks:
            captured.follow(out, t, False)
        if LOCAL.duals:
            from .dual import follow

            follow(out, t, forward)
    return out


def carry(t, P):
    """``t`` in a namespace that has all its levels; RuntimeError, as torch's, if it lacks some."""
    t = fresh(t)
    Q = t._p
    if Q is P:
        return t
    if any(k not in P.levels for k in Q.levels):
        raise RuntimeError(write_text("mul", 1))
    new = [level for k, level in P.levels.items() if k not in Q.levels]

    def back(g):
        for level in reversed(new):
            g = drop(g, level)
        return g

    raw = batched.carried(t._raw, Q, P)
    return _recorded(t, raw, P, lambda u: carry(u, batched.join(P, u._p)), back)


def drop(t, level):
    """The sum over all examples of a level; ``size`` times what is the same for all of them."""
    t = fresh(t)
    P = t._p
    if level.id not in P.levels:
        return _times(t, level.size)
    alone = level.over(batched.base(P))
    raw = batched.summed(t._raw, P, level.id)
    return _recorded(t, raw, batched.without(P, level.id), lambda u: drop(u, level),
                     lambda g: carry(g, batched.join(alone, g._p)))  # fmt: skip


def _times(t, n):
    from ..primitive import TP

    return TP.multiply(t, n) if n != 1 else t


def levelled(t, P, Q):
    """A gradient that a node at the levels of ``P`` has for an operand at those of ``Q``.

    It is summed over the examples of levels that only the node is at.
    """
    for k, level in reversed(P.levels.items()):
        if k not in Q.levels and k in t._p.levels:
            t = drop(t, level)
    return carry(t, batched.join(Q, t._p))


def enter(t, level, dim):
    """``t`` with dimension ``dim`` as the batch of a level."""
    t = fresh(t)
    P = t._p
    raw = batched.entered(t._raw, P, level, dim)
    Q = batched.join(P, level.over(batched.base(P)))
    return _recorded(t, raw, Q, lambda u: enter(u, level, dim), lambda g: leave(g, level, dim))


def leave(t, level, dim, own=False):
    """``t`` with the batch of a level as dimension ``dim``; repeated there if it has none.

    own: in memory of its own for each example.
    """
    t = fresh(t)
    if level.id not in t._p.levels:
        t = carry(t, batched.join(t._p, level.over(batched.base(t._p))))
    P = t._p
    raw = batched.left(t._raw, P, level, dim, own)
    return _recorded(t, raw, batched.without(P, level.id), lambda u: leave(u, level, dim),
                     lambda g: enter(g, level, dim))  # fmt: skip


def shed(t):
    """The value of a tensor without the innermost vmaps if all their examples have the same."""
    t = fresh(t)
    P, raw = t._p, t._raw
    while P.level and raw.full.shape[0] == 1 != P.of.size:
        raw, P = P.inner.reshape(raw.full, raw.shape), P.inner
    return wrap(P, raw)


def refuse_write(name, t, *others):
    """torch's refusal to write, for each example of a vmap, to a tensor that is one for all."""
    have = t._p.levels
    for x in others:
        if isinstance(x, Tensor):
            missing = [level for k, level in x._p.levels.items() if k not in have]
            if missing:
                shapes = list(t._raw.shape), [missing[0].size, *x._raw.shape]
                raise RuntimeError(write_text(name, missing[-1].depth, *shapes))


def meet(*tensors):
    """Tensors, or what is none, all brought to the levels of each other."""
    P = None
    for t in tensors:
        if isinstance(t, Tensor):
            P = fresh(t)._p if P is None else batched.join(P, fresh(t)._p)
    return tuple(carry(t, P) if isinstance(t, Tensor) and t._p is not P else t for t in tensors)


BRANCH = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We "
    "don't support that yet, please file an issue at https://github.com/pytorch/pytorch/issues ."
)


EITHER = (
    "vmap: It looks like you're either (1) calling .item() on a Tensor or (2) attempting to use a "
    "Tensor in some data-dependent control flow or (3) encountering this error in PyTorch "
    "internals. For (1): we don't support vmap over calling .item() on a Tensor, please try to "
    "rewrite what you're doing with other operations. For (2): we don't support data-dependent "
    "control flow in vmap yet, please file an issue at https://github.com/pytorch/pytorch/issues . "
    "For (3): please file an issue."
)


def refuse_branch(t, text=BRANCH):
    """torch's refusal of a value that differs from example to example where Python needs one.

    text: what it says, unless the value was made by a derivative inside the vmap.
    """
    t = fresh(t)
    if t._raw.full.shape[0] != 1:
        inside = t._tracks and t._tracks[-1].depth > t._p.of.depth
        raise RuntimeError(EITHER if inside else text)


MASK = (
    "vmap: We do not support batching operators that can support dynamic shape. Attempting to "
    "batch over indexing with a boolean mask."
)


def refuse_mask(t):
    """torch's refusal of a mask that selects more in one example than in another."""
    if fresh(t)._raw.full.shape[0] != 1:
        raise RuntimeError(MASK)


def _each(fn, args, kwargs):
    """``fn`` of examples that may still be those of an outer vmap."""
    if any(isinstance(a, Tensor) and a._p.level for a in (*args, *kwargs.values())):
        return one_by_one(fn, args, kwargs)
    return fn(*args, **kwargs)


def one_by_one(fn, args, kwargs):
    """``fn`` of each example of the innermost vmap of its arguments, the results stacked."""
    from ..registry import functions

    at = [fresh(a)._p for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
    level = max(at, key=lambda P: P.level).of
    if not level.size:
        raise RuntimeError(NO_EXAMPLES.format(fn.__name__))

    def opened(a):
        return leave(a, level, 0) if isinstance(a, Tensor) and level.id in a._p.levels else None

    args, whole = list(args), [opened(a) for a in args]
    more = {name: (a, opened(a)) for name, a in kwargs.items()}
    rows = [
        _each(fn, [a if w is None else w[k] for a, w in zip(args, whole, strict=True)],
              {name: a if w is None else w[k] for name, (a, w) in more.items()})
        for k in range(level.size)
    ]  # fmt: skip
    stack = functions["stack"]
    if isinstance(rows[0], Tensor):
        return enter(stack(rows), level, 0)
    outs = [enter(stack(list(column)), level, 0) for column in zip(*rows, strict=True)]
    return type(rows[0])(*outs) if hasattr(rows[0], "_fields") else tuple(outs)
