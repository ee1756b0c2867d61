"""Two process-wide settings that a library of many small objects and many large arrays wants.

glibc returns freed blocks above 128 KiB to the kernel at once and pays for it in page faults when
the next array of that size is made, up to half of a training step; and Python's collector starts
after every 700 new objects, which a recorded graph reaches in a few hundred operations. Both are
set when the first tensor is made, only where nobody has changed them, and not at all under
``TINYTORCH_TUNE=0``.
"""

from __future__ import annotations

import gc
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
MIB = 1 << 20
YOUNG = 20_000


def tune():
    """Apply both settings, once."""
    if os.environ.get("TINYTORCH_TUNE") == "0":
        return
    if gc.get_threshold()[0] in (700, 2000):
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    if sys.platform == "linux" and not any(k.startswith("MALLOC_") for k in os.environ):
        _keep_freed_memory()


def _keep_freed_memory():
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 64 * MIB)
        mallopt(M_TRIM_THRESHOLD, 256 * MIB)
