"""Switches under torch.backends.mkl, kept and without effect."""

from __future__ import annotations


def is_available():
    """False: computing is done by plugins (torch.backends.mkl.is_available)."""
    return False
