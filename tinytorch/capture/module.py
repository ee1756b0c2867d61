"""A Module that is compiled: the same parameters, the same names after ``_orig_mod``."""

from __future__ import annotations

from ..nn import Module
from .compiled import Compiled


class OptimizedModule(Module):
    """What ``torch.compile(module)`` returns (torch._dynamo.OptimizedModule)."""

    def __init__(self, mod, fullgraph=False, limit=None):
        super().__init__()
        self._orig_mod = mod
        object.__setattr__(self, "_compiled", Compiled(mod, fullgraph, limit))

    def __call__(self, *args, **kwargs):
        return self._compiled(*args, **kwargs)

    def forward(self, *args, **kwargs):
        return self._compiled(*args, **kwargs)

    @property
    def graphs(self):
        """The captured graphs."""
        return self._compiled.graphs

    def __getattr__(self, name):
        if name == "_orig_mod":
            return self._modules["_orig_mod"]
        return getattr(self._modules["_orig_mod"], name)

    def train(self, mode=True):
        self._orig_mod.train(mode)
        return super().train(mode)
