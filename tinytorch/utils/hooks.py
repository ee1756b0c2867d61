"""``torch.utils.hooks``: handles of hooks, and hooks that are left out of pickles."""

from __future__ import annotations

import warnings

from ..autograd.hooks import RemovableHandle


def unserializable_hook(f):
    """Mark a hook, so that pickling a tensor which has it does not warn."""
    f.__torch_unserializable__ = True
    return f


def warn_if_has_hooks(tensor):
    """Warn of the hooks of a tensor that its pickle will not have."""
    for hook in (tensor._backward_hooks or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, "
                "you can decorate the function with @torch.utils.hooks.unserializable_hook to "
                "suppress this warning",
                stacklevel=2,
            )


__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]
