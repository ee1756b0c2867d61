"""``torch.nn``: modules, parameters, their initial values, and the functions behind them."""

from __future__ import annotations

from . import functional  # noqa: F401
