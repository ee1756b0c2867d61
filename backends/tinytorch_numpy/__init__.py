"""The embedded backend: NumPy arrays, true views, true in-place writes.

Kernels are NumPy's own functions bound straight where the meaning is torch's, and a few lines where
it is not. A 0-d result stays a NumPy scalar, which computes several times faster than a 0-d array,
until something wants to view or write it (`own`).
"""

from __future__ import annotations

import warnings

from tinytorch.backend import Backend, hookimpl

# Float errors are no warnings in torch. The filter is bound to the modules that call kernels, so a
# user's own NumPy code keeps its warnings.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tinytorch|<tinytorch")


class NumpyBackend(Backend):
    name = "numpy"
    device_types = ("cpu",)
    mutable = True
    strided = True

    def setup(self):
        from . import kernels, memory

        memory.tune()
        kernels.install(self)


@hookimpl
def tinytorch_backends():
    return {"numpy": NumpyBackend}
