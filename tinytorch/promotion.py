"""The dtype that operands have in common, and operands brought to it: torch's type promotion.

What an op computes in depends on the kinds of its operands alone, so it is worked out once for
each; the rules themselves are those of `dtypes.result_type`.
"""

from __future__ import annotations

from . import dtypes
from .tensor import Tensor


def dtype_of(t):
    return t._p.torch_dtype[t._raw.dtype]


def result_dtype(operands):
    """torch.result_type of tensors and numbers."""
    dimmed, zero, scalars = [], [], []
    for x in operands:
        if isinstance(x, Tensor):
            (dimmed if x._raw.shape else zero).append(dtype_of(x))
        elif x is not None:
            scalars.append(dtypes.scalar_dtype(x))
    return dtypes.result_type(dimmed, zero, scalars)


_common = {}  # what `promote` found before, by the kinds of operands


def promote(op, P, operands):
    """The operands in their common dtype; numbers become Python numbers of its category."""
    home = P
    while home.level:  # a vmap ends, what is remembered stays
        home = home.inner
    kinds = [op.promote, dtypes.get_default_dtype(), home]
    for x in operands:
        if isinstance(x, Tensor):
            kinds += x._raw.dtype, not x._raw.shape
        else:
            kinds.append(type(x))
    common = _common.get(kinds := tuple(kinds))
    if common is None:
        common = result_dtype(operands)
        if op.promote == "float" and common.category < dtypes.FLOAT:
            common = dtypes.get_default_dtype()
        _common[kinds] = common
    if common not in P.raw_dtype:
        raise RuntimeError(f"backend {P.name!r} on device '{P.device}' does not support {common!r}")
    raw = P.raw_dtype[common]
    out = []
    for x in operands:
        if isinstance(x, Tensor):
            out.append(x if x._raw.dtype == raw else cast(x, common))
        elif x is None:
            out.append(None)
        else:
            out.append(scalar_as(P, x, common))
    return out


def cast(t, dtype):
    """A tensor in another dtype inside an op: recorded, but not shown in the graph."""
    from .ops.convert import hidden_cast

    return hidden_cast(t, dtype)


_BITS = {"uint8": 8, "int8": 8, "int16": 16, "int32": 32, "int64": 64}


def scalar_as(P, x, dtype):
    """A Python number as torch reads it in ``dtype``: integers wrap around."""
    if dtype.category == dtypes.COMPLEX:
        return complex(x)
    if dtype.category == dtypes.FLOAT:
        return P.weak(float(x), dtype)
    if dtype.category == dtypes.BOOL:
        return bool(x)
    bits = _BITS[dtype._name]
    x = int(x) & ((1 << bits) - 1)
    if dtype.is_signed and x >> (bits - 1):
        x -= 1 << bits
    return x
