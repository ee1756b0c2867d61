"""torch.accelerator: the device that a program uses when it asks for whatever there is.

Most of it is `torch.cuda` under names of its own, with one error where there is no device.
"""

from __future__ import annotations

from . import cuda
from .devices import device


def is_available():
    """Whether there is a device other than the CPU (torch.accelerator.is_available)."""
    return cuda.is_available()


def device_count():
    """How many such devices there are (torch.accelerator.device_count)."""
    return cuda.device_count()


def current_accelerator(check_available=False):
    """The device, or None (torch.accelerator.current_accelerator)."""
    return device("cuda") if is_available() else None


def _as(name, fn):
    def call(*args, **kwargs):
        if not is_available():
            raise RuntimeError("Cannot access accelerator device when none is available.")
        return fn(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"{fn.__doc__.partition(' (torch.')[0]} (torch.accelerator.{name})."
    return call


synchronize = _as("synchronize", cuda.synchronize)
current_device_index = current_device_idx = _as("current_device_index", cuda.current_device)
set_device_index = set_device_idx = _as("set_device_index", cuda.set_device)
current_stream = _as("current_stream", cuda.current_stream)
set_stream = _as("set_stream", cuda.set_stream)
empty_cache = _as("empty_cache", cuda.empty_cache)
memory_allocated = _as("memory_allocated", cuda.memory_allocated)
memory_reserved = _as("memory_reserved", cuda.memory_reserved)
max_memory_allocated = _as("max_memory_allocated", cuda.max_memory_allocated)
max_memory_reserved = _as("max_memory_reserved", cuda.max_memory_reserved)
reset_peak_memory_stats = _as("reset_peak_memory_stats", cuda.reset_peak_memory_stats)
memory_stats = _as("memory_stats", cuda.memory_stats)
