"""CuPy arrays under tinytorch: the device types `cuda`, `cuda:0`, `cuda:1`, ...

Kernels are CuPy's own functions bound straight where the meaning is torch's, a table of small CUDA
kernels where one launch does the work of several or where CuPy's answer is not torch's, and a few
lines for the rest. Arrays are strided, views alias and writes happen in place. What the module
`tinytorch.cuda` asks of a device goes through `runtime`; the front end never sees CuPy.
"""

from __future__ import annotations

from tinytorch.backend import Backend, hookimpl

OLDEST = 14  # the first CuPy whose kernels take bfloat16


class CupyBackend(Backend):
    name = "cupy"
    device_types = ("cuda",)
    mutable = True
    strided = True
    chooses_device = True
    deterministic = False  # atomic additions come in any order

    @classmethod
    def check_usable(cls):
        """Needs cupy and a GPU that it can use."""
        import cupy

        if int(cupy.__version__.partition(".")[0]) < OLDEST:
            raise RuntimeError(f"CuPy {cupy.__version__} is older than {OLDEST}")
        if not cupy.cuda.is_available():
            raise RuntimeError("no NVIDIA GPU that CuPy can use")

    @classmethod
    def located(cls, device):
        """The device with its index; RuntimeError if the machine has no such device."""
        from . import runtime

        index = runtime.current_device() if device.index is None else device.index
        runtime.check(index)
        return type(device)(device.type, index)

    @classmethod
    def runtime(cls):
        """What `tinytorch.cuda` asks: devices, streams, events, memory."""
        from . import runtime

        return runtime

    def setup(self):
        from . import kernels, placement

        kernels.install(self)
        placement.keep_on_device(self)


@hookimpl
def tinytorch_backends():
    return {"cupy": CupyBackend}
