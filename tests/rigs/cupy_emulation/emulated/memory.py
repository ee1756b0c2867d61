"""Blocks of bytes on an emulated device, pointers into them, and the pool that counts them."""

from __future__ import annotations

import weakref
from collections import Counter

import numpy as np

from . import state
from .surface import Strict

UNIT = 512  # bytes: CuPy's pool hands out multiples of it
USED: Counter = Counter()  # device -> bytes in use
HELD: Counter = Counter()  # device -> bytes taken from the device, in use or kept for later


def _release(device, n):
    USED[device] -= n


class Block:
    """Memory that an array owns, filled with a pattern if nothing is put there at once."""

    __slots__ = ("__weakref__", "bytes", "device")

    def __init__(self, nbytes, bare=True):
        n = -(-nbytes // UNIT) * UNIT
        self.device = state.LOCAL.device
        self.bytes = np.empty(max(nbytes, 1), np.uint8)
        if bare:
            self.bytes.fill(0xA5)
        USED[self.device] += n
        HELD[self.device] = max(HELD[self.device], USED[self.device])
        weakref.finalize(self, _release, self.device, n)
        for hook in state.LOCAL.hooks:
            hook.malloc_postprocess(
                device_id=self.device, size=nbytes, mem_size=n, mem_ptr=0, pmem_id=0
            )


class MemoryPointer(Strict):
    INSTANCE = ("mem", "offset")

    def __init__(self, mem, offset):
        self.mem, self.offset = mem, offset

    device_id = property(lambda self: self.mem.device)
    ptr = property(lambda self: self.mem.bytes.ctypes.data + self.offset)

    def __add__(self, offset):
        return MemoryPointer(self.mem, self.offset + offset)


class MemoryPool(Strict):
    """The pool of the current device: CuPy's keeps one arena a device."""

    def used_bytes(self):
        return USED[state.LOCAL.device]

    def total_bytes(self):
        return HELD[state.LOCAL.device]

    def free_bytes(self):
        return self.total_bytes() - self.used_bytes()

    def free_all_blocks(self, stream=None):
        HELD[state.LOCAL.device] = USED[state.LOCAL.device]


class MemoryHook:
    """Base of what is told of every allocation of a thread."""

    name = "MemoryHook"

    def __enter__(self):
        if any(h.name == self.name for h in state.LOCAL.hooks):
            raise KeyError(f"memory hook {self.name} already exists")
        state.LOCAL.hooks = [*state.LOCAL.hooks, self]
        return self

    def __exit__(self, *exc):
        state.LOCAL.hooks = [h for h in state.LOCAL.hooks if h.name != self.name]

    def malloc_postprocess(self, **kwargs):
        return None


class PinnedMemoryPool(Strict):
    def n_free_blocks(self):
        return 0

    def free_all_blocks(self):
        return None


class PinnedMemoryPointer(bytearray):
    """Page-locked host memory, which speaks the buffer protocol."""


CLASSES = [MemoryPool, PinnedMemoryPool, MemoryPointer, MemoryHook, PinnedMemoryPointer]
