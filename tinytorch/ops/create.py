"""The rest of torch's constructors: ranges, grids, index pairs, and `new_*` after a tensor."""

from __future__ import annotations

import warnings

import numpy as np

from .. import dtypes, factories, registry
from ..devices import namespace
from ..factories import factory, finish, full, host_array, sizes, tensor, zeros
from ..samples import S, T
from ..tensor import Tensor, fresh
from .view import expand, reshape


def _number(x):
    return x.item() if isinstance(x, Tensor) else x


def _store(out, value):
    return value if out is None else registry.write_out("out", lambda: value, (), {}, out)


def _line(start, end, steps, kind):
    """``steps`` values from both ends inwards, so that both ends are exact."""
    if steps == 1:
        return np.full(1, start).astype(kind)
    if kind.kind in "iu":
        return (start + np.arange(steps) * ((end - start) / (steps - 1))).astype(kind)
    if kind.itemsize < 4:
        kind = np.dtype(np.float32)
    a, b = kind.type(start), kind.type(end)
    step = kind.type((b - a) / kind.type(max(steps - 1, 1)))
    i = np.arange(steps)
    low = a + step * i.astype(kind)
    high = b - step * (steps - 1 - i).astype(kind)
    return np.where(i < steps // 2, low, high).astype(kind)


def _between(start, end, steps, dtype, base=None):
    """`linspace`, or `logspace`, between ends that differ from example to example of a vmap."""
    from ..factories import arange
    from .piecewise import where

    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    dtype = dtype or dtypes.get_default_dtype()
    narrow = dtype.category < dtypes.FLOAT or dtype.itemsize < 4
    wide = dtypes.float64 if narrow else dtype
    a, b = (v.to(wide) if isinstance(v, Tensor) else v for v in (start, end))
    step = (b - a) / max(steps - 1, 1)
    i = arange(steps)
    low, high = a + step * i.to(wide), b - step * (steps - 1 - i).to(wide)
    out = where(i < max(steps // 2, steps == 1), low, high)
    return (out if base is None else base**out).to(dtype)


def _check_ends(name, start, end, steps):
    if type(steps) is not int:
        from ..arguments import refused

        error = refused(name, (start, end, steps), {}, False)
        if error is not None:
            raise error
    if any(isinstance(v, Tensor) and v.dim() for v in (start, end)):
        ends = {"start": start, "end": end}
        dims = {k: v.dim() for k, v in ends.items() if isinstance(v, Tensor)}
        raise RuntimeError(
            f"{name} only supports 0-dimensional start and end tensors, but got "
            f"{' and '.join(f'{k} with {n} dimension(s)' for k, n in dims.items())}."
        )


def _batched(*values):
    return any(isinstance(v, Tensor) and v._p.level for v in values)


def _default(dtype, *values):
    if dtype is not None:
        return dtype
    if any(isinstance(v, complex) for v in values):
        return dtypes.default_complex()
    return dtypes.get_default_dtype()


@factory
def linspace(start, end, steps, *, out=None, dtype=None, layout=None, device=None,
             requires_grad=False, pin_memory=False):  # fmt: skip
    """``steps`` values evenly spaced, both ends included (torch.linspace)."""
    if _batched(start, end):
        return _between(start, end, steps, dtype)
    _check_ends("linspace", start, end, steps)
    start, end = _number(start), _number(end)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    dtype = _default(dtype, start, end)
    P = namespace(device)
    raw = _line(start, end, int(steps), P.host.raw_dtype[dtype])
    return _store(out, finish(P, P.from_host(host_array(P, raw, dtype)), requires_grad))


@factory
def logspace(start, end, steps, base=10.0, *, out=None, dtype=None, layout=None, device=None,
             requires_grad=False, pin_memory=False):  # fmt: skip
    """``base`` to the powers of `linspace` (torch.logspace)."""
    if _batched(start, end):
        return _between(start, end, steps, dtype, base)
    _check_ends("logspace", start, end, steps)
    start, end = _number(start), _number(end)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    dtype = _default(dtype, start, end)
    P = namespace(device)
    kind = P.host.raw_dtype[dtype]
    wide = kind if kind.kind in "fc" and kind.itemsize > 2 else np.dtype(np.float64)
    raw = np.power(wide.type(base), _line(start, end, int(steps), wide)).astype(wide)
    return _store(out, finish(P, P.from_host(host_array(P, raw, dtype)), requires_grad))


@factory
def range_(start=0, end=None, step=1, *, out=None, dtype=None, layout=None, device=None,
           requires_grad=False, pin_memory=False):  # fmt: skip
    """Values from ``start`` to ``end``, the end included (torch.range, deprecated)."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is "
        "inconsistent with Python's range builtin. Instead, use torch.arange, which produces "
        "values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    if end is None:
        start, end = 0, start
    dtype = dtype or dtypes.get_default_dtype()
    n = int((end - start) / step) + 1
    P = namespace(device)
    raw = host_array(P, start + step * np.arange(n, dtype=np.float64), dtype)
    return _store(out, finish(P, P.from_host(raw), requires_grad))


@factory
def scalar_tensor(s, *, dtype=None, layout=None, device=None, requires_grad=False,
                  pin_memory=False):  # fmt: skip
    """A 0-d Tensor of the default dtype (torch.scalar_tensor)."""
    return full((), s, dtype=dtype or dtypes.get_default_dtype(), device=device,
                requires_grad=requires_grad)  # fmt: skip


@factory
def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    """A Tensor of any data, sharing memory unless ``copy`` (torch.asarray)."""
    if isinstance(obj, Tensor):
        out = obj.to(device=device, dtype=dtype)
        if copy and out is obj:
            out = out.clone()
        if copy is False and out is not obj:
            raise ValueError("can't alias tensor with dtype or device that differs")
        return out.detach().requires_grad_(requires_grad) if out._node is None else out
    if isinstance(obj, (np.ndarray, np.generic)) and obj.dtype.name in dtypes.ALL and not copy:
        out = factories.as_tensor(np.asarray(obj), dtype, device)
    elif hasattr(obj, "__dlpack__") and not isinstance(obj, np.ndarray):
        out = from_dlpack(obj).to(device=device, dtype=dtype)
    else:
        out = tensor(obj, dtype=dtype, device=device)
    return out.requires_grad_(requires_grad) if requires_grad else out


CUDA = 2  # a GPU, in DLPack's list of device types


@factory
def from_dlpack(ext_tensor, *, device=None, copy=None):
    """A Tensor over the memory of another library's array (torch.from_dlpack).

    An array of the library that serves ``device`` (default: the array's own GPU, or the default
    device) becomes the tensor's own; others are shared where that library can, and copied where it
    cannot.
    """
    if isinstance(ext_tensor, Tensor):
        t = ext_tensor.detach()
        return t.clone() if copy else t
    if device is None and hasattr(ext_tensor, "__dlpack_device__"):
        kind, index = ext_tensor.__dlpack_device__()
        device = f"cuda:{index}" if kind == CUDA else None
    P = namespace(device)
    if P is P.host:
        t = factories.from_numpy(np.from_dlpack(ext_tensor))
    else:
        raw = P.accept(ext_tensor)
        t = finish(P, P.from_dlpack(ext_tensor) if raw is None else raw)
    return t.clone() if copy else t


@factory
def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False):
    """A Tensor over the memory of a buffer (torch.frombuffer)."""
    P = namespace("cpu")
    out = factories.from_numpy(np.frombuffer(buffer, P.raw_dtype[dtype], count, offset))
    return out.requires_grad_() if requires_grad else out


@factory
def empty_strided(size, stride, *, dtype=None, layout=None, device=None, requires_grad=False,
                  pin_memory=False):  # fmt: skip
    """A Tensor with given strides: here of zeros (torch.empty_strided)."""
    size, stride = sizes((size,)), tuple(stride)
    room = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if 0 not in size else 0
    flat = zeros(room, dtype=dtype, device=device)
    out = flat.as_strided(size, stride).detach()
    return out.requires_grad_() if requires_grad else out


def _indices(name, keep):
    def indices(row, col, offset=0, *, dtype=None, device=None, layout=None):
        for what, n in (("row", row), ("col", col)):
            if n < 0:
                raise RuntimeError(f"{what} must be non-negative, got{n}")
        i = np.stack(np.nonzero(keep(np.ones((row, col), bool), offset)))
        return tensor(i, dtype=dtype or dtypes.int64, device=device)

    indices.__name__ = indices.__qualname__ = name
    indices.__doc__ = f"Rows and columns of a triangle of a matrix (torch.{name})."
    return factory(indices)


_indices("tril_indices", np.tril)
_indices("triu_indices", np.triu)


@registry.public("meshgrid", method=False, samples=lambda: [
    S(T((2,)), T((3,)), indexing="ij"), S(T((2,)), T((3,)), indexing="xy")])  # fmt: skip
def meshgrid(*tensors, indexing=None):
    """Each vector as a view over the grid of all of them (torch.meshgrid)."""
    if len(tensors) == 1 and not isinstance(tensors[0], Tensor):
        tensors = tuple(tensors[0])
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument.",
            UserWarning,
            stacklevel=2,
        )
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        raise RuntimeError(
            f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    swap = indexing == "xy" and len(tensors) > 1
    order = [1, 0, *range(2, len(tensors))] if swap else range(len(tensors))
    tensors = [tensors[i] for i in order]
    whole = [t.numel() for t in tensors]
    out = []
    for i, t in enumerate(tensors):
        if t.dim() > 1:
            raise RuntimeError(f"Expected 0D or 1D tensor in the tensor list but got: {t.dim()}D")
        shape = [1] * len(whole)
        shape[i] = whole[i]
        out.append(expand(reshape(t, tuple(shape)), *whole))
    if swap:
        out[0], out[1] = out[1], out[0]
    return tuple(out)


factories.meshgrid = meshgrid


def _new(name, make):
    def new(self, *size, dtype=None, device=None, requires_grad=False, layout=None,
            pin_memory=False):  # fmt: skip
        x = fresh(self)
        return make(*size, dtype=dtype or x.dtype, device=device or factories.place_of(x),
                    requires_grad=requires_grad)  # fmt: skip

    new.__name__ = new.__qualname__ = name
    new.__doc__ = f"`{make.__name__}` with the dtype and device of a tensor (torch.Tensor.{name})."
    registry.methods[name] = new


for _name, _make in (("new_zeros", zeros), ("new_ones", factories.ones),
                     ("new_empty", factories.empty), ("new_full", full),
                     ("new_empty_strided", empty_strided)):  # fmt: skip
    _new(_name, _make)


@registry.public("new_tensor", function=False)
def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
    """`tensor` with the dtype and device of a tensor (torch.Tensor.new_tensor)."""
    return tensor(data, dtype=dtype or self.dtype, device=device or self.device,
                  requires_grad=requires_grad)  # fmt: skip


@registry.public("new", function=False)
def new(self, *args, device=None):
    """The legacy constructor with the dtype of a tensor (torch.Tensor.new)."""
    from ..legacy import construct

    return construct(args, self.dtype, device or self.device)


@registry.public("vander", method=False, samples=lambda: [
    S(T((3,), grad=False)), S(T((3,), grad=False), 2, True)])  # fmt: skip
def vander(x, N=None, increasing=False):
    """Powers of a vector as columns (torch.vander)."""
    from .join import stack

    x = x.to(dtypes.int64) if x.dtype.category <= dtypes.INT else x
    n = x.shape[0] if N is None else N
    powers = [x**k for k in range(n)]
    return stack(powers if increasing else powers[::-1], -1)


def _dlpack(self, **kwargs):
    return _exported(self).__dlpack__(**kwargs)


def _dlpack_device(self):
    return _exported(self).__dlpack_device__()


def _exported(t):
    """The array of a tensor as its library offers it to others."""
    t = fresh(t.detach())
    raw = t._p.own(t._raw)
    return raw if hasattr(raw, "__dlpack__") else np.asarray(t._p.to_host(raw))


registry.methods["__dlpack__"] = _dlpack
registry.methods["__dlpack_device__"] = _dlpack_device
