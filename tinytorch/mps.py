"""torch.mps: there is no such device here, and this module says so."""

from __future__ import annotations


def is_available():
    """False (torch.mps.is_available)."""
    return False


def device_count():
    """0 (torch.mps.device_count)."""
    return 0
