"""The embedded backend: NumPy arrays, true views, true in-place writes.

Kernels are NumPy's own functions bound straight where the meaning is torch's, and a few lines where
it is not. A 0-d result stays a NumPy scalar, which computes several times faster than a 0-d array,
until something wants to view or write it (`own`).
"""

from __future__ import annotations

import warnings

from tinytorch.backend import Backend, hookimpl

_filtered = None  # the list of warning filters that ours was last put into


def quiet():
    """Float errors are no warnings in torch: ignore NumPy's in the modules that call kernels.

    A user's own NumPy code keeps its warnings. `warnings.catch_warnings` swaps the list of filters,
    so the filter is put into whichever list is in force when tensors are made or backward begins.
    """
    global _filtered
    if warnings.filters is not _filtered:
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="tinytorch")
        _filtered = warnings.filters


class NumpyBackend(Backend):
    name = "numpy"
    device_types = ("cpu",)
    mutable = True
    strided = True

    def setup(self):
        from . import kernels, memory

        memory.tune()
        self.quiet = quiet
        kernels.install(self)


@hookimpl
def tinytorch_backends():
    return {"numpy": NumpyBackend}
