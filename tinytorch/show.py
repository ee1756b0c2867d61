"""Printing and pickling of Tensors, over `printing`, which knows arrays only."""

from __future__ import annotations

import numpy as np

from . import dtypes, printing
from .autograd.graph import LEAF
from .autograd.modes import LOCAL
from .devices import CPU, get_default_device
from .tensor import FAST, Tensor, fresh


def tensor_repr(t):
    """The text torch prints for a tensor; one of a user's class begins with the class's name."""
    from .autograd.modes import no_grad

    with no_grad():
        fresh(t)
    if t._p.level or t._tracks:
        return _wrapped_repr(t)
    node = _history(t)
    host = np.asarray(t._p.to_host(t._raw))
    shown = get_default_device()
    dev = t._p.device
    return printing.tensor_str(
        host, host.shape, repr(t.dtype), default_dtype_name=repr(dtypes.get_default_dtype()),
        device=None if dev in (CPU, shown) else str(dev),
        requires_grad=t._node is LEAF, grad_fn_name=node,
        prefix="tensor(" if type(t) in FAST else type(t).__name__ + "(",
        tangent=_tangent(t) if LOCAL.duals else None,
    )  # fmt: skip


def _history(t):
    """The name of the node; of a view whose base has been written as it may not be, "Invalid"."""
    try:
        node = t.grad_fn
    except RuntimeError:
        return "Invalid"
    return None if node is None else type(node).__name__


def _tangent(t):
    from .autograd.forward_ad import unpack_dual

    return unpack_dual(t).tangent


def _wrapped_repr(t):
    """A tensor inside a transform: as which, and the tensor in it."""
    from textwrap import indent

    from .func.wrapped import peeled

    name, inside = peeled(t)
    return f"{name}, value=\n{indent(tensor_repr(inside), '    ')}\n)"


def rebuild(array, dtype, requires_grad, cls, attributes=()):
    """A Tensor from its pickle."""
    from .factories import tensor

    t = tensor(array, dtype=dtypes.by_name(dtype), requires_grad=requires_grad)
    if cls is not Tensor:
        out = cls.__new__(cls)
        for slot in ("_raw", "_p", "_node", "_st", "_ext"):
            setattr(out, slot, getattr(t, slot))
        t = out
    t.__dict__.update(attributes)
    return t
