"""Switches under torch.backends.openmp, kept and without effect."""

from __future__ import annotations


def is_available():
    """False: computing is done by plugins (torch.backends.openmp.is_available)."""
    return False
