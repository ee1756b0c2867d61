"""``torch.nn``: modules, parameters, their initial values, and the functions behind them."""

from __future__ import annotations

from . import functional, init, modules, parameter, utils  # noqa: F401
from .modules import *  # noqa: F403
from .parameter import Buffer, Parameter  # noqa: F401


def __getattr__(name):
    """The wrapper of modules is imported when it is named."""
    if name in ("parallel", "DataParallel"):
        from importlib import import_module

        parallel = import_module(".parallel", __name__)
        return parallel if name == "parallel" else parallel.DataParallel
    raise AttributeError(f"module 'torch.nn' has no attribute '{name}'")
