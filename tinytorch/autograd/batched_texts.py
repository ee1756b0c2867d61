"""What vmap refuses, in torch's words: ops without a batching rule, shapes that depend on values.

Where an op can be had although torch has no rule for it, it is had; a refusal stands here only if
each example would give another shape, or no Tensor at all.
"""

from __future__ import annotations

from ..tensor import Tensor
from .modes import LOCAL

_ASK = "Please file an issue at https://github.com/pytorch/pytorch/issues if you need this feature."
_NONE = "Batching rule not implemented for aten::{}. We could not generate a fallback."
_SHAPE = (
    "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap "
    "over aten::{}. " + _ASK
)
OUT = (
    "Batching rule not implemented for aten::{}; the fallback path doesn't work on out= or view "
    "ops."
)
TEXTS = {
    **{
        name: _SHAPE.format(name)
        for name in ("nonzero", "where", "_unique2", "unique_dim", "unique_consecutive")
    },
    **{
        name: _NONE.format(name)
        for name in ("equal", "nonzero_numpy", "tensor_split.tensor_indices_or_sections")
    },
    "allclose": f"vmap over torch.allclose isn't supported yet. {_ASK}",
    "narrow.Tensor": OUT.format("narrow.Tensor"),
    "masked_select": "vmap: Attempted to vmap over `mask` in torch.masked_select(self, mask) We "
                     "cannot support this because for each batch this would return a differently "
                     f"shaped Tensor. {_ASK}",
    "one_hot": "When vmap-ing torch.nn.functional.one_hot, please provide an explicit positive "
               "num_classes argument.",
    "is_contiguous": "NYI: querying is_contiguous inside of vmap for memory_format other than "
                     "torch.contiguous_format",
    "data": "mutating directly with `.data` under vmap transform is not allowed.",
}  # fmt: skip
CLONE = (
    "NYI: Tensor.clone(memory_format) inside vmap is only supported with memory_format "
    "torch.preserve_format or torch.contiguous_format (got {})"
)
NO_EXAMPLES = (
    "Batching rule not implemented for aten::{}. The fallback path does not support vmap over dims "
    "of size 0."
)
NO_DRAW = "vmap: we do not yet support aten::{}. Please file an issue"


def refuse(name, *tensors):
    """RuntimeError in torch's words if one of the tensors has a batch."""
    if any(isinstance(t, Tensor) and t._p.level for t in tensors):
        raise RuntimeError(TEXTS[name])


def refuse_draw(name):
    """RuntimeError for a random op that no vmap may run."""
    if LOCAL.vmaps:
        raise RuntimeError(NO_DRAW.format(name))
