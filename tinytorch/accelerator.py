"""torch.accelerator: the device that a program uses when it asks for whatever there is."""

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
