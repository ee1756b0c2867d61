"""Switches under torch.backends.cudnn, kept and without effect."""

from __future__ import annotations

enabled = True
deterministic = False
benchmark = False
benchmark_limit = 10
allow_tf32 = True


def is_available():
    """False: computing is done by plugins (torch.backends.cudnn.is_available)."""
    return False


def version():
    """None (torch.backends.cudnn.version)."""
    return None
