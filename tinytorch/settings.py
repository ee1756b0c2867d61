"""Constants, limits of dtypes, and switches of the runtime that ordinary programs touch.

The switches (threads, determinism, precision of matrix products) are kept and answered; computing
is up to the backend, which is deterministic and works in full precision as it is.
"""

from __future__ import annotations

import math
import os

from . import blame, devices, dtypes
from .blame import warn_once
from .tensor import Tensor

functions = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None}


def public(fn):
    functions[fn.__name__] = fn
    return fn


# --- limits of dtypes -----------------------------------------------------------------------------

#                 bits  mantissa  least exponent  greatest  decimal digits
_FLOATS = {
    dtypes.float16: (16, 10, -14, 15, 3),
    dtypes.bfloat16: (16, 7, -126, 127, 2),
    dtypes.float32: (32, 23, -126, 127, 6),
    dtypes.float64: (64, 52, -1022, 1023, 15),
    dtypes.complex64: (32, 23, -126, 127, 6),
    dtypes.complex128: (64, 52, -1022, 1023, 15),
}


class _Limits:
    def __eq__(self, other):
        return type(self) is type(other) and self.dtype == other.dtype

    def __hash__(self):
        return hash((type(self), self.dtype))


@public
class finfo(_Limits):
    """The limits of a floating dtype (torch.finfo); TypeError for any other."""

    def __init__(self, type=None):
        type = dtypes.given(type) or dtypes.get_default_dtype()
        if type not in _FLOATS:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                "'torch.finfo'"
            )
        self.bits, p, low, high, digits = _FLOATS[type]
        self.dtype = {"complex64": "float32", "complex128": "float64"}.get(type._name, type._name)
        self.eps = 2.0**-p
        self.max = (2.0 - self.eps) * 2.0**high
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0**low
        self.resolution = 10.0**-digits

    def __repr__(self):
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        body = ", ".join(f"{n}={getattr(self, n):g}" for n in names)
        return f"finfo({body}, dtype={self.dtype})"


@public
class iinfo(_Limits):
    """The limits of an integer dtype (torch.iinfo); TypeError for any other."""

    def __init__(self, type):
        type = dtypes.given(type)
        if type.category > dtypes.INT:
            raise TypeError(
                "torch.iinfo() requires an integer input type. Use torch.finfo to handle "
                "'torch.iinfo'"
            )
        if type is dtypes.bool_:
            raise TypeError("\"iinfo\" not implemented for 'Bool'")
        self.dtype, self.bits = type._name, 8 * type.itemsize
        unsigned = type is dtypes.uint8
        self.min = 0 if unsigned else -(2 ** (self.bits - 1))
        self.max = 2 ** (self.bits - (not unsigned)) - 1

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


# --- questions about objects ----------------------------------------------------------------------


@public
def is_floating_point(input):
    """Whether a tensor's dtype is a floating one (torch.is_floating_point)."""
    return input.dtype.is_floating_point


@public
def is_complex(input):
    """Whether a tensor's dtype is complex (torch.is_complex)."""
    return input.dtype.is_complex


@public
def is_storage(obj):
    """Whether an object is a storage (torch.is_storage)."""
    from .storages import is_storage

    return is_storage(obj)


@public
def typename(obj, /):
    """A name for an object's type, that of a tensor with its dtype (torch.typename)."""
    if isinstance(obj, Tensor):
        return obj.type()
    module = getattr(obj, "__module__", None) or ""
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    if module in ("", "builtins", "__builtin__"):
        return named.__qualname__
    head, _, rest = module.partition(".")
    return ".".join(filter(None, ("torch" if head == "tinytorch" else head, rest,
                                  named.__qualname__)))  # fmt: skip


# --- switches -------------------------------------------------------------------------------------

_state = {"threads": os.cpu_count(), "interop": os.cpu_count(), "deterministic": False,
          "warn_only": False, "precision": "highest"}  # fmt: skip


@public
def get_num_threads():
    """The number of threads asked for (torch.get_num_threads)."""
    return _state["threads"]


@public
def set_num_threads(num, /):
    """Remember a number of threads; the array library decides (torch.set_num_threads)."""
    if not isinstance(num, int):
        raise TypeError(f"set_num_threads expects an int, but got {type(num).__name__}")
    if num <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    _state["threads"] = num


@public
def get_num_interop_threads():
    """The number of threads asked for (torch.get_num_interop_threads)."""
    return _state["interop"]


@public
def set_num_interop_threads(num, /):
    """Remember a number of threads (torch.set_num_interop_threads)."""
    _state["interop"] = num


@public
def set_warn_always(b: bool, /) -> None:
    """Give warnings each time that are else given once in a process (torch.set_warn_always)."""
    if not isinstance(b, bool):
        raise RuntimeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    blame.always = b


@public
def is_warn_always_enabled() -> bool:
    """Whether it is so (torch.is_warn_always_enabled)."""
    return blame.always


@public
def use_deterministic_algorithms(mode, *, warn_only=False):
    """Remember the wish; every op here is deterministic (torch.use_deterministic_algorithms)."""
    _state.update(deterministic=bool(mode), warn_only=warn_only)


@public
def are_deterministic_algorithms_enabled():
    """What was wished for (torch.are_deterministic_algorithms_enabled)."""
    return _state["deterministic"]


@public
def is_deterministic_algorithms_warn_only_enabled():
    """What was wished for (torch.is_deterministic_algorithms_warn_only_enabled)."""
    return _state["warn_only"]


@public
def get_float32_matmul_precision():
    """What was wished for; products are of full precision (torch.get_float32_matmul_precision)."""
    return _state["precision"]


@public
def set_float32_matmul_precision(precision):
    """Remember a wish: highest, high or medium (torch.set_float32_matmul_precision)."""
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(
            f"{precision} is not one of 'highest', 'high', or 'medium'. The current setFloat32"
            "MatmulPrecision call has no effect."
        )
    _state["precision"] = precision


@public
def set_default_tensor_type(t, /):
    """Set the default dtype by a legacy tensor type or its name (torch.set_default_tensor_type)."""
    warn_once(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use "
        "torch.set_default_dtype() and torch.set_default_device() as alternatives."
    )
    if isinstance(t, str):
        from . import legacy

        name = t.removeprefix("torch.")
        if name.startswith("cuda."):
            raise devices.no_device("cuda")
        if name not in legacy.functions:
            raise TypeError(f"invalid type: {t!r}")
        t = legacy.functions[name]
    dtypes.set_default_dtype(t._tensor_dtype)
