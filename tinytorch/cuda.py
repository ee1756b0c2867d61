"""torch.cuda as a program asks it that may or may not meet a GPU.

A build without a GPU backend answers as torch's CPU build does: nothing is available, seeding and
emptying caches do nothing, and what needs a device raises torch's AssertionError. With a backend
that serves `cuda`, its one device is reported; streams, graphs and memory figures are not offered.
"""

from __future__ import annotations

from . import plugins
from .devices import device as _device
from .devices import no_device


def is_available():
    """Whether a backend that serves ``cuda`` can be used (torch.cuda.is_available)."""
    try:
        plugins.backend_for("cuda")
    except plugins.BackendError:
        return False
    return True


def device_count():
    """How many devices a program may use (torch.cuda.device_count)."""
    return int(is_available())


def is_initialized():
    """Whether a device is in use (torch.cuda.is_initialized)."""
    return is_available()


def is_bf16_supported(including_emulation=True):
    """Whether bfloat16 is offered on the device (torch.cuda.is_bf16_supported)."""
    return is_available()


def _need():
    if not is_available():
        raise no_device("cuda")


def init():
    """Get ready; AssertionError where there is no device (torch.cuda.init)."""
    _need()


def current_device():
    """The index of the device in use; AssertionError if none (torch.cuda.current_device)."""
    _need()
    return 0


def set_device(device):
    """Choose the device; AssertionError if there is none (torch.cuda.set_device)."""
    if _device(device).index not in (None, -1):
        _need()


def get_device_name(device=None):
    """The name of the device; AssertionError if there is none (torch.cuda.get_device_name)."""
    _need()
    return plugins.backend_for("cuda").name


def synchronize(device=None):
    """Wait for the device; AssertionError if there is none (torch.cuda.synchronize)."""
    _need()


def empty_cache():
    """Nothing is held back, so there is nothing to release (torch.cuda.empty_cache)."""


def manual_seed(seed):
    """Accepted: one generator serves every device (torch.cuda.manual_seed)."""


def manual_seed_all(seed):
    """Accepted: one generator serves every device (torch.cuda.manual_seed_all)."""


def memory_allocated(device=None):
    """Bytes held by tensors: not counted, 0 (torch.cuda.memory_allocated)."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def __getattr__(name):
    raise AttributeError(f"module 'torch.cuda' has no attribute '{name}'")
