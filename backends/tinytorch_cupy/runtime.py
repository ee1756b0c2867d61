"""CuPy's side of `tinytorch.cuda`: what a device has and does, in plain Python values.

Every function takes the index of a device. Raw streams and events are CuPy's, which have
`synchronize`, `done` and `wait_event` as they are needed.
"""

from __future__ import annotations

import weakref

import cupy as cp
import numpy as np

_on = cp.cuda.Device


# --- devices --------------------------------------------------------------------------------------


def device_count():
    return cp.cuda.runtime.getDeviceCount()


def current_device():
    return cp.cuda.runtime.getDevice()


def set_device(index):
    check(index)
    cp.cuda.runtime.setDevice(index)


def check(index):
    """torch's error of a device that is not there."""
    if not 0 <= index < device_count():
        raise RuntimeError("CUDA error: invalid device ordinal")


def synchronize(index):
    check(index)
    _on(index).synchronize()


FACTS = {
    "total_memory": "totalGlobalMem", "multi_processor_count": "multiProcessorCount",
    "major": "major", "minor": "minor", "warp_size": "warpSize", "L2_cache_size": "l2CacheSize",
    "max_threads_per_multi_processor": "maxThreadsPerMultiProcessor",
    "regs_per_multiprocessor": "regsPerMultiprocessor", "is_integrated": "integrated",
    "is_multi_gpu_board": "isMultiGpuBoard", "shared_memory_per_block": "sharedMemPerBlock",
    "shared_memory_per_multiprocessor": "sharedMemPerMultiprocessor",
}  # fmt: skip


def properties(index):
    """torch's names for what the driver says of a device; what it does not say is left out."""
    found = cp.cuda.runtime.getDeviceProperties(index)
    name = found["name"]
    facts = {"name": name.decode() if isinstance(name, bytes) else name}
    facts.update((ours, found[theirs]) for ours, theirs in FACTS.items() if theirs in found)
    return facts


def can_access_peer(a, b):
    return a != b and bool(cp.cuda.runtime.deviceCanAccessPeer(a, b))


# --- streams and events ---------------------------------------------------------------------------


def make_stream(index, priority):
    with _on(index):
        return cp.cuda.Stream(non_blocking=True, priority=priority or None)


def external_stream(pointer, index):
    return cp.cuda.ExternalStream(pointer, index)


def default_stream():
    return cp.cuda.Stream.null


def current_stream(index):
    check(index)
    return cp.cuda.get_current_stream(index)


def use_stream(raw, index):
    cp.cuda.runtime.setDevice(index)
    raw.use()


def stream_pointer(raw):
    return raw.ptr


def stream_priority(raw):
    return raw.priority


def make_event(timing, blocking):
    return cp.cuda.Event(blocking, not timing)


def record(raw, stream, index):
    with _on(index):
        raw.record(stream)


def hold(stream, index, x):
    """Keep the memory of an array, once it is let go, until the stream's work of then is done."""
    weakref.finalize(x, _let_go, x.data.mem, stream, index)


_waiting = []  # (event, memory) of arrays that were let go while a stream might use them


def _let_go(memory, stream, index):
    _waiting[:] = [(e, m) for e, m in _waiting if not e.done]
    with _on(index):
        _waiting.append((stream.record(), memory))


def event_pointer(raw):
    return raw.ptr


def elapsed(start, end):
    return cp.cuda.get_elapsed_time(start, end)


# --- memory ---------------------------------------------------------------------------------------


def memory_used(index):
    with _on(index):
        return cp.get_default_memory_pool().used_bytes()


def memory_held(index):
    with _on(index):
        return cp.get_default_memory_pool().total_bytes()


def mem_get_info(index):
    check(index)
    return tuple(_on(index).mem_info)


def empty_cache():
    for index in range(device_count()):
        with _on(index):
            cp.get_default_memory_pool().free_all_blocks()
    cp.get_default_pinned_memory_pool().free_all_blocks()


class Peaks(cp.cuda.MemoryHook):
    """Notes the most that was used and held, at every allocation of the thread that began it."""

    name = "tinytorch peaks"

    def __init__(self):
        self.most = {}

    def malloc_postprocess(self, device_id, size, mem_size, mem_ptr, pmem_id):
        pool = cp.get_default_memory_pool()
        used, held = self.most.get(device_id, (0, 0))
        self.most[device_id] = max(used, pool.used_bytes()), max(held, pool.total_bytes())


_peaks = None


def _counted(index):
    global _peaks
    if _peaks is None:
        _peaks = Peaks()
        _peaks.__enter__()
    now = memory_used(index), memory_held(index)
    _peaks.most[index] = tuple(map(max, now, _peaks.most.get(index, now)))
    return _peaks.most


def peak_used(index):
    return _counted(index)[index][0]


def peak_held(index):
    return _counted(index)[index][1]


def reset_peaks(index):
    _counted(index)[index] = memory_used(index), memory_held(index)


# --- pinned host memory ---------------------------------------------------------------------------


def pin(x):
    """A copy of a host array in page-locked memory, from which transfers need not be waited for."""
    memory = cp.cuda.alloc_pinned_memory(max(x.nbytes, 1))
    out = np.frombuffer(memory, x.dtype, x.size).reshape(x.shape)
    out[...] = x
    return out


def is_pinned(x):
    """Whether a host array lies in memory that `pin` took."""
    while isinstance(x, np.ndarray):
        x = x.base
    owner = x.obj if isinstance(x, memoryview) else x
    return isinstance(owner, cp.cuda.PinnedMemoryPointer)
