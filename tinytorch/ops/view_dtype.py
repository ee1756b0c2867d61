"""``x.view(dtype)``: the same bytes read as another dtype."""

from __future__ import annotations

from ..storage import geometry, turns
from ..tensor import fresh
from .table import compose
from .view import view_op


def _geometry(shape, strides, offset, old, new):
    if old == new or not shape:
        return shape, strides, offset
    if old > new:
        k = old // new
        return (*shape[:-1], shape[-1] * k), (*(s * k for s in strides[:-1]), 1), offset * k
    k = new // old
    return (*shape[:-1], shape[-1] // k), (*(s // k for s in strides[:-1]), 1), offset // k


def _through_host(P, x, dtype):
    host = P.host.copy(P.to_host(x))
    return P.from_host(P.host.view_dtype(host, P.host.raw_dtype[P.torch_dtype[dtype]]))


compose("view_dtype", _through_host)
bytes_view = view_op(
    "view_dtype", None, params=("dtype", "old", "new"), kernel="view_bytes",
    forward=lambda P, x, dtype, old, new: P.view_dtype(x, dtype),
    geometry=lambda shape, strides, offset, dtype, old, new: _geometry(
        shape, strides, offset, old, new),
    put=lambda P, root, v, dtype, old, new: P.view_dtype(v, root.dtype),
)  # fmt: skip


_TURNED = ("conjugate view tensors", "tensors with negative bit set")


def view_as_dtype(x, dtype):
    """The memory of ``x`` as elements of another dtype; RuntimeError if sizes do not fit."""
    x = fresh(x)
    for on, what in zip(turns(x), _TURNED, strict=True):
        if on:
            raise RuntimeError(
                f"torch.Tensor.view is not supported for {what} when converting to a different "
                "dtype."
            )
    old, new = x.dtype.itemsize, dtype.itemsize
    if new != old:
        _check_fit(x, dtype, old, new)
    out = bytes_view(x.detach(), x._p.raw_dtype[dtype], old, new)
    e = getattr(out, "_ext", None)
    if e is not None:
        e.base, e.depth = None, len(e.chain)
    return out


def _check_fit(x, dtype, old, new):
    shape, strides, offset = geometry(x)
    tail = f" to view {x.dtype.legacy} as {dtype.legacy} (different element sizes)"
    if not shape:
        raise RuntimeError("self.dim() cannot be 0" + tail)
    k = new // old
    if k and shape[-1] % k:
        raise RuntimeError(f"self.size(-1) must be divisible by {k}{tail}, but got {shape[-1]}")
    if k and offset % k:
        raise RuntimeError(
            f"self.storage_offset() must be divisible by {k}{tail}, but got {offset}"
        )
    if strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1{tail}, but got {strides[-1]}")
    for d, s in enumerate(strides[:-1]):
        if k and s % k:
            raise RuntimeError(f"self.stride({d}) must be divisible by {k}{tail}, but got {s}")
