"""``torch.utils``: its modules are imported when they are first named."""

from __future__ import annotations

import importlib

_MODULES = ("_python_dispatch", "_pytree", "checkpoint", "hooks")


def swap_tensors(t1, t2):
    """Let two tensors be each other: data, history, attributes and class (torch.utils)."""
    import copyreg
    import weakref

    from ..tensor import Tensor

    for name, t in (("t1", t1), ("t2", t2)):
        if weakref.getweakrefs(t):
            raise RuntimeError(f"Cannot swap {name} because it has weakref associated with it")
    a, b = (set(copyreg._slotnames(type(t))) for t in (t1, t2))
    if a != b:
        raise RuntimeError("Cannot swap t1 and t2 if they have different slots")
    for slot in (s for s in Tensor.__slots__ if not s.startswith("__")):
        a, b = getattr(t1, slot), getattr(t2, slot)
        setattr(t1, slot, b)
        setattr(t2, slot, a)
    t1.__dict__, t2.__dict__ = t2.__dict__, t1.__dict__
    t1.__class__, t2.__class__ = t2.__class__, t1.__class__


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")
