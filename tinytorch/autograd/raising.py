"""Outputs that raise when they are differentiated: the tail of `once_differentiable`."""

from __future__ import annotations

from ..dispatch import output_node
from ..tensor import fresh, wrap
from .graph import LEAF, SEQ, node_class

TEXT = "trying to differentiate twice a function that was marked with @once_differentiable"


def _raise(P, n, g, graph):
    raise RuntimeError(n.params[0])


DelayedError = node_class("Error", vjp=staticmethod(_raise))


def differentiable(t):
    """Whether an output (a Tensor or None) can have a gradient."""
    return t is not None and t._p.differentiable(fresh(t)._raw)


def apart(t):
    """A leaf of the values of a tensor."""
    out = t.detach()
    out._node = LEAF
    return out


def raising_outputs(outputs, edges, text=TEXT):
    """Copies of outputs with one node as their history, which raises ``text`` when it is run."""
    n = object.__new__(DelayedError)
    n.seq, n.edges, n.params, n.saved = next(SEQ), edges, (text,), ()
    n.versions = n.out = n.out_st = n.hooks = None
    n.P = next((t._p for t in outputs if t is not None), None)
    raws = [None if t is None else fresh(t)._raw for t in outputs]
    n.shape = tuple(() if r is None else tuple(r.shape) for r in raws)
    n.dtype = tuple(None if r is None else r.dtype for r in raws)
    several = len(raws) > 1
    if not several:
        n.shape, n.dtype = n.shape[0], n.dtype[0]
    made = []
    for i, t in enumerate(outputs):
        if not differentiable(t):
            made.append(t)
            continue
        made.append(wrap(t._p, raws[i]))
        made[i]._node = output_node(n, i, t._p, raws[i]) if several else n
    return tuple(made)


__all__ = ["DelayedError", "apart", "differentiable", "raising_outputs"]
