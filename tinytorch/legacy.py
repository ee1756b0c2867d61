"""The constructors of before `torch.tensor`: ``Tensor(2, 3)``, ``LongTensor([1, 2])``.

A type such as `FloatTensor` makes tensors of one dtype and stands for it in ``isinstance``.
"""

from __future__ import annotations

from . import dtypes, factories
from .tensor import FAST, Tensor


def construct(args, dtype, device=None):
    """A tensor from sizes (contents unspecified), or from data."""
    if not args:
        return factories.empty(0, dtype=dtype, device=device)
    first = args[0]
    if isinstance(first, tuple) and type(first) is not tuple:  # a Size
        return factories.empty(*first, dtype=dtype, device=device)
    if isinstance(first, Tensor) and len(args) == 1 and first.dim():
        return first.detach()
    if isinstance(first, int) and not isinstance(first, bool):
        return factories.empty(*args, dtype=dtype, device=device)
    if isinstance(first, str):
        raise TypeError("new(): invalid data type 'str'")
    if not hasattr(first, "__len__") and not hasattr(first, "__array__"):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return factories.tensor(first, dtype=dtype, device=device)


class LegacyType(type):
    """The metaclass of the legacy tensor types."""

    def __call__(cls, *args, device=None):
        return construct(args, cls.dtype or dtypes.get_default_dtype(), device)

    def __instancecheck__(cls, x):
        return isinstance(x, Tensor) and x.device.type == "cpu" and x.dtype is cls._tensor_dtype


def _types():
    out = {}
    for d in dtypes.ALL.values():
        name = d.legacy + "Tensor"
        if not d.is_complex:
            out[name] = LegacyType(
                name, (), {"dtype": d, "_tensor_dtype": d, "__module__": "torch"}
            )
    return out


functions = _types()


def new_tensor(cls, *args, device=None, **kwargs):
    """``Tensor(...)`` of the default dtype, in the class that is called."""
    out = object.__new__(cls)
    if kwargs or (cls not in FAST and len(args) != 1):
        made = construct((), dtypes.get_default_dtype())
    else:
        made = construct(args, dtypes.get_default_dtype(), device)
    if cls is Tensor:
        return made
    out._raw, out._p, out._node, out._st, out._ext = (
        made._raw, made._p, None, made._st, made._ext
    )  # fmt: skip
    return out


Tensor.__new__ = new_tensor
