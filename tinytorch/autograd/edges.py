"""Gradient edges, and hooks over several gradients at once (torch.autograd.graph)."""

from __future__ import annotations

import threading
import weakref
from typing import Any, NamedTuple

from ..primitive import TP
from ..tensor import Tensor, fresh, settled, wrap
from . import engine, modes
from .function import BackwardCFunction
from .graph import LEAF, AccumulateGrad, Node, Output, accumulator, nowhere


class GradientEdge(NamedTuple):
    """A place in the graph: a node and the number of one of its outputs.

    ownership_token: what the engine calls that place; it keeps the graph alive.
    """

    node: Any
    output_nr: int
    ownership_token: Any = None


def _place(t):
    """Where the gradient of a tensor arrives; AssertionError if it is nowhere."""
    n = settled(t)._node
    if nowhere(n):
        raise AssertionError("Expected gradient function to be set")
    return accumulator(t) if n is LEAF else t.grad_fn


def get_gradient_edge(tensor):
    """The edge at which the gradient of a tensor arrives; RuntimeError if it needs none."""
    if not tensor.requires_grad:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    t = settled(tensor)
    return GradientEdge(_place(t), t.output_nr, engine.gradient_edge(t))


def internal(edge):
    """What the engine calls a GradientEdge: a node of its own, or a leaf."""
    if edge.ownership_token is not None:
        return edge.ownership_token
    node = edge.node
    if isinstance(node, AccumulateGrad):
        return node.variable
    if isinstance(node, BackwardCFunction):
        node = node._engine_node
    if node.many:
        out = object.__new__(Output)
        out.seq, out.parent, out.index, out.P = node.seq, node, edge.output_nr, node.P
        out.shape, out.dtype = node.shape[edge.output_nr], node.dtype[edge.output_nr]
        out.edges, out.saved, out.params = (node,), (), ()
        out.out = out.out_st = out.hooks = out.versions = None
        return out
    return node


def without_use(roots, leaves):
    """Those of some leaves that a graph has used only before they were given other memory."""
    latest = {x: x._set_at if any(r is x for r in roots) else -1 for x in leaves}
    for n in reversed(engine.reachable([r for r in roots if isinstance(r, Node)])):
        for e in n.edges:
            if e in latest:
                latest[e] = max(latest[e], n.seq)
    return {x for x in leaves if latest[x] < x._set_at}


def call_node(n, grads):
    """``grad_fn(*grads)``: run one node by hand on Tensors; TypeError for other arguments."""
    several = n.many
    count = len(n.shape) if several else 1
    if len(grads) != count:
        raise TypeError(f"expected {count} arguments, got {len(grads)} instead")
    for i, g in enumerate(grads):
        if g is not None and not isinstance(g, Tensor):
            raise TypeError(f"argument {i} is not a Variable")
    create = modes.LOCAL.grad
    if isinstance(n, AccumulateGrad):
        if grads[0] is not None:
            g = fresh(grads[0])
            engine.run([n.variable], [g if create else g._raw], True, create)
        return ()
    if all(g is None for g in grads):
        results = (None,) * len(n.edges)
    else:
        g = [g if create or g is None else fresh(g)._raw for g in grads]
        results = n.vjp(TP if create else n.P, n, g if several else g[0], create)
    if n.asked is not None:
        results = [None if i is None else results[i] for i in n.asked]
    out = [r if create or r is None else wrap(n.P, r) for r in results]
    return out[0] if len(out) == 1 else tuple(out)


class _MultiHandle:
    def __init__(self, handles):
        self.handles = tuple(handles)

    def remove(self):
        """Take all the hooks away."""
        for h in self.handles:
            h.remove()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Call ``fn`` with the gradients of several tensors once they are all there.

    The hooks know the places of the others weakly, so that no graph keeps itself alive by them.
    mode "all": ``fn`` gets a list, None for a tensor that has no part in this backward; "any": it
    gets the first gradient that is computed. ValueError for another mode.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    tensors = tuple(tensors)
    if mode == "all":
        for t in tensors:
            _place(t)
    edges = [engine.gradient_edge(t) for t in tensors]
    places = [weakref.ref(e) for e in edges if e is not None]
    lock = threading.Lock()
    state = {}
    count = len(tensors)

    def begin():
        task = modes.LOCAL.task
        if state.get("task") != task.number:
            state.clear()
            state.update(task=task.number, grads=[None] * count, got=0, called=False)
            if mode == "all":
                here = (e for e in (ref() for ref in places) if e is not None)
                state["awaited"] = sum(engine.will_reach(task, e) for e in here)
        return state

    def inner(i):
        def hook(g):
            with lock:
                s = begin()
                if mode == "any":
                    now, s["called"] = not s["called"], True
                    value = g
                else:
                    s["grads"][i] = g
                    s["got"] += 1
                    now, value = s["got"] == s["awaited"], s["grads"]
            if now:
                fn(value)
                if mode == "all":
                    state.clear()

        return hook

    hooked = [(i, t) for i, t in enumerate(tensors) if t.requires_grad]
    return _MultiHandle([t.register_hook(inner(i)) for i, t in hooked])


def _calculate_shape(output, grad, is_grads_batched):
    """The shapes of an output and of one gradient for it (``torch.autograd._calculate_shape``)."""
    shape = (
        type(grad.shape)(output.node.shape) if isinstance(output, GradientEdge) else output.shape
    )
    return shape, grad.shape[1:] if is_grads_batched else grad.shape
