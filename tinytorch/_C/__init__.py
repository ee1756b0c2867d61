"""Private names of torch's compiled part that Python programs reach for, each where it lives here.

Libraries on torch, and what they test with, use a few names of `torch._C` for which torch has no
public one. A row of the table gives the module and the name that do the same here; nothing is
imported before somebody asks.
"""

from __future__ import annotations

import weakref

TABLE = {
    "is_grad_enabled": "autograd.modes",
    "_set_grad_enabled": "autograd.modes:_ask_grad",
    "_is_fwd_grad_enabled": "autograd.forward_ad",
    "_set_fwd_grad_enabled": "autograd.forward_ad:switch",
    "_current_autograd_node": "autograd.execution:current_node",
    "_current_graph_task_execution_order": "autograd.execution:execution_order",
    "_current_graph_task_id": "autograd.execution:current_graph_task_id",
    "_will_engine_execute_node": "autograd.execution:will_execute",
    "_is_view_replay_enabled": "autograd.modes:is_view_replay_enabled",
    "TensorBase": "tensor:Tensor",
    "_TensorBase": "tensor:Tensor",
    "_autograd": "",
    "_functions": "",
}


class _WeakTensorRef:
    """A reference that does not keep a tensor alive."""

    def __init__(self, tensor):
        self._ref = weakref.ref(tensor)

    def expired(self):
        """Whether the tensor is gone."""
        return self._ref() is None


def __getattr__(name):
    from importlib import import_module

    if name not in TABLE:
        raise AttributeError(f"module 'torch._C' has no attribute '{name}'")
    where, _, own = TABLE[name].partition(":")
    if not where:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(f"tinytorch.{where}"), own or name)
