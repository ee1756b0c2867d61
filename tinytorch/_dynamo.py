"""``torch._dynamo`` as far as programs that compile a model name it: resetting, errors, settings.

Settings are accepted and change nothing.
"""

from __future__ import annotations

from types import SimpleNamespace

from .capture import Unsupported
from .compiler import allow_in_graph, disable, is_compiling, reset

config = SimpleNamespace(suppress_errors=False, verbose=False, cache_size_limit=8,
                         recompile_limit=8)  # fmt: skip
exc = SimpleNamespace(Unsupported=Unsupported, TorchDynamoException=RuntimeError)


def __getattr__(name):
    if name == "OptimizedModule":
        from .capture.module import OptimizedModule

        return OptimizedModule
    raise AttributeError(f"module 'torch._dynamo' has no attribute '{name}'")


__all__ = ["allow_in_graph", "config", "disable", "exc", "is_compiling", "reset"]
