"""Memory of a GPU: what tensors hold, what the library keeps for later, what is free.

Peaks are counted from the first time that anybody asks for one or resets them, because counting
costs a call of Python at every allocation.
"""

from __future__ import annotations

from collections import OrderedDict

from ..devices import no_device
from .devices import index_of, lacks, runtime

OutOfMemoryError = type("OutOfMemoryError", (RuntimeError,), {"__module__": "torch"})


def _figure(name):
    def read(device=None):
        found = runtime()
        return 0 if found is None else getattr(found, name)(index_of(device, True, found))

    return read


memory_allocated = _figure("memory_used")
memory_allocated.__doc__ = "Bytes held by tensors, 0 without a GPU (torch.cuda.memory_allocated)."
memory_reserved = _figure("memory_held")
memory_reserved.__doc__ = (
    "Bytes taken from the device, in use or kept (torch.cuda.memory_reserved)."
)
max_memory_allocated = _figure("peak_used")
max_memory_allocated.__doc__ = (
    "The most that `memory_allocated` was, as counted (torch.cuda.max_memory_allocated)."
)
max_memory_reserved = _figure("peak_held")
max_memory_reserved.__doc__ = (
    "The most that `memory_reserved` was, as counted (torch.cuda.max_memory_reserved)."
)
memory_cached, max_memory_cached = memory_reserved, max_memory_reserved


def reset_peak_memory_stats(device=None):
    """Count peaks anew from what is held now (torch.cuda.reset_peak_memory_stats)."""
    found = runtime()
    if found is None:
        raise lacks("resetPeakMemoryStats")
    found.reset_peaks(index_of(device, True, found))


reset_max_memory_allocated = reset_max_memory_cached = reset_peak_memory_stats


def mem_get_info(device=None):
    """(free, total) bytes of a device; AssertionError if none (torch.cuda.mem_get_info)."""
    found = runtime()
    if found is None:
        raise no_device("cuda")
    return found.mem_get_info(index_of(device, True, found))


def empty_cache():
    """Give memory that is kept for later back to the device (torch.cuda.empty_cache)."""
    found = runtime()
    if found is not None:
        found.empty_cache()


def memory_stats(device=None):
    """The figures under torch's names; empty without a GPU (torch.cuda.memory_stats)."""
    found = runtime()
    if found is None:
        return OrderedDict()
    index = index_of(device, True, found)
    return OrderedDict(
        (f"{kind}_bytes.all.{what}", getattr(found, name)(index))
        for kind, now, peak in (
            ("allocated", "memory_used", "peak_used"), ("reserved", "memory_held", "peak_held"),
        )
        for what, name in (("current", now), ("peak", peak))
    )  # fmt: skip
