"""The versions that programs print and test (torch.version): no CUDA, no HIP, no debug build."""

from __future__ import annotations

from . import __version__  # noqa: F401

cuda = hip = xpu = git_version = None
debug = False
