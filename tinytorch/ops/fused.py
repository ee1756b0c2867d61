"""Words for fused ops: half precision computed in single, losses reduced, edges shown."""

from __future__ import annotations

from .. import dtypes
from ..autograd.graph import public_edge
from ..primitive import TABLE

HALVES = (dtypes.float16, dtypes.bfloat16)
NONE, MEAN, SUM = 0, 1, 2
_REDUCTIONS = {"none": NONE, "mean": MEAN, "sum": SUM}


def single(forward):
    """A forward that computes half types in float32 and rounds once, as torch's kernels do."""

    def run(P, x, *rest):
        dt = x.dtype
        if dt is P.float32 or dt is P.float64 or P.torch_dtype[dt] not in HALVES:
            return forward(P, x, *rest)
        wide = [P.astype(y, P.float32) if getattr(y, "dtype", None) == dt else y for y in rest]
        out = forward(P, P.astype(x, P.float32), *wide)
        return P.astype(out, dt) if out.dtype == P.float32 else out

    return run


def reduction_code(reduction):
    """The number of a reduction's name; ValueError for another."""
    try:
        return _REDUCTIONS[reduction]
    except (KeyError, TypeError):
        raise ValueError(f"{reduction} is not a valid value for reduction") from None


def reduced(P, x, how):
    """A loss per element reduced to its mean or sum, or as it is."""
    if how == NONE:
        return x
    return P.mean(x, None, False) if how == MEAN else P.sum(x, None, False)


def shared(P, g, like, how):
    """The upstream gradient of a reduced loss per element of ``like``."""
    return P.divide(g, size(like)) if how == MEAN else g


def size(x):
    n = 1
    for k in x.shape:
        n *= k
    return n


def show_edges(name, shown):
    """Show in ``next_functions`` only the operands that torch records, in this order.

    shown: operand numbers, or (number, node class) for an operand that torch reaches through a
    view that a fused op does without.
    """

    def next_functions(self):
        if self.edges is None:
            return ()
        return tuple(
            public_edge(self.edges[k]) if type(k) is int else _through(self, *k) for k in shown
        )

    TABLE[name].node_cls.next_functions = property(next_functions)


def _through(n, k, cls):
    if n.edges[k] is None:
        return (None, 0)
    v = object.__new__(cls)
    v.seq, v.edges, v.P, v.params, v.saved = n.seq, (n.edges[k],), n.P, ((1, 0),), ()
    v.shape = v.dtype = v.versions = v.out = v.out_st = v.hooks = None
    return (v, 0)


__all__ = ["MEAN", "NONE", "SUM", "reduced", "reduction_code", "shared", "show_edges",
           "single", "size"]  # fmt: skip
