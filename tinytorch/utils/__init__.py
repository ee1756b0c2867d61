"""``torch.utils``: its modules are imported when they are first named."""

from __future__ import annotations

import importlib

_MODULES = ("_pytree", "checkpoint", "hooks")


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")
