"""Histories that lead somewhere by name alone: what torch multiplies by zeros.

torch's formulas take tensors on which their result does not depend, or only through something that
is zero: the input of the backward of a pool, a primal beside a tangent that was not given. The
result requires grad all the same, and its gradient for them is zeros. Ours leave such tensors out,
and are tied to them here.
"""

from __future__ import annotations

from ..tensor import Tensor, wrap
from .graph import SEQ, Node, node_class

PRODUCTS = frozenset(
    "mul mul_number div lerp_tensor addcmul addcdiv xlogy xlog1py fmod remainder copysign mm"
    " bmm mv dot vdot outer addmm baddbmm addmv addr addbmm linalg_cross linear linear_plain"
    " prelu hardtanh hardsigmoid leaky_relu threshold hardshrink softshrink"
    " soft_margin_loss convolution layer_norm group_norm batch_norm batch_norm_fixed".split()
)  # whose tangent is of the graph of every operand whose value the rules read
READ_BACK = {  # which operands are of the graph of the gradients of an op
    **dict.fromkeys(("convolution", "group_norm", "batch_norm", "batch_norm_fixed", "prelu"), 2),
    **dict.fromkeys(("layer_norm",), 3),
    **dict.fromkeys(
        "hardsigmoid hardshrink softshrink nll nll_plain nll2d rrelu_noise rrelu_mean max_pool2d"
        " max_pool3d adaptive_max_pool2d adaptive_max_pool3d avg_pool2d avg_pool3d"
        " adaptive_avg_pool2d adaptive_avg_pool3d reflect_pad1d reflect_pad2d reflect_pad3d"
        " replicate_pad1d replicate_pad2d replicate_pad3d".split(), 1,
    ),
}  # fmt: skip
NONE_BACK = frozenset(("convolution", "batch_norm_fixed"))  # whose gradients for those are None


def _none(P, n, g, graph):
    return (None,) * len(n.edges)


def _zeros(P, n, g, graph):
    made = []
    for e in n.edges:
        P, like = (e.P, e) if isinstance(e, Node) else (e._p, e._raw)
        zeros = P.full(tuple(like.shape), 0, like.dtype)
        made.append(wrap(P, zeros) if graph else zeros)
    return tuple(made)


_classes: dict = {}


def tie(t, edges, name, vjp=_zeros):
    """Give a Tensor a node called ``name`` whose gradients are zeros, along these edges."""
    if (name, vjp) not in _classes:
        _classes[name, vjp] = node_class(name, vjp=staticmethod(vjp))
    n = t._node = object.__new__(_classes[name, vjp])
    n.seq, n.P, n.edges, n.params, n.saved = next(SEQ), t._p, edges, (), ()
    n.versions = n.out = n.out_st = n.hooks = None
    n.shape, n.dtype = t._raw.shape, t._raw.dtype


def tied(n, results, g):
    """The gradients that a node gives under ``create_graph``, tied if it is of `READ_BACK`."""
    if n.op is None or n.op.name not in READ_BACK:
        return results
    edges = tuple([e for e in n.edges[: READ_BACK[n.op.name]] if e is not None])
    if edges:
        given = g if type(g) is list else (g,)
        vjp = _none if n.op.name in NONE_BACK else _zeros
        name = n.op.node.removesuffix("0") + "Backward0"
        for r in results:
            if isinstance(r, Tensor) and r._node is None and not any(r is x for x in given):
                tie(r, edges, name, vjp)
    return results
