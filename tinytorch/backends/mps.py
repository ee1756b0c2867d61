"""torch.backends.mps: there is no such device here, and this module says so."""

from __future__ import annotations


def is_available():
    """False (torch.backends.mps.is_available)."""
    return False


def is_built():
    """False (torch.backends.mps.is_built)."""
    return False
