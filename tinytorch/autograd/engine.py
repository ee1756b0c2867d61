"""Backward: one iterative sweep over the nodes, newest first.

Nodes carry a creation number. Everything reachable from the roots is collected depth first, sorted
by that number, and run once, each with the sum of what its users sent. Nothing recurses, so depth
is no limit. In a plain backward rules run on raw arrays through the backend's own kernels; under
`create_graph` the same rules run on Tensors and are recorded like any other op.

The engine, not the rule, undoes broadcasting and dtype promotion: a node knows the shape and dtype
of its output, and what arrives is summed and cast to fit.
"""

from __future__ import annotations

import heapq
import itertools
from operator import attrgetter
from sys import getrefcount
from threading import Lock

from ..primitive import TABLE, TP, graph_out, unpack
from ..storage import mark_inference
from ..tensor import Tensor, edge, fresh, settled, wrap
from . import modes
from .graph import FREED, LEAF, Node, Output, accumulator, nowhere
from .hooks import call_post_accumulate, leaf_hooks
from .inplace import CopySlices, accumulate_into
from .tasks import Task


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
    return _ready_first(order) if modes.STATE.renumbered else order


def _ready_first(nodes):
    """Nodes in the order in which the highest number runs next among those with no user left."""
    waiting = dict.fromkeys(nodes, 0)
    for n in nodes:
        for e in n.edges:
            if isinstance(e, Node):
                waiting[e] += 1
    tick = itertools.count()
    ready = [(-n.seq, next(tick), n) for n in nodes if not waiting[n]]
    heapq.heapify(ready)
    order = []
    while ready:
        n = heapq.heappop(ready)[2]
        order.append(n)
        for e in n.edges:
            if isinstance(e, Node):
                waiting[e] -= 1
                if not waiting[e]:
                    heapq.heappush(ready, (-e.seq, next(tick), e))
    return order


_seq = attrgetter("seq")
_accumulating = Lock()  # backward may run in several threads over the same leaves


def _leading_to(order, targets):
    """Those of ``order`` from which a target can be reached (targets: nodes and leaf tensors)."""
    good = set(targets)
    good.update([t.parent for t in targets if type(t) is Output])
    for n in reversed(order):
        if n not in good and any(e is not None and e in good for e in n.edges):
            good.add(n)
    return good


def _ends(targets, useful):
    """Nodes that lead to no target but have outputs that are some: node -> those outputs."""
    ends = {}
    for t in targets:
        p = t.parent if type(t) is Output else None
        if p is not None and p not in targets and not any(e in useful for e in p.edges):
            ends.setdefault(p, []).append(t)
    return ends


def run(roots, grads, keep, create, targets=None, accumulate=True, record=None):
    """Send gradients from the roots through the graph.

    roots: edges (Node or leaf Tensor). grads: one raw array each, or Tensors when ``create``.
    targets: None (all leaves), or an ordered list of edges whose gradients are wanted.
    record: whether rules on Tensors are recorded, where that is not the same as ``create``.
    Returns a dict from target to gradient where ``accumulate`` is False.
    """
    if roots:
        head = roots[0]
        (head._p if isinstance(head, Tensor) else head.P).quiet()
    before, packing = modes.LOCAL.grad, modes.LOCAL.saved_hooks
    modes._set_grad(create if record is None else record)
    outer = modes.LOCAL.task
    task = modes.LOCAL.task = Task(roots, targets, outer, accumulate, keep)
    try:
        return task.run(_run, roots, grads, keep, create, targets, accumulate)
    finally:
        modes._set_grad(before)
        modes.LOCAL.task = outer
        if modes.LOCAL.saved_hooks is not packing:
            from .saved import put_back

            put_back(packing)


