"""torch.xpu: there is no such device here, and this module says so."""

from __future__ import annotations


def is_available():
    """False (torch.xpu.is_available)."""
    return False


def device_count():
    """0 (torch.xpu.device_count)."""
    return 0
