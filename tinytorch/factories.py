"""Tensors from data, from constants, from NumPy: `tensor`, `zeros`, `arange`, `from_numpy`, ..."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from operator import index

import numpy as np

from . import dtypes
from .autograd.graph import LEAF
from .autograd.modes import STATE
from .blame import called, type_name, warn_once
from .devices import namespace
from .dispatch import mark
from .dtypes import given
from .storage import share
from .tensor import Tensor, fresh, wrap

functions = {}


def factory(fn):
    functions[fn.__name__.rstrip("_")] = fn
    return fn


def finish(P, raw, requires_grad=False, pin_memory=False):
    P.quiet()
    t = wrap(P, raw)
    if STATE.exotic:
        mark(t)
    if requires_grad:
        if not P.differentiable(raw):
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        t._node = LEAF
    return t


def raw_dtype(P, dtype):
    try:
        return P.raw_dtype[dtype]
    except (KeyError, TypeError):
        if not isinstance(dtype, dtypes.dtype):
            raise TypeError(
                f"{called()}(): argument 'dtype' must be torch.dtype, not {type_name(dtype)}"
            ) from None
        raise RuntimeError(
            f"backend {P.name!r} on '{P.device}' does not support {dtype!r}"
        ) from None


def sizes(args):
    if len(args) == 1:
        first = args[0]
        if isinstance(first, (tuple, list)):
            args = first
        elif (
            isinstance(first, bool)
            or not hasattr(first, "__index__")
            or bool(getattr(first, "ndim", False))
        ):
            raise TypeError(
                f"{called()}(): argument 'size' (position 1) must be tuple of ints, not "
                f"{type_name(first)}"
            )
    try:
        out = tuple(map(index, args))
    except TypeError:
        at = next(i for i, a in enumerate(args) if not hasattr(a, "__index__"))
        raise TypeError(
            f"{called()}(): argument 'size' failed to unpack the object at pos {at + 1} with error "
            f'"type must be tuple of ints,but got {type_name(args[at])}"'
        ) from None
    for n in out:
        if n < 0:
            if called() == "zeros":
                raise RuntimeError("zeros: Dimension size must be non-negative.")
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(out)}")
    return out


# --- from data ------------------------------------------------------------------------------------


def infer(data, target=None):
    """A NumPy array and the torch dtype that ``torch.tensor`` infers for Python data.

    ``target``: the dtype that is asked for, which decides how numbers are read.
    """
    if isinstance(data, (np.ndarray, np.generic)):
        a = np.asarray(data)
        if a.dtype.name not in dtypes.ALL:
            raise TypeError(
                "can't convert np.ndarray of type "
                f"{a.dtype.type.__module__}.{a.dtype.type.__name__}. The only supported types are: "
                "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, "
                "uint64, uint32, uint16, uint8, and bool."
            )
        return a, dtypes.ALL[a.dtype.name]
    if type(data) is list and target is None:
        quick = _alike(data)
        if quick is not None:
            return quick
    shape = []
    level = data
    while _nested(level):
        shape.append(len(level))
        if not len(level):
            break
        level = level[0]
        if isinstance(level, np.ndarray):
            _warn_arrays()
    if isinstance(level, str):
        if shape:
            raise ValueError("too many dimensions 'str'")
        raise TypeError("new(): invalid data type 'str'")
    flat: list = []
    kinds: set = set()
    _flatten(data, tuple(shape), 0, flat, kinds)
    if not flat:
        return np.empty(shape, np.float32), dtypes.get_default_dtype()
    best = None
    for kind in kinds:
        d = kind if isinstance(kind, dtypes.dtype) else _python_dtype(kind)
        best = d if best is None else dtypes.promote_types(best, d)
    category = best.category
    if target is not None and target.category == dtypes.FLOAT:
        if category == dtypes.COMPLEX:
            raise TypeError("must be real number, not complex")
        category = dtypes.FLOAT
    try:
        a = np.array(flat, (bool, np.int64, np.float64, np.complex128)[category])
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None
    return a.reshape(shape), best


_LIST, _INT, _FLOAT = {list}, {int}, {float}


def _alike(data):
    """What `infer` gives for a list, or rows of one length, of floats only or ints only."""
    kinds = set(map(type, data))
    shape = [len(data)]
    if kinds == _LIST:
        widths = set(map(len, data))
        if len(widths) > 1:
            return None
        shape += widths
        data = list(chain.from_iterable(data))
        kinds = set(map(type, data))
    if kinds == _FLOAT:
        return np.array(data).reshape(shape), dtypes.get_default_dtype()
    if kinds == _INT:
        try:
            return np.array(data, np.int64).reshape(shape), dtypes.int64
        except OverflowError:
            return None
    return None


def _nested(x):
    if isinstance(x, np.ndarray):
        return x.ndim > 0
    return isinstance(x, (list, tuple, range)) or (
        isinstance(x, Sequence) and not isinstance(x, str)
    )


def _warn_arrays():
    warn_once(
        "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider "
        "converting the list to a single numpy.ndarray with numpy.array() before converting to a "
        "tensor."
    )


def _python_dtype(v):
    if issubclass(v, (bool, np.bool_)):
        return dtypes.bool_
    if issubclass(v, np.generic) and np.dtype(v).name in dtypes.ALL:
        return dtypes.ALL[np.dtype(v).name]
    if issubclass(v, (int, np.integer)):
        return dtypes.int64
    if issubclass(v, float):
        return dtypes.get_default_dtype()
    if issubclass(v, complex):
        return dtypes.default_complex()
    if issubclass(v, str):
        raise TypeError("new(): invalid data type 'str'")
    if issubclass(v, np.ndarray):
        raise TypeError("len() of unsized object")
    raise RuntimeError(f"Could not infer dtype of {v.__name__}")


def _flatten(data, shape, depth, out, kinds):
    if depth == len(shape):
        if isinstance(data, Tensor):
            if data.numel() != 1:
                raise ValueError("only one element tensors can be converted to Python scalars")
            kinds.add(data.dtype)
            out.append(data.item())
            return
        if isinstance(data, (list, tuple)):
            raise TypeError(f"'{type(data).__name__}' object cannot be interpreted as an integer")
        kinds.add(type(data))
        out.append(data)
        return
    if not _nested(data):
        raise TypeError("not a sequence")
    if len(data) != shape[depth]:
        raise ValueError(
            f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})"
        )
    for x in data:
        _flatten(x, shape, depth + 1, out, kinds)


def check_range(a, d):
    """RuntimeError if a number cannot be held by an integer dtype; the negative may wrap around."""
    bits = 8 * d.itemsize - d.is_signed
    low, high = (-(2**bits) if d.is_signed else 1 - 2**bits), 2**bits - 1
    if a.size and not (a.min() >= low and a.max() <= high):
        raise RuntimeError(f"value cannot be converted to type {d._name} without overflow")


def host_array(P, a, dtype):
    """A NumPy array in the host form of a torch dtype."""
    want = P.host.raw_dtype[dtype]
    return a if a.dtype == want else P.host.host_cast(a, want)


@factory
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A new leaf Tensor that copies ``data`` (torch.tensor): numbers, nested sequences, arrays."""
    if isinstance(data, Tensor):
        import warnings

        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than "
            "torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
        src = fresh(data)
        P = namespace(device) if device is not None else src._p
        a = src._p.to_host(src._raw)
        found = src.dtype
    else:
        P = namespace(device)
        if dtype is not None:
            raw_dtype(P, dtype)
        raw = P.accept(data)
        if raw is not None:
            return _of_library(P, P.copy(raw), dtype, requires_grad)
        data = _on_host(data)
        kind = type(data)
        if kind is float or kind is int or kind is bool:
            found = dtypes.scalar_dtype(data)
            a = np.array(data)
            if kind is int and a.dtype != np.int64:
                raise ValueError("Overflow when unpacking long long")
        else:
            a, found = infer(data, given(dtype))
    d = given(dtype) or found
    raw_dtype(P, d)
    if (
        d is not found
        and d.category == dtypes.INT
        and not isinstance(data, (np.ndarray, np.generic, Tensor))
    ):
        check_range(a, d)
    a = np.array(host_array(P, a, d), order="C")
    return finish(P, P.from_host(a), requires_grad)