def will_reach(task, e):
    """Whether a running backward computes the gradient that arrives at an edge."""
    if task.targets is None and len(task.roots) == 1 and _node_of(e) is _node_of(task.roots[0]):
        return False  # the only root is run, but torch does not count it
    order = reachable([r for r in task.roots if isinstance(r, Node)])
    users = {x for n in order for x in n.edges if x is not None} | {*order, *task.roots}
    ends = isinstance(e, Tensor) or all(map(nowhere, _node_of(e).edges))
    if ends and e in users and not task.fills and any(e is x for x in task.targets):
        raise RuntimeError(
            "A leaf node was passed to _will_engine_execute_node but we are currently running "
            "autograd.grad(). This is currently not supported."
        )
    e = _node_of(e)
    return e in users and (task.targets is None or e in _leading_to(order, task.targets))


def _node_of(e):
    return e.parent if type(e) is Output else e


def _run(roots, grads, keep, create, targets, accumulate):
    pending: dict = {}
    owned = set()
    for r, g in zip(roots, grads, strict=True):
        _send(r, g, pending, owned, create)
    order = reachable([r for r in pending if isinstance(r, Node)])
    useful = wanted = None
    if create:
        from .ties import tied
    captured, ends = {}, ()
    if targets is not None:
        useful = _leading_to(order, targets)
        wanted = set(targets)
        if accumulate:  # what was written in part is one node in torch, and runs with its gradient
            useful.update([t.edges[1] for t in targets if type(t) is CopySlices])
        else:
            ends = _ends(targets, useful)
            useful.difference_update(ends)
    ripe = _last_users(order, useful) if modes.STATE.leaf_hooks else None
    watch = modes.LOCAL.anomaly or modes.LOCAL.watchers
    fetch = pending.pop
    for n in order:
        if ripe is not None:
            for leaf in ripe.pop(None, ()):
                if leaf in pending or _is_told(leaf):
                    _arrive(leaf, fetch(leaf, None), create, accumulate, wanted, captured)
            if n in ripe:
                ripe[None] = ripe.pop(n)
        g = fetch(n, None)
        if useful is not None and n not in useful:
            if n in ends and n.hooks is not None and g is not None:
                g = n.hooks.before(n, g, create)
                captured.update({t: g[t.index] for t in ends[n]})
            continue
        hooks = n.hooks
        last = False
        if wanted is not None and n in wanted:
            captured[n] = g
            last = not accumulate and type(n) is not Output
            last = last and not any(e is not None and e in useful for e in n.edges)
        if hooks is not None:
            g = hooks.before(n, g, create)
        if last:
            captured[n] = g
            continue
        if g is None:
            if not n.runs_on_nothing:
                if hooks is not None:
                    hooks.idle(n, create)
                if n.op is not None and not n.op.whole and not n.op.is_view:
                    _unpacked(n)
                if not keep:
                    _release(n)
                continue
            g = n.nothing()
        if type(n) is Output:
            p, k = n.parent, n.index
            bucket = pending.get(p)
            if bucket is None:
                pending[p] = bucket = [None] * len(p.shape)
            bucket[k] = g if bucket[k] is None else (TP if create else n.P).add(bucket[k], g)
            continue
        if hooks is not None and hooks.pre:
            g = hooks.prehooks(n, g, create)
            if g is None and n.op is not None:
                if not keep:
                    _release(n)
                continue
        P = n.P
        if watch:
            results = _watched(n, TP if create else P, g, create)
        elif create:
            results = tied(n, n.vjp(TP, n, g, True), g)
        else:
            dt = n.dtype
            if dt is not P.float32 and dt is not P.float64 and dt in P.complexes:
                P = P.wide
            results = n.vjp(P, n, g, False)
        if n.hooks is not None and n.hooks.post:  # some may have come while it ran
            results = _fitted(n, _wanted(n, results, useful), create)
            results = n.hooks.after(n, results, g, create, hooks is None)
        if not keep and n.frees:
            if n.saved or n.voids:
                n.saved = None
            n.out = None
        for e, r in zip(n.edges, results):  # noqa: B905 - equal lengths, and this is the hot loop
            if e is None or r is None or (useful is not None and e not in useful):
                continue
            target = e if isinstance(e, Node) else e._raw
            raw = r._raw if create else r
            if raw.dtype is not target.dtype or raw.shape != target.shape:
                want = target.dtype
                if modes.STATE.grad_dtypes and target is not e:
                    want = grad_dtype(e, raw)
                if raw.shape == target.shape or _fits(n, e, raw.shape, target.shape):
                    r = _fit(e.P if target is e else e._p, r, target.shape, want, create)
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
    if ripe is not None:
        for leaf in ripe.get(None, ()):  # in the order in which the last node uses them
            if leaf in pending or _is_told(leaf):
                pending[leaf] = pending.pop(leaf, None)
    for leaf in [e for e in pending if isinstance(e, Tensor)]:
        g = pending.pop(leaf)
        if watch and modes.LOCAL.watchers and accumulate and targets is None:
            _watched_leaf(leaf, g, create)
        elif accumulate and targets is None:
            _accumulate(leaf, g, create, getrefcount(g) <= 3)
        else:
            _arrive(leaf, g, create, accumulate, wanted, captured)
    return captured


