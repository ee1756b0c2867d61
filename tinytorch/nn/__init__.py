"""``torch.nn``: modules, parameters, their initial values, and the functions behind them."""

from __future__ import annotations

from . import functional, init, modules, parameter, utils  # noqa: F401
from .modules import *  # noqa: F403
from .parameter import Buffer, Parameter  # noqa: F401


def __getattr__(name):
    raise AttributeError(f"module 'torch.nn' has no attribute '{name}'")