def _of_library(P, raw, dtype, requires_grad=False):
    """A Tensor over an array that the library of ``P`` made."""
    if raw.dtype not in P.torch_dtype:
        raise TypeError(f"can't convert an array of type {raw.dtype} on backend {P.name!r}")
    if dtype is not None:
        raw = P.astype(raw, raw_dtype(P, given(dtype)))
    return finish(P, raw, requires_grad)


def _on_host(data):
    """Data, where it is an array of some library, as NumPy's."""
    known = isinstance(data, (np.ndarray, np.generic, list, tuple, int, float))
    return data if known or not hasattr(data, "__array__") else np.asarray(data)


@factory
def as_tensor(data, dtype=None, device=None):
    """``data`` as a Tensor, sharing memory where that is possible (torch.as_tensor).

    An array of the library that serves ``device`` (default: the default device) stays as it is.
    """
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=dtype)
    P = namespace(device)
    raw = P.accept(data)
    if raw is not None:
        return _of_library(P, raw, dtype)
    if isinstance(data, np.ndarray) and data.dtype.name in dtypes.ALL:
        t = from_numpy(data)
        if device is not None:
            t = t.to(device=device)
        elif namespace(None) is not t._p:
            t = t.to(device=namespace(None).device)
        return t if dtype is None else t.to(dtype)
    return tensor(data, dtype=dtype, device=device)


@factory
def from_numpy(ndarray):
    """A CPU Tensor over the memory of a NumPy array (torch.from_numpy)."""
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type_name(ndarray)})")
    if ndarray.dtype.name not in dtypes.ALL:
        infer(ndarray)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    if not ndarray.flags.writeable:
        warn_once(
            "The given NumPy array is not writable, and PyTorch does not support non-writable "
            "tensors. This means writing to this tensor will result in undefined behavior. You may "
            "want to copy the array to protect its data or make it writable before converting it "
            "to a tensor. This type of warning will be suppressed for the rest of this program."
        )
    P = namespace("cpu")
    t = finish(P, P.from_host(ndarray))
    share(t)
    return t


