"""Writes to some elements of expanded tensors: torch deprecates them and lets them through.

Elements that share memory come to be what the last of them was written with. Where arrays are
replaced as wholes, that is: what any of them was changed to.
"""

from __future__ import annotations

from ..autograd.inplace import write
from ..autograd.overlap import check_overlap, repeats
from ..blame import warn
from ..registry import functions
from ..storage import geometry
from ..tensor import Tensor, current
from .view import expand_shape, select, unsqueeze


def _agreed(t, old, value):
    """``value`` for ``old``, with elements that share memory in ``t`` made one."""
    where = functions["where"]
    shape, strides, _ = geometry(t)
    for d, (n, s) in enumerate(zip(shape, strides, strict=True)):
        if s or n < 2:
            continue
        was = kept = select(old, d, 0)
        for k in range(n):
            new = select(value, d, k)
            kept = where(new != was, new, kept)
        value = expand_shape(unsqueeze(kept, d), tuple(value._raw.shape))
    return value


def write_some(t, compute, args, name, example):
    """Let ``compute`` replace elements of ``t`` in place, also of one that repeats elements."""
    if not isinstance(t, Tensor) or t._ext is None or not repeats(current(t)):
        check_overlap(t, [x for x in args if isinstance(x, Tensor) and x._raw.shape])
        return write(t, compute, args, overlap=True, name=name)
    warn(
        f"Use of {name.partition('.')[0]} on expanded tensors is deprecated. Please clone() the "
        "tensor before performing this operation. This also applies to advanced indexing e.g. "
        f"{example}"
    )
    return write(t, lambda old, *more: _agreed(t, old, compute(old, *more)), args, overlap=True)


FILL, PUT = "tensor[mask] = scalar", "tensor[indices] = tensor"
