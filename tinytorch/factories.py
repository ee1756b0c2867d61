"""Tensors from data, from constants, from NumPy: `tensor`, `zeros`, `arange`, `from_numpy`, ..."""

from __future__ import annotations

import math

import numpy as np

from . import dtypes
from .autograd.graph import LEAF
from .autograd.modes import LOCAL, STATE
from .devices import namespace
from .storage import mark_inference, share
from .tensor import Tensor, fresh, wrap

functions = {}


def factory(fn):
    functions[fn.__name__.rstrip("_")] = fn
    return fn


def finish(P, raw, requires_grad=False, pin_memory=False):
    P.quiet()
    t = wrap(P, raw)
    if STATE.exotic and LOCAL.inference:
        mark_inference(t)
    if requires_grad:
        if not P.differentiable(raw):
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        t._node = LEAF
    return t


def raw_dtype(P, dtype):
    if not isinstance(dtype, dtypes.dtype):
        raise TypeError(f"dtype must be torch.dtype, not {dtype!r}")
    try:
        return P.raw_dtype[dtype]
    except KeyError:
        raise RuntimeError(
            f"backend {P.name!r} on '{P.device}' does not support {dtype!r}"
        ) from None


def sizes(args):
    if len(args) == 1 and not isinstance(args[0], int) and hasattr(args[0], "__iter__"):
        args = args[0]
    out = tuple(int(a) for a in args)
    for n in out:
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(out)}"
            )
    return out


# --- from data ------------------------------------------------------------------------------------


def infer(data):
    """A NumPy array and the torch dtype that ``torch.tensor`` infers for Python data."""
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
    best = None
    shape = []
    level = data
    while isinstance(level, (list, tuple)) or (isinstance(level, Tensor) and level.dim()):
        shape.append(len(level))
        if not len(level):
            break
        level = level[0]
    flat = []
    _flatten(data, tuple(shape), 0, flat)
    if not flat:
        return np.empty(shape, np.float32), dtypes.get_default_dtype()
    for v in {type(x) for x in flat}:
        d = _python_dtype(v, flat)
        best = d if best is None or d.category > best.category else best
    kind = {0: bool, 1: None, 2: np.float64, 3: np.complex128}[best.category]
    if kind is None:
        try:
            a = np.array(flat, np.int64)
        except OverflowError:
            raise RuntimeError("Overflow when unpacking long long") from None
    else:
        a = np.array(flat, kind)
    return a.reshape(shape), best


def _python_dtype(v, flat):
    if issubclass(v, (bool, np.bool_)):
        return dtypes.bool_
    if issubclass(v, (int, np.integer)):
        return dtypes.int64
    if issubclass(v, np.floating) and v is not np.float64 and not issubclass(v, float):
        return dtypes.ALL[np.dtype(v).name]
    if issubclass(v, (float, np.floating)):
        return dtypes.get_default_dtype()
    if issubclass(v, (complex, np.complexfloating)):
        return dtypes.default_complex()
    raise TypeError(f"new(): invalid data type '{v.__name__}'")


def _flatten(data, shape, depth, out):
    if depth == len(shape):
        if isinstance(data, Tensor):
            data = data.item()
        if isinstance(data, (list, tuple)):
            raise TypeError(f"not a sequence of length {len(data)}")
        if isinstance(data, (str, bytes)):
            if depth and isinstance(data, str):
                raise ValueError("too many dimensions 'str'")
            raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
        out.append(data)
        return
    if not isinstance(data, (list, tuple, Tensor)):
        raise TypeError("not a sequence")
    if len(data) != shape[depth]:
        raise ValueError(
            f"expected sequence of length {shape[depth]} at dim {depth} (got {len(data)})"
        )
    for x in data:
        _flatten(x, shape, depth + 1, out)


def host_array(P, a, dtype):
    """A NumPy array in the host form of a torch dtype."""
    want = P.host.raw_dtype[dtype]
    return a if a.dtype == want else P.host.astype(a, want)


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
        kind = type(data)
        if kind is float or kind is int or kind is bool:
            found = dtypes.scalar_dtype(data)
            a = np.array(data)
        else:
            a, found = infer(data)
    d = dtype or found
    raw_dtype(P, d)
    a = np.array(host_array(P, a, d), order="C")
    return finish(P, P.from_host(a), requires_grad)


@factory
def as_tensor(data, dtype=None, device=None):
    """``data`` as a Tensor, sharing memory where that is possible (torch.as_tensor)."""
    if isinstance(data, Tensor):
        return data.to(device=device, dtype=dtype)
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
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    if ndarray.dtype.name not in dtypes.ALL:
        infer(ndarray)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
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
    P, d = _spec(dtype or dtypes.scalar_dtype(fill_value), device)
    return finish(P, P.full(sizes((size,)), fill_value, d), requires_grad)


@factory
def eye(n, m=None, *, out=None, dtype=None, layout=None, device=None, requires_grad=False,
        pin_memory=False):  # fmt: skip
    """A matrix with ones on the diagonal (torch.eye)."""
    P, d = _spec(dtype, device)
    for k, v in (("n", n), ("m", m)):
        if v is not None and v < 0:
            raise RuntimeError(f"{k} must be greater or equal to 0, got {v}")
    return finish(P, P.from_host(np.eye(n, m, dtype=P.host.raw_dtype[P.torch_dtype[d]])),
                  requires_grad)  # fmt: skip


@factory
def arange(start=0, end=None, step=1, *, out=None, dtype=None, layout=None, device=None,
           requires_grad=False, pin_memory=False):  # fmt: skip
    """Values from ``start`` to before ``end`` (torch.arange); integers give int64."""
    if end is None:
        start, end = 0, start
    start, end, step = (x.item() if isinstance(x, Tensor) else x for x in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (step > 0 and start > end) or (step < 0 and start < end):
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is None:
        integral = all(isinstance(x, (int, np.integer)) for x in (start, end, step))
        dtype = dtypes.int64 if integral else dtypes.get_default_dtype()
    P, _ = _spec(dtype, device)
    n = math.ceil((end - start) / step)
    if isinstance(start, int) and isinstance(step, int):
        host = start + step * np.arange(n)
    else:
        host = start + step * np.arange(n, dtype=np.float64)
    return finish(P, P.from_host(host_array(P, host, dtype)), requires_grad)


def _like(fn):
    def like(input, *, dtype=None, layout=None, device=None, requires_grad=False,
             memory_format=None, pin_memory=False):  # fmt: skip
        return fn(tuple(fresh(input)._raw.shape), dtype=dtype or input.dtype,
                  device=device or input.device, requires_grad=requires_grad)  # fmt: skip

    like.__name__ = like.__qualname__ = fn.__name__ + "_like"
    like.__doc__ = f"``{fn.__name__}`` in the shape, dtype and device of a tensor."
    return factory(like)


zeros_like, ones_like, empty_like = _like(zeros), _like(ones), _like(empty)


@factory
def full_like(input, fill_value, *, dtype=None, layout=None, device=None, requires_grad=False,
              memory_format=None, pin_memory=False):  # fmt: skip
    """``full`` in the shape, dtype and device of a tensor (torch.full_like)."""
    return full(tuple(fresh(input)._raw.shape), fill_value, dtype=dtype or input.dtype,
                device=device or input.device, requires_grad=requires_grad)  # fmt: skip
