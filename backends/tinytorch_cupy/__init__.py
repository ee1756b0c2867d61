"""CuPy arrays under tinytorch: the device type `cuda`."""

from __future__ import annotations

from tinytorch.backend import Backend, hookimpl


class CupyBackend(Backend):
    name = "cupy"
    device_types = ("cuda",)
    mutable = True

    @classmethod
    def check_usable(cls):
        """Needs cupy and a GPU that it can use."""
        import cupy

        if not cupy.cuda.is_available():
            raise RuntimeError("no NVIDIA GPU that CuPy can use")


@hookimpl
def tinytorch_backends():
    return {"cupy": CupyBackend}