# --- constants ------------------------------------------------------------------------------------


def _spec(dtype, device):
    P = namespace(device)
    return P, raw_dtype(P, dtype or dtypes.get_default_dtype())


@factory
def zeros(*shape, size=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
          pin_memory=False, names=None):  # fmt: skip
    """A Tensor of zeros (torch.zeros)."""
    P, d = _spec(dtype, device)
    size = sizes(shape if size is None else (size,))
    if out is not None:
        return out.resize_(size).zero_()
    return finish(P, P.zeros(size, d), requires_grad)


@factory
def ones(*shape, size=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
         pin_memory=False, names=None):  # fmt: skip
    """A Tensor of ones (torch.ones)."""
    P, d = _spec(dtype, device)
    size = sizes(shape if size is None else (size,))
    if out is not None:
        return out.resize_(size).fill_(1)
    return finish(P, P.full(size, 1, d), requires_grad)


@factory
def empty(*shape, size=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
          pin_memory=False, memory_format=None, names=None):  # fmt: skip
    """A Tensor of unspecified contents: here zeros (torch.empty)."""
    size = shape if size is None else (size,)
    return zeros(*size, out=out, dtype=dtype, device=device, requires_grad=requires_grad)


@factory
def full(size, fill_value, *, out=None, dtype=None, layout=None, device=None, requires_grad=False,
         pin_memory=False, names=None):  # fmt: skip
    """A Tensor filled with one value; the dtype follows the value (torch.full)."""
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    if out is not None:
        return out.resize_(size).fill_(fill_value)
    P, d = _spec(dtype or dtypes.scalar_dtype(fill_value), device)
    return finish(P, P.full(sizes((size,)), fill_value, d), requires_grad)


@factory
def eye(n, m=None, *, out=None, dtype=None, layout=None, device=None, requires_grad=False,
        pin_memory=False):  # fmt: skip
    """A matrix with ones on the diagonal (torch.eye)."""
    P, d = _spec(dtype if out is None else out.dtype, device)
    for k, v in (("n", n), ("m", m)):
        if v is not None and v < 0:
            raise RuntimeError(f"{k} must be greater or equal to 0, got {v}")
    made = finish(P, P.from_host(np.eye(n, m, dtype=P.host.raw_dtype[P.torch_dtype[d]])),
                  requires_grad)  # fmt: skip
    return made if out is None else _into(out, made)


def _into(out, made):
    from .registry import store_out

    store_out(out, made)
    return out


def _limit(x):
    """How C++ writes a number."""
    return f"{x:g}"


@factory
def arange(start=0, end=None, step=1, *, out=None, dtype=None, layout=None, device=None,
           requires_grad=False, pin_memory=False):  # fmt: skip
    """Values from ``start`` to before ``end`` (torch.arange); integers give int64."""
    if end is None:
        start, end = 0, start
    if out is not None:
        return _into(out, arange(start, end, step, dtype=out.dtype, device=out.device))
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {_limit(start)} -> {_limit(end)}")
    if (step > 0 and start > end) or (step < 0 and start < end):
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        integral = all(isinstance(x, (int, np.integer)) for x in (start, end, step))
        dtype = dtypes.int64 if integral else dtypes.get_default_dtype()
    dtype = given(dtype)
    P, _ = _spec(dtype, device)
    n = math.ceil((end - start) / step)
    if isinstance(start, int) and isinstance(step, int):
        host = start + step * np.arange(n)
    else:
        host = start + step * np.arange(n, dtype=np.float64)
    return finish(P, P.from_host(host_array(P, host, dtype)), requires_grad)


def place_of(t):
    """Where a tensor like ``t`` is made: on its device, or at its level of a vmap."""
    P = t._p
    return P if P.level else P.device


def _like(fn):
    def like(input, *, dtype=None, layout=None, device=None, requires_grad=False,
             memory_format=None, pin_memory=False):  # fmt: skip
        return fn(tuple(fresh(input)._raw.shape), dtype=dtype or input.dtype,
                  device=device or place_of(input), requires_grad=requires_grad)  # fmt: skip

    like.__name__ = like.__qualname__ = fn.__name__ + "_like"
    like.__doc__ = f"``{fn.__name__}`` in the shape, dtype and device of a tensor."
    return factory(like)


zeros_like, ones_like, empty_like = _like(zeros), _like(ones), _like(empty)


@factory
def full_like(input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False,
              memory_format=None, pin_memory=False):  # fmt: skip
    """``full`` in the shape, dtype and device of a tensor (torch.full_like)."""
    return full(tuple(fresh(input)._raw.shape), fill_value, dtype=dtype or input.dtype,
                device=device or place_of(input), requires_grad=requires_grad)  # fmt: skip
