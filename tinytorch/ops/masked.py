"""Selection and writing by boolean masks."""

from __future__ import annotations

from .. import dtypes, registry
from ..dispatch import scalar_as
from ..tensor import Tensor, fresh
from .table import primitive

masked_fill_value = primitive(
    "masked_fill_value", lambda P, g, m: P.mask(g, P.logical_not(m)), None,
    operands=("a", "m"), params=("value",), node="MaskedFillBackward0", kernel="masked_fill_value",
    forward=lambda P, x, m, value: P.where(m, P.full((), value, x.dtype), x),
)  # fmt: skip


@registry.public("masked_fill", inplace=True)
def masked_fill(input, mask, value):
    """Elements where ``mask`` is true set to ``value`` (torch.masked_fill)."""
    if isinstance(mask, Tensor) and mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{mask.dtype._name}"
        )
    if isinstance(value, Tensor):
        if value.dim() != 0:
            raise RuntimeError(
                "masked_fill only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.dim()} dimension(s)."
            )
        from .elementwise import where

        return where(mask, value.to(input.dtype), input)
    value = scalar_as(input._p, value, fresh(input).dtype)
    return masked_fill_value(input, mask, value)
