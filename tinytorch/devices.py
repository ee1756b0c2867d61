"""torch's devices, and which backend serves each.

A device is a name (`cpu`, `cuda:0`, `jax:0`). A backend is registered for a device type; the first
tensor made on a device builds the backend's kernel namespace for it, and that namespace object is
what tensors, nodes and gradient rules carry from then on: no lookup by name happens after that.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager

from . import plugins

_TYPES = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, "
    "mps, meta, hpu, mtia, privateuseone"
)


class device:
    """``torch.device(type[, index])``: where a tensor lives; RuntimeError for malformed text."""

    __slots__ = ("index", "type")

    def __init__(self, type, index=None):
        if isinstance(type, device):
            type, index = type.type, type.index if index is None else index
        elif isinstance(type, int):
            try:
                plugins.backend_for("cuda")
            except plugins.BackendError:
                text = "Cannot access accelerator device when none is available."
                raise RuntimeError(text) from None
            type, index = "cuda", type
        elif isinstance(type, str) and ":" in type:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: "
                    f"{type}"
                )
            type, _, digits = type.partition(":")
            if not digits.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}:{digits}'")
            index = int(digits)
        if index is not None and index < 0:
            raise RuntimeError("Device index must not be negative")
        if not str(type).replace("_", "").isalpha():
            raise RuntimeError(f"Invalid device string: '{type}'")
        if type not in _TYPES.split(", ") and type not in plugins.device_types():
            raise RuntimeError(
                f"Expected one of {_TYPES} device type at start of device string: {type}"
            )
        object.__setattr__(self, "type", type)
        object.__setattr__(self, "index", index)

    def __setattr__(self, name, value):
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __eq__(self, other):
        if not isinstance(other, device):
            return NotImplemented
        return self.type == other.type and self.index == other.index

    def __hash__(self):
        return hash((self.type, self.index))

    def __repr__(self):
        tail = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{tail})"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self):
        return device, (self.type, self.index)

    def __enter__(self):
        _default.stack = [*getattr(_default, "stack", []), self]
        return self

    def __exit__(self, *exc):
        _default.stack = _default.stack[:-1]


class _Default(threading.local):
    stack = ()


_default = _Default()
_bound = {}  # (device type, index) -> the kernel namespace that serves it now
_made = {}  # (Backend class, device type, index) -> its namespace: one for good
_lock = threading.Lock()
CPU = device("cpu")


def namespace(dev=None):
    """The kernel namespace (a bound Backend) that serves ``dev``, built on first use.

    ``dev`` is None (the default device), a string, an index, a :class:`device`, or a namespace.
    """
    if dev is None:
        dev = _default.stack[-1] if _default.stack else CPU
    elif type(dev) is not device:
        if hasattr(dev, "levels"):
            return dev
        dev = device(dev)
    P = _bound.get((dev.type, dev.index))
    return _bind(dev) if P is None else P


def _bind(dev):
    with _lock:
        try:
            cls = plugins.backend_for(dev.type)
        except plugins.BackendError as e:
            if dev.type not in _ABSENT:
                raise
            raise no_device(dev.type) from e
        P = _make(cls, CPU if dev.type == "cpu" else cls.located(dev))  # torch's cpu:0 is cpu
        if dev.index is None and cls.chooses_device and dev.type != "cpu":
            return P
        return _bound.setdefault((dev.type, dev.index), P)


_ABSENT = {
    "cuda": (AssertionError, "Torch not compiled with CUDA enabled"),
    "mps": (RuntimeError, "PyTorch is not linked with support for mps devices"),
}


def no_device(type):
    """torch's error of a device type that no backend serves."""
    kind, text = _ABSENT[type]
    return kind(text)


def _make(cls, dev):
    key = (cls, dev.type, dev.index)
    if key not in _made:
        _made[key] = cls.bind(dev)
    return _made[key]


def get_default_device():
    """The device that factories use when none is given (``torch.get_default_device``)."""
    return _default.stack[-1] if _default.stack else CPU


_read = device  # where a parameter is called device


def set_default_device(device):
    """The default for factories of this thread (``torch.set_default_device``); None for cpu."""
    _default.stack = () if device is None else (_read(device),)


def set_backend(name):
    """Let backend ``name`` serve the ``cpu`` device, so that unchanged scripts run on it.

    Tensors made before keep the backend that they were made with. Raises
    :class:`tinytorch.plugins.BackendError`, naming the reason, if it cannot be used.
    """
    plugins.serve_cpu(name)
    with _lock:
        for key in [k for k in _bound if k[0] == "cpu"]:
            del _bound[key]


@contextmanager
def use_backend(name):
    """``with use_backend("jax"):`` another backend serves ``cpu`` for a while, in all threads."""
    before = get_backend()
    set_backend(name)
    try:
        yield
    finally:
        set_backend(before)


def get_backend():
    """The name of the backend that serves ``cpu`` (``set_backend``, ``TINYTORCH_BACKEND``)."""
    return plugins.cpu_backend()


def host_namespace(P):
    """A NumPy namespace for index arithmetic on behalf of a namespace that is not on the host."""
    cls = plugins.load(plugins.EMBEDDED)
    return P if type(P) is cls else _make(cls, CPU)
