"""A stand-in for CuPy on a machine without a GPU, for tests only: `install` puts it into place.

It is NumPy behind CuPy's surface: the names, signatures and dtype tables are those of the real
package, as `dump_surface.py` found them, and the known deviations of CuPy from NumPy are its own.
What it says is never a result of a GPU: there are no races, no asynchronous errors, no CUDA
rounding and no speed here.
"""

from __future__ import annotations

import sys
import types

import numpy as np

from . import arrays, cuda, functions, kernels, memory
from .surface import MODULES, VERSION, hold_class, same_call
from .ufuncs import ufunc

UFUNCS = {
    name: ufunc(name, *e[1:])
    for name, e in MODULES["cupy"].items()
    if e[0] == "u" and (hasattr(np, name) or name in ("mod", "pow"))
}
arrays.attach_operators(UFUNCS)
hold_class("cupy", arrays.ndarray)
hold_class("cupy", kernels.ElementwiseKernel)
hold_class("cupy.cuda", memory.MemoryPool)
hold_class("cupy.cuda", memory.PinnedMemoryPool)
hold_class("cupy.cuda", memory.MemoryPointer)

DTYPES = (
    "bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64"
    " complex128 dtype inf nan pi e newaxis iinfo finfo result_type can_cast promote_types"
).split()


class Module(types.ModuleType):
    """A module that tells what CuPy has, though the emulation has it not, from what CuPy lacks."""

    def __getattr__(self, name):
        if name in MODULES.get(self.__name__, ()):
            raise NotImplementedError(f"{self.__name__}.{name} is not emulated")
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")


def put(module, name, obj):
    same_call(f"{module.__name__}.{name}", MODULES[module.__name__].get(name), obj)
    setattr(module, name, obj)


def build():
    """The modules, name -> module."""
    cupy, gpu = Module("cupy"), Module("cupy.cuda")
    runtime, strides = Module("cupy.cuda.runtime"), Module("cupy.lib.stride_tricks")
    lib, cupyx = types.ModuleType("cupy.lib"), Module("cupyx")
    for fn in functions.WRITTEN:
        put(cupy, fn.__name__, fn)
    cupy.matmul = functions.matmul
    for name in functions.PLAIN:
        cupy.__dict__.setdefault(name, functions.plain(name))
    for name in functions.VIEWS:
        cupy.__dict__.setdefault(name, functions.viewing(name))
    for name, u in UFUNCS.items():
        setattr(cupy, name, u)
    for name in DTYPES:
        if name in MODULES["cupy"] or name == "dtype":
            setattr(cupy, name, getattr(np, name))
    cupy.ndarray, cupy.ufunc, cupy.broadcast = arrays.ndarray, ufunc, functions.broadcast
    cupy.ElementwiseKernel, cupy.RawKernel = kernels.ElementwiseKernel, kernels.RawKernel
    cupy.__version__, cupy.emulated = VERSION, True
    for fn in cuda.CUDA:
        put(gpu, fn.__name__, fn)
    for cls in (*cuda.CLASSES, *memory.CLASSES):
        setattr(gpu, cls.__name__, cls)
    for fn in cuda.RUNTIME:
        put(runtime, fn.__name__, fn)
    runtime.CUDARuntimeError = cuda.CUDARuntimeError
    put(strides, "as_strided", functions.as_strided)
    cupy.cuda, cupy.lib, lib.stride_tricks, gpu.runtime = gpu, lib, strides, runtime
    return {m.__name__: m for m in (cupy, gpu, runtime, lib, strides, cupyx)}


def install():
    """Make `import cupy` find the stand-in; RuntimeError if the real one is loaded already."""
    loaded = sys.modules.get("cupy")
    if loaded is not None and not getattr(loaded, "emulated", False):
        raise RuntimeError("the real cupy is loaded: the emulation has to come first")
    if loaded is None:
        sys.modules.update(build())
    return sys.modules["cupy"]
