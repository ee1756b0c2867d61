"""Outputs that raise when they are differentiated: the tail of `once_differentiable`."""

from __future__ import annotations

from ..tensor import edge, fresh, wrap
from .graph import SEQ, node_class

TEXT = "trying to differentiate twice a function that was marked with @once_differentiable"


def _raise(P, n, g, graph):
    raise RuntimeError(n.params[0])


DelayedError = node_class("Error", vjp=staticmethod(_raise))


def raising_outputs(outputs, inputs, text=TEXT):
    """Copies of outputs whose history raises ``text`` when backward comes to it."""
    made = []
    for t in outputs:
        if t is None or not t._p.differentiable(fresh(t)._raw):
            made.append(t)
            continue
        out = wrap(t._p, t._raw)
        n = object.__new__(DelayedError)
        n.seq, n.P, n.params = next(SEQ), t._p, (text,)
        n.edges = tuple(edge(x) for x in inputs)
        n.saved, n.versions, n.out, n.out_st, n.hooks = (), None, None, None, None
        n.shape, n.dtype = t._raw.shape, t._raw.dtype
        out._node = n
        made.append(out)
    return tuple(made)


__all__ = ["DelayedError", "raising_outputs"]
