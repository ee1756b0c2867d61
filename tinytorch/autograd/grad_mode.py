"""``torch.autograd.grad_mode``: the switches, under the name torch keeps them by."""

from .modes import (
    _force_original_view_tracking,
    enable_grad,
    enforce_grad_layout_policy,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from .saved import unsafe_preserve_version_counter as _unsafe_preserve_version_counter

__all__ = [
    "_force_original_view_tracking", "_unsafe_preserve_version_counter", "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode", "no_grad", "set_grad_enabled", "set_multithreading_enabled",
]  # fmt: skip
