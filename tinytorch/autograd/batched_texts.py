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
WRITE = (
    "vmap: {0}(self, *extra_args) is not possible because there exists a Tensor `other` in "
    "extra_args that has more elements than `self`. This happened due to `other` being vmapped "
    "over but `self` not being vmapped over {1}. Please try to use out-of-place operators instead "
    "of {0}. If said operator is being called inside the PyTorch framework, please file a bug "
    "report instead."
)
STATISTICS = (
    "Batch norm got a batched tensor as input while the running_mean or running_var, which will be "
    "updated in place, were not batched.\nIf you are using a module and do not need eval mode, "
    "please set `track_running_stats` to be False.If you are using a prebuilt module and do not "
    "need eval mode, please see the functorch website for resources on how to patch your module to "
    "work with vmap"
)
ARITHMETIC = frozenset(
    "sub subtract mul multiply div divide true_divide copy masked_fill clamp_min clamp_max"
    " logical_and logical_or logical_xor".split()
)
BY_NAME = frozenset("index_add index_fill index_put scatter_add scatter_reduce fill".split())
BY_SHAPE = frozenset(
    "add atan2 arctan2 copysign gcd lcm bitwise_and bitwise_or bitwise_xor bitwise_left_shift"
    " bitwise_right_shift".split()
)
NO_DRAW = "vmap: we do not yet support aten::{}. Please file an issue"


def write_text(name, level, own=(), whole=()):
    """Why an op cannot write examples to a tensor that is one for all; torch has several texts.

    name: with its overload where the op has a rule for another one only.
    """
    name, overload, _ = name.partition(".")
    name = name.strip("_")
    if overload:
        return WRITE.format(f"aten::{name}_", f"at level {level}")
    if name == "batch_norm":
        return STATISTICS
    if name in BY_SHAPE:
        return f"output with shape {own} doesn't match the broadcast shape {whole}"
    if name in BY_NAME:
        return WRITE.format(name + "_", "in a vmap")
    if name == "bernoulli":
        return WRITE.format("inplace bernoulli", "in a vmap")
    if not name or name in ARITHMETIC:
        return WRITE.format("inplace arithmetic", "in a vmap")
    return WRITE.format(f"aten::{name}_", f"at level {level}")


def outgrown(name, t, both):
    """That a result of shape ``both`` cannot be written to ``t``, as torch says it.

    It shows the examples as a dimension if the op has a rule for all of them at once.
    """
    have, both = list(t._raw.shape), list(both)
    name = name.strip("_")
    ruled = not name or name == "fill" or name in BY_SHAPE or name in ARITHMETIC
    if t._p.level and ruled:
        batch, raw = [], t._raw
        for level in reversed(t._p.levels.values()):
            raw = raw.full
            if raw.shape[0] == level.size:
                batch.insert(0, level.size)
        have = [*batch, *[1] * (len(both) - len(have)), *have]
        both = [*batch, *both]
    return f"output with shape {have} doesn't match the broadcast shape {both}"


def refuse(name, *tensors):
    """RuntimeError in torch's words if one of the tensors has a batch."""
    if any(isinstance(t, Tensor) and t._p.level for t in tensors):
        raise RuntimeError(TEXTS[name])


def refuse_draw(name):
    """RuntimeError for a random op that no vmap may run, but for torch's older one."""
    if any(level.randomness != "never" for level in LOCAL.vmaps):
        raise RuntimeError(NO_DRAW.format(name))
