"""What torch's module of autograd's inner parts has that Python uses (``torch._C._autograd``).

A saved tensor made by hand belongs to no op, so it gets a node of its own that only saves.
"""

from __future__ import annotations

import enum

from ..autograd.graph import SEQ, node_class
from ..autograd.modes import LOCAL
from ..autograd.saved import SavedTensor, pack
from ..storage import storage_of, version

_Holder = node_class("SavedTensorHolder")


class CreationMeta(enum.Enum):
    """How a view came about, where that matters for writes."""

    __module__ = "tinytorch._C._autograd"

    DEFAULT = 0
    IN_CUSTOM_FUNCTION = 1
    MULTI_OUTPUT_NODE = 2
    NO_GRAD_MODE = 3
    INFERENCE_MODE = 4


_METAS = {
    None: CreationMeta.DEFAULT, "custom": CreationMeta.IN_CUSTOM_FUNCTION,
    "multi": CreationMeta.MULTI_OUTPUT_NODE, "no_grad": CreationMeta.NO_GRAD_MODE,
    "inference": CreationMeta.INFERENCE_MODE,
}  # fmt: skip


def _get_creation_meta(tensor):
    """How a view came about; RuntimeError for a tensor that is none."""
    e = tensor._ext
    if e is None or e.base is None:
        raise RuntimeError(
            "Expected meta != nullptr to be true, but got false.  (Could this error message be "
            "improved?  If so, please report an enhancement request to PyTorch.)"
        )
    return _METAS[e.meta]


def _saved_tensors_hooks_get_disabled_error_message():
    """What entering `saved_tensors_hooks` would raise; None if it may be entered."""
    return LOCAL.hooks_disabled


def _make_saved_tensor(tensor, is_output, is_inplace_on_view=False):
    """A SavedTensor of a tensor, packed by the hooks that are on.

    is_output: keep only its data, as for a result of the op.
    """
    n = object.__new__(_Holder)
    n.seq, n.P, n.edges, n.params = next(SEQ), tensor._p, (), ()
    n.out = n.out_st = n.hooks = None
    n.shape, n.dtype = tensor._raw.shape, tensor._raw.dtype
    kept = tensor.detach() if is_output else tensor
    hooks = LOCAL.saved_hooks
    n.saved = (pack(kept, hooks[-1]) if hooks else kept,)
    n.versions = (version(tensor),) if version(tensor) else None
    return SavedTensor(n, 0)


def _unsafe_set_version_counter(tensors, versions):
    """Set the versions of tensors; RuntimeError below 0."""
    for t, v in zip(tensors, versions, strict=True):
        if v < 0:
            raise RuntimeError(f"Cannot set a version_counter to a value below 0: {v}")
        storage_of(t).version = v


def _saved_tensors_hooks_is_enabled():
    """Whether `saved_tensors_hooks` may be entered."""
    return LOCAL.hooks_disabled is None


def _get_current_graph_task_keep_graph():
    """Whether the backward that runs keeps its graph; True if none runs."""
    task = LOCAL.task
    return True if task is None else bool(task.keep)
