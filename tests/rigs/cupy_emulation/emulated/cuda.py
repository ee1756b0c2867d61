"""The emulated `cupy.cuda`: devices, streams, events and the runtime, all of them in order.

Work is done when it is asked for, so every stream and event is always done; what is kept is which
stream and which device are current, and what was recorded where.
"""

from __future__ import annotations

import functools
import itertools
import time

from . import memory, state
from .surface import Strict, hold_class

held = functools.partial(hold_class, "cupy.cuda")
_pointers = itertools.count(0x1000, 16)


@held
class Device(Strict):
    INSTANCE = ("id",)

    def __init__(self, device=None):
        self.id = state.LOCAL.device if device is None else int(device)
        self._before = []

    def __enter__(self):
        self._before.append(state.LOCAL.device)
        setDevice(self.id)
        return self

    def __exit__(self, *args):
        state.LOCAL.device = self._before.pop()

    def __int__(self):
        return self.id

    def __eq__(self, other):
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self):
        return hash(self.id)

    def __repr__(self):
        return f"<CUDA Device {self.id}>"

    def use(self):
        setDevice(self.id)

    def synchronize(self):
        return None

    @property
    def mem_info(self):
        return state.TOTAL - memory.HELD[self.id], state.TOTAL

    @property
    def compute_capability(self):
        return "90"


@held
class Event(Strict):
    INSTANCE = ("ptr", "at")

    def __init__(self, block=False, disable_timing=False, interprocess=False):
        self.ptr, self.at = next(_pointers), None
        self.timed = not disable_timing

    @property
    def done(self):
        return True

    def record(self, stream=None):
        self.at = time.perf_counter()

    def synchronize(self):
        return None


@held
class Stream(Strict):
    INSTANCE = ("ptr", "device_id", "waited")

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        self.ptr = 0 if null else next(_pointers)
        self.device_id = -1 if null else state.LOCAL.device
        self._priority = priority or 0
        self.waited, self._before = [], []

    def __enter__(self):
        self._before.append(get_current_stream())
        self.use()
        return self

    def __exit__(self, *args):
        _set(self._before.pop())

    def __eq__(self, other):
        return isinstance(other, Stream) and self.ptr == other.ptr

    def __hash__(self):
        return hash(self.ptr)

    def use(self):
        if self.device_id not in (-1, state.LOCAL.device):
            raise RuntimeError(
                f"The device that the stream is created on ({self.device_id}) "
                f"does not match the current device ({state.LOCAL.device})"
            )
        _set(self)
        return self

    @property
    def done(self):
        return True

    @property
    def priority(self):
        return self._priority

    def is_capturing(self):
        return False

    def synchronize(self):
        return None

    def record(self, event=None):
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event):
        self.waited.append(event)


Stream.null = Stream(null=True)


@held
class ExternalStream(Stream):
    def __init__(self, ptr, device_id=-1):
        super().__init__()
        self.ptr, self.device_id = ptr, device_id


def _streams():
    if state.LOCAL.streams is None:
        state.LOCAL.streams = {}
    return state.LOCAL.streams


def _set(stream):
    _streams()[state.LOCAL.device] = stream


def get_current_stream(device_id=-1):
    return _streams().get(state.LOCAL.device if device_id < 0 else device_id, Stream.null)


def get_elapsed_time(start_event, end_event):
    if start_event.at is None or end_event.at is None:
        raise CUDARuntimeError("cudaErrorInvalidResourceHandle: invalid resource handle")
    return (end_event.at - start_event.at) * 1e3


def alloc_pinned_memory(size):
    return memory.PinnedMemoryPointer(size)


def is_available():
    return True


class CUDARuntimeError(RuntimeError):
    pass


def getDevice():
    return state.LOCAL.device


def setDevice(device):
    if not 0 <= device < state.DEVICES:
        raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
    state.LOCAL.device = device


def getDeviceCount():
    return state.DEVICES


def getDeviceProperties(device):
    if not 0 <= device < state.DEVICES:
        raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
    return {
        "name": b"emulated on the CPU", "totalGlobalMem": state.TOTAL, "major": 9, "minor": 0,
        "multiProcessorCount": 1, "warpSize": 32, "regsPerMultiprocessor": 65536,
        "maxThreadsPerMultiProcessor": 2048, "sharedMemPerBlock": 49152,
        "sharedMemPerMultiprocessor": 233472, "sharedMemPerBlockOptin": 232448, "integrated": 0,
        "isMultiGpuBoard": 0, "l2CacheSize": 52428800, "pciBusID": device, "pciDeviceID": 0,
        "pciDomainID": 0, "maxThreadsPerBlock": 1024, "uuid": bytes(16),
    }  # fmt: skip


def memGetInfo():
    return Device().mem_info


def deviceCanAccessPeer(device, peerDevice):
    return 0


def deviceSynchronize():
    return None


def runtimeGetVersion():
    return 12090


def driverGetVersion():
    return 12090


RUNTIME = [
    getDevice, setDevice, getDeviceCount, getDeviceProperties, memGetInfo, deviceCanAccessPeer,
    deviceSynchronize, runtimeGetVersion, driverGetVersion,
]  # fmt: skip
CUDA = [get_current_stream, get_elapsed_time, alloc_pinned_memory, is_available]
CLASSES = [Device, Event, ExternalStream, Stream]
