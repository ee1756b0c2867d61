"""Backward: one iterative sweep over the nodes, newest first.

Nodes carry a creation number. Everything reachable from the roots is collected depth first, sorted
by that number, and run once, each with the sum of what its users sent. Nothing recurses, so depth
is no limit. In a plain backward rules run on raw arrays through the backend's own kernels; under
`create_graph` the same rules run on Tensors and are recorded like any other op.

The engine, not the rule, undoes broadcasting and dtype promotion: a node knows the shape and dtype
of its output, and what arrives is summed and cast to fit.
"""

from __future__ import annotations

from operator import attrgetter
from sys import getrefcount

from ..primitive import TP
from ..tensor import FAST, Tensor, fresh, wrap
from . import modes
from .graph import LEAF, Node, Output


def sum_to(P, g, shape):
    """``g`` summed over the dimensions that broadcasting from ``shape`` had added."""
    have = g.shape
    lead = len(have) - len(shape)
    axes = tuple(range(lead)) + tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and have[i + lead] != 1
    )
    if axes:
        g = P.sum(g, axes, True)
    return P.reshape(g, tuple(shape)) if lead or not axes else g


def reachable(roots):
    """All nodes that the roots lead to, newest first."""
    order = list(roots)
    seen = set(order)
    stack = order.copy()
    pop, push, add, keep = stack.pop, stack.append, seen.add, order.append
    while stack:
        for e in pop().edges:
            if e is not None and e not in seen:
                add(e)
                if isinstance(e, Node):
                    push(e)
                    keep(e)
    order.sort(key=_seq, reverse=True)
    return order


_seq = attrgetter("seq")


def _leading_to(order, targets):
    """Those of ``order`` from which a target can be reached (targets: nodes and leaf tensors)."""
    good = set(targets)
    for n in reversed(order):
        if n not in good and any(e is not None and e in good for e in n.edges):
            good.add(n)
    return good


def run(roots, grads, keep, create, targets=None, accumulate=True):
    """Send gradients from the roots through the graph.

    roots: edges (Node or leaf Tensor). grads: one raw array each, or Tensors when ``create``.
    targets: None (all leaves), or an ordered list of edges whose gradients are wanted.
    Returns a dict from target to gradient where ``accumulate`` is False.
    """
    before = modes.LOCAL.grad
    modes._set_grad(create)
    try:
        return _run(roots, grads, keep, create, targets, accumulate)
    finally:
        modes._set_grad(before)


def _run(roots, grads, keep, create, targets, accumulate):
    pending = {}
    owned = set()
    for r, g in zip(roots, grads, strict=True):
        _send(r, g, pending, owned, create)
    order = reachable([r for r in pending if isinstance(r, Node)])
    useful = None
    captured = {}
    if targets is not None:
        useful = _leading_to(order, targets)
        wanted = set(targets)
    fetch = pending.pop
    for n in order:
        g = fetch(n, None)
        if useful is not None and n not in useful:
            continue
        hooks = n.hooks
        if hooks is not None:
            g = hooks.before(n, g, create)
        if targets is not None and n in wanted:
            captured[n] = g
            if all(e is None or e not in useful for e in n.edges):
                continue
        if g is None:
            if not keep:
                _release(n)
            continue
        if type(n) is Output:
            p = n.parent
            bucket = pending.get(p)
            if bucket is None:
                pending[p] = bucket = [None] * len(p.shape)
            bucket[n.index] = g
            continue
        P = n.P
        if create:
            results = n.vjp(TP, n, g, True)
        else:
            dt = n.dtype
            if dt is not P.float32 and dt is not P.float64 and dt in P.complexes:
                P = P.wide
            results = n.vjp(P, n, g, False)
        if hooks is not None:
            results = hooks.after(n, results, g, create)
        if not keep:
            if n.saved:
                n.saved = None
            n.out = None
        i = 0
        for e in n.edges:
            r = results[i]
            i += 1
            if e is None or r is None or useful is not None and e not in useful:
                continue
            target = e._raw if type(e) in FAST or isinstance(e, Tensor) else e
            raw = r._raw if create else r
            if raw.dtype is not target.dtype or raw.shape != target.shape:
                r = _fit(e.P if target is e else e._p, r, target.shape, target.dtype, create)
            prev = pending.get(e)
            if prev is None:
                pending[e] = r
            elif create:
                pending[e] = TP.add(prev, r)
            elif e in owned:
                pending[e] = (e.P if target is e else e._p).add_into(prev, r)
            else:
                pending[e] = (e.P if target is e else e._p).add(prev, r)
                owned.add(e)
        results = r = raw = prev = None
    del order
    g = None
    for leaf in [e for e in pending if isinstance(e, Tensor)]:
        g = pending.pop(leaf)
        if targets is not None and leaf not in wanted:
            continue
        if accumulate:
            _accumulate(leaf, g, create, getrefcount(g) <= 3)
        else:
            captured[leaf] = _leaf_hooks(leaf, g, create)
    if accumulate and targets is not None:
        for n, g in captured.items():
            _accumulate(n._target, g, create, False)
    return captured


def _send(e, g, pending, owned, create):
    if e in pending:
        P = TP if create else (e._p if isinstance(e, Tensor) else e.P)
        pending[e] = P.add(pending[e], g)
        owned.add(e)
    else:
        pending[e] = g


def _fit(P, g, shape, dtype, create):
    raw = g._raw if create else g
    if raw.dtype != dtype:
        if create:
            from ..ops.convert import cast_grad

            g = cast_grad(g, P.torch_dtype[dtype])
        else:
            g = P.cast_grad(g, dtype)
    if raw.shape != shape:
        g = sum_to(TP if create else P, g, shape)
    return g


def _release(n):
    if n.saved:
        n.saved = None
    n.out = None


def _leaf_hooks(leaf, g, create):
    hooks = leaf._hooks
    if hooks is not None:
        for fn in list(hooks.values()):
            seen = fn(g if create else wrap(leaf._p, g))
            if seen is not None:
                g = seen if create else fresh(seen)._raw
    return g


def _accumulate(leaf, g, create, alone):
    if leaf._node is None:
        return
    if leaf._hooks is not None:
        g = _leaf_hooks(leaf, g, create)
        alone = False
    node = leaf.__dict__.get("_accumulator")
    node = node() if node is not None else None
    if node is not None and node.hooks is not None:
        g = node.hooks.before(node, g, create)
    old = leaf._grad
    if old is None:
        if create:
            leaf._grad = TP.copy(g)
        else:
            leaf._grad = wrap(leaf._p, leaf._p.own_grad(g, alone))
    elif create:
        leaf._grad = TP.add(old, g)
    else:
        from .inplace import accumulate_into

        accumulate_into(old, g)
    if node is not None and node.hooks is not None:
        node.hooks.after(node, (), g, create)
    post = leaf.__dict__.get("_post_accumulate_hooks")
    if post:
        for fn in list(post.values()):
            fn(leaf)


def call_node(n, grads):
    """``grad_fn(*grads)``: run one node by hand on Tensors."""
    create = modes.LOCAL.grad
    g = [x if create or x is None else fresh(x)._raw for x in grads]
    g = g if type(n.shape) is tuple and n.shape and type(n.shape[0]) is tuple else g[0]
    results = n.vjp(TP if create else n.P, n, g, create)
    out = [r if create or r is None else wrap(n.P, r) for r in results]
    return out[0] if len(out) == 1 else tuple(out)


def gradient_edge(t):
    """The edge that backward starts from, or captures at, for a tensor."""
    fresh(t)
    return t if t._node is LEAF else t._node