def _wanted(n, results, useful):
    """The gradients that go on to somewhere, None in place of the others: what hooks see."""
    if n.op is None:
        if not n.picks:
            return results
    elif "variadic" in n.op.meta:  # torch computes all of a list or none
        if all(map(nowhere, n.edges)):
            return (None,) * len(results)
        if useful is None or not useful.isdisjoint(n.edges):
            return results
    return tuple([
        None if e is not None and nowhere(e) or useful is not None and e not in useful
        else r for e, r in zip(n.edges, results, strict=False)
    ])  # fmt: skip


def _is_told(leaf):
    """Whether hooks of a leaf want to know even that no gradient arrives."""
    own = leaf.__dict__
    return leaf._hooks or "_accumulator_hooks" in own or "_post_accumulate_hooks" in own


def _fitted(n, results, create):
    """The gradients in the shapes and dtypes of what they are for: what hooks see."""
    fitted = list(results)
    for i, (e, r) in enumerate(zip(n.edges, results, strict=False)):
        if e is not None and r is not None:
            P, like = (e.P, e) if isinstance(e, Node) else (e._p, e._raw)
            raw = r._raw if create else r
            if raw.shape == like.shape or _fits(n, e, raw.shape, like.shape):
                fitted[i] = _fit(P, r, like.shape, like.dtype, create)
    return tuple(fitted)


def _unpacked(n):
    """Look at what a node saved although no gradient arrives: torch raises if it was written to."""
    if n.saved is None:
        raise RuntimeError(FREED)
    for i in range(len(n.saved)):
        unpack(n, i, True)
    if n.op.saves_out:
        graph_out(n, False)


def _last_users(order, useful):
    """Which leaves have all their gradient once a node has run: node -> leaves."""
    last = {}
    for n in order:
        if useful is None or n in useful:
            for e in n.edges:
                if isinstance(e, Tensor):
                    last.pop(e, None)
                    last[e] = n
    ripe = {}
    for leaf, n in last.items():
        ripe.setdefault(n, []).append(leaf)
    return ripe


def _arrive(leaf, g, create, accumulate, wanted, captured):
    """A leaf's whole gradient: accumulated, captured or dropped."""
    if wanted is not None and leaf not in wanted:
        return
    if accumulate and modes.LOCAL.watchers:
        _watched_leaf(leaf, g, create)
    elif accumulate:
        _accumulate(leaf, g, create, False)
    else:
        g = leaf_hooks(leaf, g, create) if leaf._hooks is not None else g
        if g is None:
            return
        captured[leaf] = as_grad(leaf, g, create) if modes.STATE.grad_dtypes else g


def _watched_leaf(leaf, g, create):
    from ..watching import watched_node

    watched_node(accumulator(leaf), lambda: _accumulate(leaf, g, create, False))


def _watched(n, P, g, create):
    """Run a node that is watched: shown to watchers, and in anomaly mode, where it was made is said
    if it fails, and NaN is looked for."""
    from .anomaly_mode import check_results, report
    from .ties import tied

    if modes.LOCAL.watchers:
        from ..watching import watched_node

        return watched_node(n, lambda: n.vjp(P, n, g, create))
    outer, modes.LOCAL.parent = modes.LOCAL.parent, n.public
    try:
        results = n.vjp(P, n, g, create)
        if create:
            results = tied(n, results, g)
        if modes.LOCAL.check_nan:
            check_results(n, results, create)
    except Exception:
        report(n)
        raise
    finally:
        modes.LOCAL.parent = outer
    return results


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


