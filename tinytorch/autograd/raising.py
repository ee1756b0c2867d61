"""Outputs that raise when they are differentiated: the tail of `once_differentiable`."""

from __future__ import annotations

from ..tensor import wrap
from .graph import SEQ, node_class

TEXT = "trying to differentiate twice a function that was marked with @once_differentiable"


def _raise(P, n, g, graph):
    raise RuntimeError(n.params[0])


DelayedError = node_class("torch::autograd::Error", vjp=staticmethod(_raise))


def raising_output(t, text=TEXT):
    """The tensor with a history that raises ``text`` when backward comes to it."""
    if t is None:
        return None
    out = wrap(t._p, t._raw)
    n = object.__new__(DelayedError)
    n.seq, n.P, n.edges, n.params = next(SEQ), t._p, (), (text,)
    n.saved, n.versions, n.out, n.out_st, n.hooks = (), None, None, None, None
    n.shape, n.dtype = t._raw.shape, t._raw.dtype
    out._node = n
    return out
