"""Switches under torch.backends.mkldnn, kept and without effect."""

from __future__ import annotations

enabled = True
deterministic = False
allow_tf32 = True


def is_available():
    """False: computing is done by plugins (torch.backends.mkldnn.is_available)."""
    return False
