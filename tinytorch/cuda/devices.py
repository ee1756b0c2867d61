"""Which GPUs there are, which is current, and what they are."""

from __future__ import annotations

from .. import plugins
from ..devices import device as _device
from ..devices import no_device


def runtime():
    """The runtime of the backend that serves ``cuda``; None where there is no GPU to use."""
    try:
        backend = plugins.backend_for("cuda")
    except plugins.BackendError:
        return None
    found = getattr(backend, "runtime", None)
    return _Bare(backend.name) if found is None else found()


class _Bare:
    """What can be said of a backend that serves ``cuda`` and says nothing itself: one device."""

    def __init__(self, name):
        self.facts = {"name": name, "major": 0, "minor": 0, "total_memory": 0,
                      "multi_processor_count": 0}  # fmt: skip

    def device_count(self):
        return 1

    def current_device(self):
        return 0

    def properties(self, index):
        return self.facts

    def __getattr__(self, name):
        if name in ("set_device", "synchronize", "empty_cache", "reset_peaks"):
            return lambda *args: None
        if name in ("memory_used", "memory_held", "peak_used", "peak_held", "can_access_peer"):
            return lambda *args: 0
        if name == "is_pinned":
            return lambda x: False
        raise NotImplementedError(f"backend {self.facts['name']!r} offers no {name}")


def need():
    """The runtime; torch's AssertionError where there is none."""
    found = runtime()
    if found is None:
        raise no_device("cuda")
    return found


def lacks(name):
    """torch's error of a function that its build without CUDA is compiled without."""
    return AttributeError(f"module 'torch._C' has no attribute '_cuda_{name}'")


def index_of(device, optional=False, found=None):
    """The index of a device given as torch takes it; None for the current one of no GPU.

    ValueError for a device of another type, or without an index where one has to be given.
    """
    if isinstance(device, int):
        return device
    if device is None and not optional:
        raise ValueError(
            f"Expected a torch.device with a specified index or an integer, but got:{device}"
        )
    if device is not None:
        dev = _device(device)
        if dev.type != "cuda":
            raise ValueError(f"Expected a cuda device, but got: {device}")
        if dev.index is not None:
            return dev.index
        if not optional:
            raise ValueError(
                f"Expected a torch.device with a specified index or an integer, but got:{device}"
            )
    found = runtime() if found is None else found
    return None if found is None else found.current_device()


def is_available():
    """Whether a backend that serves ``cuda`` can be used (torch.cuda.is_available)."""
    return device_count() > 0


def device_count():
    """How many devices a program may use (torch.cuda.device_count)."""
    found = runtime()
    return 0 if found is None else found.device_count()


def is_initialized():
    """Whether a device is in use (torch.cuda.is_initialized)."""
    return is_available()


def is_bf16_supported(including_emulation=True):
    """Whether bfloat16 is offered on the device (torch.cuda.is_bf16_supported)."""
    return is_available()


def is_tf32_supported():
    """Whether matrices may be multiplied in TF32 (torch.cuda.is_tf32_supported)."""
    found = runtime()
    return found is not None and found.properties(found.current_device())["major"] >= 8


def init():
    """Get ready; AssertionError where there is no device (torch.cuda.init)."""
    need()


def current_device():
    """The index of the device in use; AssertionError if none (torch.cuda.current_device)."""
    return need().current_device()


def set_device(device):
    """Choose the device (torch.cuda.set_device); a negative index chooses nothing."""
    index = index_of(device)
    if index < 0:
        return
    found = runtime()
    if found is None:
        raise lacks("setDevice")
    found.set_device(index)


def synchronize(device=None):
    """Wait for all work on a device; AssertionError if there is none (torch.cuda.synchronize)."""
    found = need()
    found.synchronize(index_of(device, True, found))


class device:
    """``with torch.cuda.device(d):`` another device is current for a while; None, -1: the same."""

    def __init__(self, device):
        self.idx = index_of(device, True)
        self.prev_idx = -1

    def __enter__(self):
        if self.idx is None or self.idx >= 0:
            found = runtime()
            if found is None:
                raise RuntimeError("PyTorch was compiled without CUDA support")
            self.prev_idx = found.current_device()
            found.set_device(self.idx)

    def __exit__(self, *exc):
        if self.prev_idx >= 0:
            runtime().set_device(self.prev_idx)
            self.prev_idx = -1
        return False


class device_of(device):
    """``with torch.cuda.device_of(tensor):`` the tensor's device is current for a while."""

    def __init__(self, obj):
        super().__init__(obj.get_device() if obj.is_cuda else -1)


# --- properties -----------------------------------------------------------------------------------


class _CudaDeviceProperties:
    """What a device is (torch.cuda.get_device_properties)."""

    def __init__(self, facts):
        self.name, self.major, self.minor = facts["name"], facts["major"], facts["minor"]
        self.total_memory = facts["total_memory"]
        self.multi_processor_count = facts["multi_processor_count"]
        self.__dict__.update(facts)

    def __repr__(self):
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory >> 20}MB, "
            f"multi_processor_count={self.multi_processor_count})"
        )


def get_device_properties(device=None):
    """What a device is; AssertionError if there is none (torch.cuda.get_device_properties)."""
    found = need()
    index = index_of(device, True, found)
    if not 0 <= index < found.device_count():
        raise AssertionError("Invalid device id")
    return _CudaDeviceProperties(found.properties(index))


def get_device_name(device=None):
    """The name of a device; AssertionError if there is none (torch.cuda.get_device_name)."""
    return get_device_properties(device).name


def get_device_capability(device=None):
    """(major, minor) of a device's compute capability (torch.cuda.get_device_capability)."""
    prop = get_device_properties(device)
    return prop.major, prop.minor


def get_arch_list():
    """Empty: kernels are compiled for the device at hand (torch.cuda.get_arch_list)."""
    return []


def get_gencode_flags():
    """The flags for the list of `get_arch_list`: none (torch.cuda.get_gencode_flags)."""
    return ""


def can_device_access_peer(device, peer_device):
    """Whether one device reaches another's memory (torch.cuda.can_device_access_peer)."""
    found = need()
    a, b = index_of(device, True, found), index_of(peer_device, True, found)
    for name, i in (("device", a), ("peer device", b)):
        if not 0 <= i < found.device_count():
            raise AssertionError(f"Invalid {name} id")
    return found.can_access_peer(a, b)
