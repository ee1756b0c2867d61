"""Classes of graph nodes under the names of torch's module of them (``torch._C._functions``).

Node classes of ops are made with their ops; two nodes that users can put into a graph themselves
stand here.
"""

from __future__ import annotations

from ..autograd.graph import SEQ, AccumulateGrad, node_class  # noqa: F401 - torch's name too
from ..autograd.raising import DelayedError as _Raising
from ..autograd.raising import raising_outputs
from ..tensor import edge, fresh


class DelayedError(_Raising):
    """Passes tensors on; a gradient that comes back through them raises ``msg``."""

    __slots__ = ("msg",)

    def __new__(cls, msg, num_inputs):
        n = object.__new__(cls)
        n.msg = msg
        return n

    def __call__(self, *tensors):
        edges = tuple(edge(fresh(t)) for t in tensors)
        needed = any(e is not None for e in edges)
        return _one_or_all(raising_outputs(tensors, edges, self.msg) if needed else tensors)


def _one_or_all(made):
    return made[0] if len(made) == 1 else made


def _nothing(P, n, g, graph):
    return (None,) * len(n.edges)


UndefinedGradBackward = node_class(
    "UndefinedGradBackward",
    vjp=staticmethod(_nothing),
    full_name="torch::autograd::UndefinedGradBackward",
)


class UndefinedGrad:
    """Passes tensors on; no gradient comes back through them."""

    def __call__(self, *tensors):
        made = []
        for t in tensors:
            e = edge(fresh(t))
            out = t.detach()
            if e is not None:
                n = object.__new__(UndefinedGradBackward)
                n.seq, n.P, n.edges, n.params = next(SEQ), t._p, (e,), ()
                n.saved, n.versions, n.out, n.out_st, n.hooks = (), None, None, None, None
                n.shape, n.dtype = t._raw.shape, t._raw.dtype
                out._node = n
            made.append(out)
        return _one_or_all(tuple(made))


def __getattr__(name):
    from ..primitive import TABLE

    for op in TABLE.values():
        if op.node == name and op.rules is not None:
            return op.node_cls
    raise AttributeError(f"module 'torch._C._functions' has no attribute '{name}'")