def _fits(n, e, have, want):
    """Whether a sum brings a gradient to the shape of what it is for; torch's error if none does.

    False for a leaf that was turned in place since, as it may be once it requires no gradient: it
    takes the gradient as it is, or refuses any if it is none now.
    """
    lead = len(have) - len(want)
    if lead < 0 or any(m != k and m != 1 for m, k in zip(want, have[lead:], strict=True)):
        if isinstance(e, Tensor) and e._node is not LEAF:
            return False
        raise RuntimeError(
            f"Function {n.name()} returned an invalid gradient at index {n.edges.index(e)} - got "
            f"{list(have)} but expected shape compatible with {list(want)}"
        )
    return True


def _release(n):
    if n.frees:
        if n.saved or n.voids:
            n.saved = None
        n.out = None


def _accumulate(leaf, g, create, alone):
    """Add a gradient to ``leaf.grad``, with the hooks of the leaf and of its accumulator."""
    if leaf._ext is not None:
        edge(settled(leaf))  # a view that has none any more says so
    if leaf._node is not LEAF:
        leaf_hooks(leaf, g, create)
        if leaf._node is None:
            if "_post_accumulate_hooks" in leaf.__dict__:
                call_post_accumulate(leaf)
            return
        raise RuntimeError("leaf variable has been moved into the graph interior")
    fields = leaf.__dict__
    hooks = None
    if modes.STATE.leaf_hooks:
        if leaf._hooks is not None:
            g = leaf_hooks(leaf, g, create)
        hooks = fields.get("_accumulator_hooks")
        if hooks is not None:
            g = hooks.prehooks(accumulator(leaf), g, create)
        alone = alone and hooks is None and leaf._hooks is None
        if g is None:
            if "_post_accumulate_hooks" in fields:
                call_post_accumulate(leaf)
            if hooks is not None:
                hooks.after(accumulator(leaf), (), g, create)
            return
    if modes.STATE.grad_dtypes:
        g = as_grad(leaf, g, create)
    made = None
    if create:
        old = leaf._grad
        leaf._grad = _kept(leaf, g) if old is None else TP.add(old, g)
    else:
        with _accumulating:
            old = leaf._grad
            if old is None:
                made = leaf._grad = wrap(leaf._p, leaf._p.own_grad(g, alone))
                if modes.STATE.exotic and modes.LOCAL.inference:
                    mark_inference(leaf._grad)
            else:
                accumulate_into(old, g)
    if "_post_accumulate_hooks" in fields:
        call_post_accumulate(leaf)
    if hooks is not None:
        if made is not None:
            g = fresh(made)._raw  # the gradient itself, which other hooks may have changed
        hooks.after(accumulator(leaf), (), g, create)


def grad_dtype(leaf, raw):
    """The raw dtype that the gradient of a leaf may have, here this array (``grad_dtype``)."""
    fields = leaf.__dict__
    if "_grad_dtype" not in fields:
        return leaf._raw.dtype
    want = fields["_grad_dtype"]
    return raw.dtype if want is None else leaf._p.raw_dtype[want]


def as_grad(leaf, g, create):
    """A gradient in the dtype that was asked for with ``leaf.grad_dtype``."""
    raw = g._raw if create else g
    want = grad_dtype(leaf, raw)
    return g if raw.dtype == want else _fit(leaf._p, g, raw.shape, want, create)


def _kept(leaf, g):
    """A gradient Tensor copied, differentiably, into memory of the leaf's own."""
    P = leaf._p
    return TABLE["copied"].fn(wrap(P, P.full_as(g._raw, tuple(g._raw.shape), 0)), g)


def gradient_edge(t):
    """The edge that backward starts from, or captures at, for a tensor."""
    return edge(settled(t))
