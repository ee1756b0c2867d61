"""Switches under torch.backends.cuda, kept and without effect."""

from __future__ import annotations

from types import SimpleNamespace

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=True,
                         allow_bf16_reduced_precision_reduction=True)  # fmt: skip


def is_built():
    """Whether a backend that serves ``cuda`` can be used (torch.backends.cuda.is_built)."""
    from ..cuda import is_available

    return is_available()
