"""A write to a part of a tensor as one node, for hooks that want to see its gradients.

A write is recorded as two nodes, CopySlices for the place and the op's own for the value, so that
each has the gradient that is its affair. In torch they are one node, whose gradients are those of
the whole base and of what else the op read. That matters to a hook which runs after it: once there
is one, the two become one here too.
"""

from __future__ import annotations

from ..storage import put
from .graph import Node, Output, node_class
from .inplace import AsStridedBackward0, region_of


def _vjp(P, n, g, graph):
    from .engine import _fit

    chain, asked = n.params
    region = region_of(P, n, g, chain)
    (value,) = n.saved
    found = value.vjp(P, value, region, graph)
    found = found if asked is None else [None if i is None else found[i] for i in asked]
    base, first = None, found[0]
    if n.edges[0] is not None:
        if first is None:
            first = P.full_as(region, tuple(region.shape), 0)
        else:
            raw, like = (first._raw, region._raw) if graph else (first, region)
            if raw.dtype is not like.dtype or raw.shape != like.shape:
                first = _fit(n.P, first, like.shape, like.dtype, graph)
        base = put(P, g, first, chain)
    return base, *found[1:]


WholeCopySlices = node_class("CopySlices", vjp=staticmethod(_vjp), voids=True, picks=True)


def _reads_base(value, base):
    """Whether what an op read first is the place that it wrote."""
    e = value.edges[0]
    while isinstance(e, Node) and e is not base:
        if not (e.op is not None and e.op.is_view or type(e) is AsStridedBackward0):
            return False
        e = e.edges[0] if e.edges else None
    return e is None or e is base


def join(n):
    """Let a CopySlices run the op whose value it writes, if that is a node of its own."""
    base, value = n.edges
    if not isinstance(value, Node) or type(value) is Output or value.hooks is not None:
        return
    if n.saved is None or not value.edges or not _reads_base(value, base):
        return
    asked = value.asked
    rest = value.edges[1:]
    if asked is not None:
        rest = [None if i is None else value.edges[i] for i in asked[1:]]
    n.edges, n.saved, n.params = (base, *rest), (value,), (*n.params, asked)
    n.__class__ = WholeCopySlices
